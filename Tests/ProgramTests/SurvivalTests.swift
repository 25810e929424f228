import Foundation
import LungfoldRun
import XCTest

/// What happens to a study is undone by the same command, and its report has the same bytes.
final class SurvivalTests: XCTestCase {
    /// Two jobs of some seconds each.
    private func arguments(_ folder: String, epochs: Int = 40) -> [String] {
        TinyStudy.arguments(
            output: folder, epochs: epochs,
            ["--networks", "segnet,unet", "--tasks", "binary", "--folds", "1", "--threads", "1"])
    }

    private static let undisturbed = Scratch.path("undisturbed")
    private static let job = "jobs/unet-binary-e4-fold1"

    /// The folder of a run to which nothing happened.
    private func undisturbed() throws -> String {
        if !FileManager.default.fileExists(atPath: Self.undisturbed) {
            let outcome = try Program.run(arguments(Self.undisturbed))
            XCTAssertEqual(outcome.code, 0, outcome.errors)
        }
        return Self.undisturbed
    }

    /// Runs the command again and compares all that was promised.
    @discardableResult private func resume(
        _ folder: String, ranks: Int? = nil, file: StaticString = #filePath, line: UInt = #line
    ) throws -> Outcome {
        let outcome = try Program.run(arguments(folder), ranks: ranks)
        XCTAssertEqual(outcome.code, 0, outcome.errors, file: file, line: line)
        for name in [
            "report/summary.json", "\(Self.job)/weights.safetensors", "\(Self.job)/result.json",
            "\(Self.job)/weights-best.safetensors",
        ] {
            XCTAssertEqual(
                try bytes("\(folder)/\(name)"), try bytes("\(undisturbed())/\(name)"), name,
                file: file, line: line)
        }
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder)
        let traces = names.filter { name in
            [".tmp", "/checkpoint-", "/best-", "/attempts", "status.json"].contains {
                name.contains($0)
            }
        }
        XCTAssertEqual(traces, [], file: file, line: line)
        return outcome
    }

    /// Starts the study and waits for a checkpoint of each generation.
    private func started(_ folder: String, epochs: Int = 40, ranks: Int? = nil) throws
        -> ProgramRun
    {
        let run = try Program.start(arguments(folder, epochs: epochs), ranks: ranks)
        let isThere = run.wait(atMost: 60) {
            ["checkpoint-a", "checkpoint-b"].allSatisfy {
                FileManager.default.fileExists(atPath: "\(folder)/\(Self.job)/\($0)")
            }
        }
        XCTAssertTrue(isThere, run.text)
        return run
    }

    func testKilled() throws {
        let folder = Scratch.path("killed")
        let run = try started(folder)
        run.signal(SIGKILL)
        XCTAssertEqual(run.end(within: 10).code, 128 + SIGKILL)
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
            let folder = Scratch.path("stopped")
            let run = try started(folder, ranks: ranks)
            run.signal(number)
            let outcome = run.end(within: 30)
            XCTAssertEqual(outcome.code, 75, outcome.errors)
            try resume(folder, ranks: ranks == nil ? 2 : nil)
        }
    }

    func testDamagedCheckpointIsNamedAndTheOtherOneUsed() throws {
        let folder = Scratch.path("damaged")
        let run = try started(folder)
        run.signal(SIGKILL)
        _ = run.end(within: 10)
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
        let folder = Scratch.path("twice")
        // Long enough that the second command, which waits three seconds, meets the first at work.
        let run = try started(folder, epochs: 2000)
        let begin = Date()
        let second = try Program.run(arguments(folder, epochs: 2000))
        XCTAssertEqual(second.code, 73, second.errors)
        XCTAssertLessThan(-begin.timeIntervalSinceNow, 6)
        let owner = try XCTUnwrap(try status(folder)["owner"] as? [String: Any])
        let (host, pid) = (owner["host"] as? String ?? "?", owner["pid"] as? Int ?? 0)
        XCTAssertTrue(second.errors.contains("process \(pid) on \(host)"), second.errors)
        let running = try XCTUnwrap(try status(folder)["running"] as? [[String: Any]])
        XCTAssertEqual(running.first?["host"] as? String, host)
        run.signal(SIGUSR1)
        XCTAssertEqual(run.end(within: 30).code, 75)
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
            XCTAssertEqual(run.end(within: 10).code, 128 + SIGSEGV)
        }
        let run = try Program.start(arguments)
        let failure = "\(folder)/\(Self.job)/failure.json"
        XCTAssertTrue(run.wait(atMost: 60) { FileManager.default.fileExists(atPath: failure) })
        let reason = try object(String(decoding: bytes(failure), as: UTF8.self))["reason"]
        XCTAssertTrue((reason as? String)?.contains("set aside") == true, "\(reason ?? "")")
        run.signal(SIGUSR1)
        XCTAssertEqual(run.end(within: 30).code, 75)
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
            let folder = Scratch.path("vanishing")
            let run = try started(folder, ranks: ranks)
            try FileManager.default.moveItem(atPath: folder, toPath: folder + "-away")
            let outcome = run.end(within: 30)
            XCTAssertEqual(outcome.code, 73, outcome.errors)
            XCTAssertTrue(outcome.errors.contains(folder), outcome.errors)
            XCTAssertFalse(FileManager.default.fileExists(atPath: folder))
            try FileManager.default.moveItem(atPath: folder + "-away", toPath: folder)
            try resume(folder)
        }
    }

    func testARunRecordThatCannotBeReadIsNoJobsFault() throws {
        let folder = Scratch.path("unreadable")
        let run = try started(folder)
        try Data("{".utf8).write(to: URL(fileURLWithPath: "\(folder)/run.json"), options: .atomic)
        let outcome = run.end(within: 30)
        XCTAssertEqual(outcome.code, 74, outcome.errors)
        XCTAssertTrue(outcome.errors.contains("\(folder)/run.json"), outcome.errors)
        let jobs = try FileManager.default.subpathsOfDirectory(atPath: "\(folder)/jobs")
        XCTAssertFalse(jobs.contains { $0.hasSuffix("failure.json") })
        try resume(folder)
    }

    func testARunThatWasTakenOverLeavesTheFolderAlone() throws {
        let folder = Scratch.path("zombie")
        let run = try started(folder)
        var record = try object(String(decoding: bytes("\(folder)/run.json"), as: UTF8.self))
        record["generation"] = 7
        try JSONSerialization.data(withJSONObject: record)
            .write(to: URL(fileURLWithPath: "\(folder)/run.json"), options: .atomic)
        let outcome = run.end(within: 30)
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
        let (whole, broken) = (Scratch.path("whole"), Scratch.path("broken"))
        XCTAssertEqual(try Program.run(arguments(whole)).code, 0)
        let run = try Program.start(arguments(broken))
        XCTAssertTrue(run.wait(atMost: 60) { run.text.contains("epoch 3/") }, run.text)
        run.signal(SIGSTOP)
        let second = try Program.run(arguments(broken))
        XCTAssertEqual(second.code, 73, second.errors)
        XCTAssertTrue(second.errors.contains("is at work here"), second.errors)
        run.signal(SIGCONT)
        run.signal(SIGINT)
        XCTAssertEqual(run.end(within: 30).code, 75)
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
