import Foundation
import LungfoldRun
import XCTest

/// What happens to a study is undone by the same command, and its report has the same bytes.
final class SurvivalTests: XCTestCase {
    /// Two jobs of 12 to 16 ms an epoch: half a second each, unless told otherwise.
    private func arguments(_ folder: String, epochs: Int = 40) -> [String] {
        TinyStudy.arguments(
            output: folder, epochs: epochs,
            ["--networks", "segnet,unet", "--tasks", "binary", "--folds", "1", "--threads", "1"])
    }

    /// Ranks of mpirun cannot be frozen, so that their jobs have to last some seconds.
    private static func epochs(_ ranks: Int?) -> Int { ranks == nil ? 40 : 160 }

    private static let undisturbed = Scratch.path("undisturbed")
    private static let job = "jobs/unet-binary-e4-fold1"

    /// The folder of a run to which nothing happened.
    private func undisturbed(epochs: Int = 40) throws -> String {
        let folder = "\(Self.undisturbed)-\(epochs)"
        if !FileManager.default.fileExists(atPath: folder) {
            let outcome = try Program.run(arguments(folder, epochs: epochs))
            XCTAssertEqual(outcome.code, 0, outcome.errors)
        }
        return folder
    }

    /// Runs the command again and compares all that was promised.
    @discardableResult private func resume(
        _ folder: String, epochs: Int = 40, ranks: Int? = nil, file: StaticString = #filePath,
        line: UInt = #line
    ) throws -> Outcome {
        let outcome = try Program.run(arguments(folder, epochs: epochs), ranks: ranks)
        XCTAssertEqual(outcome.code, 0, outcome.errors, file: file, line: line)
        for name in [
            "report/summary.json", "\(Self.job)/weights.safetensors", "\(Self.job)/result.json",
            "\(Self.job)/weights-best.safetensors",
        ] {
            XCTAssertEqual(
                try bytes("\(folder)/\(name)"),
                try bytes("\(undisturbed(epochs: epochs))/\(name)"), name, file: file, line: line)
        }
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder)
        let traces = names.filter { name in
            [".tmp", "/checkpoint-", "/best-", "/attempts", "/live", "status.json"].contains {
                name.contains($0)
            }
        }
        XCTAssertEqual(traces, [], file: file, line: line)
        return outcome
    }

    /// Starts the study in a new folder and waits for a checkpoint of each generation.
    private func started(_ name: String, epochs: Int = 40, ranks: Int? = nil) throws
        -> (folder: String, run: ProgramRun)
    {
        try started(name, job: Self.job, ranks: ranks) { arguments($0, epochs: epochs) }
    }

    /// Starts a command in a new folder and waits for a checkpoint of each generation. Without mpirun
    /// it then stands still until `thaw`, so that the job does not end before the test has done what it
    /// does. Where a busy machine lets the test see the checkpoints too late, it starts again.
    private func started(
        _ name: String, job: String, ranks: Int? = nil, _ arguments: (String) -> [String]
    ) throws -> (folder: String, run: ProgramRun) {
        struct NeverUnderWay: Error { let output: String }
        var output = ""
        for _ in 1...5 {
            let folder = Scratch.path(name)
            let run = try Program.start(arguments(folder), ranks: ranks)
            _ = run.wait(atMost: 60) { isUnderWay("\(folder)/\(job)") || !run.isRunning }
            if ranks != nil || run.freeze(), isUnderWay("\(folder)/\(job)") {
                return (folder, run)
            }
            if ranks == nil, run.isRunning { run.signal(SIGKILL) }
            let outcome = run.end(within: 120)
            output = outcome.output + outcome.errors
        }
        throw NeverUnderWay(output: output)
    }

    /// Whether a job has both its checkpoints and no result.
    private func isUnderWay(_ job: String) -> Bool {
        func has(_ name: String) -> Bool {
            FileManager.default.fileExists(atPath: "\(job)/\(name)")
        }
        return has("checkpoint-a") && has("checkpoint-b") && !has("manifest.json")
    }

    func testKilled() throws {
        let (folder, run) = try started("killed")
        run.signal(SIGKILL)
        XCTAssertEqual(run.end(within: 60).code, 128 + SIGKILL)
        XCTAssertEqual(try status(folder)["state"] as? String, "killed")
        XCTAssertEqual((try status(folder)["begun"] as? [String])?.count, 1)
        let directory = RunDirectory(path: folder)
        let work = try directory.load().study.jobs().map {
            try RemainingWork($0, in: directory.job($0.key))
        }
        let begun = try XCTUnwrap(work.first { "jobs/\($0.key)" == Self.job })
        XCTAssertTrue((0.01...1).contains(begun.share), "\(begun.share)")
        XCTAssertEqual(work.filter { $0.key != begun.key }.map(\.share), [0])
        let whole = try RemainingWork(
            XCTUnwrap(directory.load().study.jobs().first { $0.key == begun.key }),
            in: directory.job("none"))
        XCTAssertEqual(begun.cost, whole.cost * (1 - begun.share), accuracy: whole.cost * 1e-9)
        try resume(folder, ranks: 2)
    }

    func testStoppedBySignalsAndGoneOnWithOtherRanks() throws {
        for (number, ranks) in [(SIGUSR1, 2), (SIGUSR1, nil), (SIGTERM, nil), (SIGHUP, nil)]
            as [(Int32, Int?)]
        {
            let epochs = Self.epochs(ranks)
            let (folder, run) = try started("stopped", epochs: epochs, ranks: ranks)
            run.signal(number)
            run.thaw()
            let outcome = run.end(within: 60)
            XCTAssertEqual(outcome.code, 75, outcome.errors)
            try resume(folder, epochs: epochs, ranks: ranks == nil ? 2 : nil)
        }
    }

    func testDamagedCheckpointIsNamedAndTheOtherOneUsed() throws {
        let (folder, run) = try started("damaged")
        run.signal(SIGKILL)
        _ = run.end(within: 60)
        let path = "\(folder)/\(Self.job)/checkpoint-a"
        var content = try bytes(path)
        content[content.count / 2] ^= 1
        try content.write(to: URL(fileURLWithPath: path))
        let outcome = try resume(folder)
        XCTAssertEqual(outcome.messages.count { $0.contains("\(path): is damaged") }, 1)
    }

    func testDamagedResultIsNamedAndItsJobTrainedAgain() throws {
        for name in [
            "result.json", "weights.safetensors", "manifest.json", "history.csv",
            "weights-best.safetensors", "summary.json",
        ] {
            let folder = Scratch.path("damaged")
            try FileManager.default.copyItem(atPath: undisturbed(), toPath: folder)
            let path = "\(folder)/\(Self.job)/\(name)"
            try bytes(path).dropLast(3).write(to: URL(fileURLWithPath: path))
            let outcome = try resume(folder)
            XCTAssertEqual(outcome.messages.count { $0.contains(path) }, 1, outcome.errors)
            XCTAssertTrue(outcome.output.contains("unet-binary-e4-fold1 done"))
            XCTAssertFalse(outcome.output.contains("segnet-binary-e4-fold1 done"))
        }
    }

    func testAManifestWithASpaceTooManyIsDamaged() throws {
        let folder = Scratch.path("damaged")
        try FileManager.default.copyItem(atPath: undisturbed(), toPath: folder)
        let path = "\(folder)/\(Self.job)/manifest.json"
        let good = try bytes(path)
        try (good + Data(" ".utf8)).write(to: URL(fileURLWithPath: path))
        let outcome = try resume(folder)
        XCTAssertEqual(outcome.messages.count { $0.contains("\(path): is damaged") }, 1)
        XCTAssertEqual(try bytes(path), good)
    }

    func testSecondRunIsRefusedAndStatusTellsOfTheFirst() throws {
        // So many epochs that the second command, which waits three seconds, meets the first at work.
        let epochs = 100_000
        let (folder, run) = try started("twice", epochs: epochs)
        run.thaw()
        let begin = Date()
        let second = try Program.run(arguments(folder, epochs: epochs))
        XCTAssertEqual(second.code, 73, second.errors)
        XCTAssertLessThan(-begin.timeIntervalSinceNow, 30)
        let owner = try XCTUnwrap(try status(folder)["owner"] as? [String: Any])
        let (host, pid) = (owner["host"] as? String ?? "?", owner["pid"] as? Int ?? 0)
        XCTAssertTrue(second.errors.contains("process \(pid) on \(host)"), second.errors)
        // What runs is told every two seconds.
        var running: [[String: Any]] = []
        _ = run.wait(atMost: 30) {
            running = (try? status(folder))?["running"] as? [[String: Any]] ?? []
            return !running.isEmpty
        }
        XCTAssertEqual(running.first?["host"] as? String, host)
        run.signal(SIGUSR1)
        XCTAssertEqual(run.end(within: 60).code, 75)
        let after = try Program.run(["status", undisturbed()])
        XCTAssertTrue(after.output.hasPrefix("finished, run "), after.output)
        XCTAssertTrue(after.output.contains("2 finished, 0 running, 0 failed, 0 waiting"))
    }

    func testJobThatCrashesItsRankTwiceIsSetAside() throws {
        let folder = Scratch.path("crash")
        let attempts = "\(folder)/\(Self.job)/attempts"
        // Stopped before its first checkpoint, the job makes no progress between two crashes.
        var arguments = arguments(folder)
        arguments += ["--image-size", "64", "--filters", "64"]
        for _ in 1...2 {
            let run = try Program.start(arguments)
            // The file is there a moment before the mark points at it.
            XCTAssertTrue(run.wait(atMost: 60) { run.hasOpen(attempts) }, run.text)
            run.signal(SIGSEGV)
            XCTAssertEqual(run.end(within: 60).code, 128 + SIGSEGV)
        }
        let run = try Program.start(arguments)
        let failure = "\(folder)/\(Self.job)/failure.json"
        XCTAssertTrue(run.wait(atMost: 60) { FileManager.default.fileExists(atPath: failure) })
        let reason = try object(String(decoding: bytes(failure), as: UTF8.self))["reason"]
        XCTAssertTrue((reason as? String)?.contains("set aside") == true, "\(reason ?? "")")
        run.signal(SIGUSR1)
        XCTAssertEqual(run.end(within: 60).code, 75)
    }

    func testWhatKilledRunsLeftHalfWrittenGoes() throws {
        let folder = try TinyStudy.copy()
        let tensorBoard = "\(folder)/report/tensorboard"
        let jobs = "\(folder)/jobs"
        let runs = try FileManager.default.contentsOfDirectory(atPath: tensorBoard)
        let keys = try FileManager.default.contentsOfDirectory(atPath: jobs)
        let places =
            [
                folder, "\(folder)/slices", "\(folder)/report", "\(folder)/report/tables",
                "\(folder)/report/figures",
            ] + runs.map { "\(tensorBoard)/\($0)" } + keys.map { "\(jobs)/\($0)" }
        XCTAssertFalse(runs.isEmpty)
        for place in places {
            try Data("half".utf8).write(to: URL(fileURLWithPath: "\(place)/.x.csv.4711.tmp"))
        }
        let outcome = try Program.run(TinyStudy.arguments(output: folder))
        XCTAssertEqual(outcome.code, 0, outcome.errors)
        for place in places {
            XCTAssertFalse(
                FileManager.default.fileExists(atPath: "\(place)/.x.csv.4711.tmp"), place)
        }
    }

    func testFolderThatVanishesEndsTheRunAndIsNamed() throws {
        for ranks in [nil, 2] as [Int?] {
            let epochs = Self.epochs(ranks)
            let (folder, run) = try started("vanishing", epochs: epochs, ranks: ranks)
            try FileManager.default.moveItem(atPath: folder, toPath: folder + "-away")
            run.thaw()
            let outcome = run.end(within: 60)
            XCTAssertEqual(outcome.code, 73, outcome.errors)
            XCTAssertTrue(outcome.errors.contains(folder), outcome.errors)
            XCTAssertFalse(FileManager.default.fileExists(atPath: folder))
            try FileManager.default.moveItem(atPath: folder + "-away", toPath: folder)
            try resume(folder, epochs: epochs, ranks: ranks)
        }
    }

    func testAGenerationThatCannotBeReadIsNoJobsFault() throws {
        let (folder, run) = try started("unreadable")
        let generation = URL(fileURLWithPath: "\(folder)/generation")
        try Data("{".utf8).write(to: generation, options: .atomic)
        run.thaw()
        let outcome = run.end(within: 60)
        XCTAssertEqual(outcome.code, 74, outcome.errors)
        XCTAssertTrue(outcome.errors.contains(generation.path), outcome.errors)
        let jobs = try FileManager.default.subpathsOfDirectory(atPath: "\(folder)/jobs")
        XCTAssertFalse(jobs.contains { $0.hasSuffix("failure.json") || $0.hasSuffix("attempts") })
        try resume(folder)
    }

    func testAResultThatOnlyCannotBeReadIsMissingFromNoReport() throws {
        let folder = try TinyStudy.copy()
        let page = try bytes("\(folder)/report/index.html")
        for name in ["result.json", "manifest.json"] {
            let file = "\(folder)/jobs/segnet-binary-e4-fold1/\(name)"
            try FileManager.default.moveItem(atPath: file, toPath: file + "-away")
            // Leads to itself: not to be opened, for root either, and not missing.
            try FileManager.default.createSymbolicLink(
                atPath: file, withDestinationPath: file)
            for arguments in [["report", folder], TinyStudy.arguments(output: folder)] {
                let outcome = try Program.run(arguments)
                XCTAssertEqual(outcome.code, 74, outcome.errors)
                XCTAssertTrue(outcome.errors.contains(file), outcome.errors)
                XCTAssertEqual(try bytes("\(folder)/report/index.html"), page)
            }
            try FileManager.default.removeItem(atPath: file)
            try FileManager.default.moveItem(atPath: file + "-away", toPath: file)
        }
        XCTAssertEqual(try Program.run(["report", folder]).code, 0)
        XCTAssertEqual(try bytes("\(folder)/report/index.html"), page)
    }

    func testAStudyFileThatIsDamagedOrGoneIsWrittenAgain() throws {
        let folder = try TinyStudy.copy()
        let path = "\(folder)/study.json"
        let good = try bytes(path)
        for content in [good.dropLast(9), nil] {
            try FileManager.default.removeItem(atPath: path)
            try content?.write(to: URL(fileURLWithPath: path))
            let other = try Program.run(TinyStudy.arguments(output: folder, epochs: 3))
            XCTAssertEqual(other.code, content == nil ? 73 : 65, "another study's: \(other.errors)")
            let outcome = try Program.run(TinyStudy.arguments(output: folder))
            XCTAssertEqual(outcome.code, 0, outcome.errors)
            XCTAssertEqual(try bytes(path), good)
        }
    }

    func testARunThatWasTakenOverLeavesTheFolderAlone() throws {
        let (folder, run) = try started("zombie")
        try Data("7\n".utf8)
            .write(to: URL(fileURLWithPath: "\(folder)/generation"), options: .atomic)
        run.thaw()
        let outcome = run.end(within: 60)
        XCTAssertEqual(outcome.code, 73, outcome.errors)
        XCTAssertTrue(outcome.errors.contains("run 7 has taken over"), outcome.errors)
        try resume(folder)
    }

    func testSingleTrainingGoesOn() throws {
        func arguments(_ folder: String) -> [String] {
            [
                "train", "--images", TinyStudy.images, "--labels", TinyStudy.labels, "--output",
                folder, "--network", "segnet", "--task", "binary", "--experiment", "4",
                "--epochs", "120", "--threads", "1",
            ] + TinyStudy.size
        }
        let whole = Scratch.path("whole")
        XCTAssertEqual(try Program.run(arguments(whole)).code, 0)
        let (broken, run) = try started("broken", job: ".", arguments)
        let second = try Program.run(arguments(broken))
        XCTAssertEqual(second.code, 73, second.errors)
        XCTAssertTrue(second.errors.contains("is at work here"), second.errors)
        run.signal(SIGINT)
        run.thaw()
        XCTAssertEqual(run.end(within: 60).code, 75)
        // A lock whose owner was killed is none, and what it left half-written goes.
        try Data(#"{"host": "\#(ProcessInfo.processInfo.hostName)", "pid": 1, "beat": 3}"#.utf8)
            .write(to: URL(fileURLWithPath: "\(broken)/lock"))
        try Data("x".utf8).write(to: URL(fileURLWithPath: "\(broken)/.result.json.1.tmp"))
        let resumed = try Program.run(
            arguments(broken), environment: ["LUNGFOLD_LIMITS": "0.02"])
        XCTAssertEqual(resumed.code, 0, resumed.errors)
        XCTAssertFalse(resumed.output.contains("epoch 2/"))
        XCTAssertEqual(
            try bytes("\(broken)/weights.safetensors"), try bytes("\(whole)/weights.safetensors"))
        XCTAssertEqual(
            try FileManager.default.contentsOfDirectory(atPath: broken).sorted(),
            try FileManager.default.contentsOfDirectory(atPath: whole).sorted())
        XCTAssertEqual(try bytes("\(broken)/lock"), Data())
        for folder in [try undisturbed(), "\(try undisturbed())/jobs/another"] {
            let refused = try Program.run(arguments(folder))
            XCTAssertEqual(refused.code, 73, refused.errors)
            XCTAssertTrue(refused.errors.contains("belongs to a study"), refused.errors)
        }
    }

    private func status(_ folder: String) throws -> [String: Any] {
        let outcome = try Program.run(["status", folder, "--json", "-"])
        XCTAssertEqual(outcome.code, 0, outcome.errors)
        return try object(outcome.output)
    }
}
