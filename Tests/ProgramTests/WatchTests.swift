import Foundation
import XCTest

/// What users and tools see of a run, with mpirun in between.
final class WatchTests: XCTestCase {
    private func arguments(_ folder: String, epochs: Int = 3, _ more: [String]) -> [String] {
        TinyStudy.arguments(
            output: folder, epochs: epochs,
            ["--networks", "segnet", "--tasks", "binary", "--threads", "1"] + more)
    }

    private func lines(_ path: String) throws -> [[String: Any]] {
        try String(decoding: bytes(path), as: UTF8.self).split(separator: "\n").map {
            try object(String($0))
        }
    }

    private func ranks(in events: [[String: Any]]) -> Set<Int> {
        Set(events.compactMap { $0["rank"] as? Int })
    }

    /// Runs two jobs on two ranks. One that comes so late that the other has done both gets more time:
    /// in a new folder the jobs are longer.
    private func runOnBothRanks(_ more: [String]) throws
        -> (folder: String, epochs: Int, outcome: Outcome)
    {
        for epochs in [3, 100] {
            let run = try runStudy(epochs: epochs, more)
            if try ranks(in: lines("\(run.folder)/events.jsonl")).count == 2 { return run }
        }
        return try runStudy(epochs: 1000, more)
    }

    private func runStudy(epochs: Int, _ more: [String]) throws
        -> (folder: String, epochs: Int, outcome: Outcome)
    {
        let folder = Scratch.path("study")
        let outcome = try Program.run(
            arguments(folder, epochs: epochs, more), ranks: 2, within: 300)
        XCTAssertEqual(outcome.code, 0, outcome.errors)
        return (folder, epochs, outcome)
    }

    func testEventsAndLogsOfEveryRank() throws {
        let (folder, epochs, outcome) = try runOnBothRanks(["--progress", "json"])
        let events = try lines("\(folder)/events.jsonl")
        let kinds = events.compactMap { $0["event"] as? String }
        let counts = Dictionary(kinds.map { ($0, 1) }, uniquingKeysWith: +)
        XCTAssertEqual(counts["runStarted"], 1)
        XCTAssertEqual(counts["jobStarted"], 2)
        XCTAssertEqual(counts["epochFinished"], 2 * epochs)
        XCTAssertEqual(counts["jobFinished"], 2)
        XCTAssertEqual(kinds.last, "runEnded")
        XCTAssertTrue(events.allSatisfy { $0["generation"] as? Int == 1 && $0["time"] != nil })
        XCTAssertEqual(ranks(in: events), [0, 1])
        XCTAssertEqual(events.last?["state"] as? String, "finished")
        for end in events where end["event"] as? String == "jobFinished" {
            let accuracy = try XCTUnwrap(end["testAccuracy"] as? Double)
            XCTAssertTrue((0...1).contains(accuracy))
        }
        // Standard output is the same, but for what was said before the run had its number.
        let said = try outcome.output.split(separator: "\n").map { try object(String($0)) }
        XCTAssertEqual(said.compactMap { $0["event"] as? String }, kinds)
        for rank in 0...1 {
            let log = String(decoding: try bytes("\(folder)/logs/rank-\(rank).log"), as: UTF8.self)
            XCTAssertTrue(log.contains("run 1 info: rank \(rank) of 2 on "), log)
            XCTAssertTrue(log.contains("test accuracy"), log)
            XCTAssertTrue(log.hasSuffix("ends with 0\n"), log)
        }
    }

    func testATornEventHarmsNoLaterRun() throws {
        let folder = try TinyStudy.copy()
        let path = "\(folder)/events.jsonl"
        let whole = try bytes(path)
        try (whole + Data("{\"event\": \"jobSta".utf8)).write(to: URL(fileURLWithPath: path))
        XCTAssertEqual(try Program.run(TinyStudy.arguments(output: folder)).code, 0)
        let text = String(decoding: try bytes(path), as: UTF8.self).split(separator: "\n")
        let broken = text.filter { (try? JSONSerialization.jsonObject(with: Data($0.utf8))) == nil }
        XCTAssertEqual(broken, ["{\"event\": \"jobSta"])
        XCTAssertEqual(try object(String(text.last!))["generation"] as? Int, 2)
    }

    func testEventsAndLogsThatCannotBeWrittenEndNoRun() throws {
        let folder = Scratch.path("study")
        try FileManager.default.createDirectory(
            atPath: "\(folder)/events.jsonl", withIntermediateDirectories: true)
        try Data().write(to: URL(fileURLWithPath: "\(folder)/logs"))
        let outcome = try Program.run(arguments(folder, []), ranks: 2)
        XCTAssertEqual(outcome.code, 0, outcome.errors)
        let complaints = outcome.messages.filter { $0.contains("\(folder)/events.jsonl") }
        XCTAssertEqual(complaints.count, 1, outcome.errors)
        XCTAssertTrue(complaints.allSatisfy { $0.contains("Is a directory") }, "\(complaints)")
    }

    func testSpeedGoesOnWhereARunWasStopped() throws {
        let folder = Scratch.path("study")
        let run = try Program.start(arguments(folder, epochs: 300, ["--folds", "1"]))
        let path = "\(folder)/jobs/segnet-binary-e4-fold1/"
        let speed = path + "events.out.tfevents.0000000000.images-per-second"
        XCTAssertTrue(
            run.wait(atMost: 60) {
                FileManager.default.fileExists(atPath: path + "checkpoint-b")
            }, run.text)
        run.signal(SIGKILL)
        _ = run.end(within: 60)
        XCTAssertGreaterThan(try bytes(speed).count, 40)
        XCTAssertEqual(try Program.run(arguments(folder, epochs: 300, ["--folds", "1"])).code, 0)
        let whole = Scratch.path("study")
        XCTAssertEqual(try Program.run(arguments(whole, epochs: 300, ["--folds", "1"])).code, 0)
        let undisturbed = speed.replacing(folder, with: whole)
        // One record an epoch in both; each record is as long whatever the speed was.
        XCTAssertEqual(try bytes(speed).count, try bytes(undisturbed).count)
        XCTAssertNotEqual(try bytes(speed), try bytes(undisturbed))
        for name in ["manifest.json", "events.out.tfevents.0000000000.lungfold"] {
            XCTAssertEqual(
                try bytes(path + name), try bytes(path.replacing(folder, with: whole) + name))
        }
    }

    func testErrorsThatEndTheRunAreInTheRanksLog() throws {
        let folder = Scratch.path("study")
        let run = try Program.start(arguments(folder, epochs: 100_000, []), ranks: 2)
        XCTAssertTrue(run.wait(atMost: 60) { run.text.contains("on rank 1") }, run.text)
        for name in ["generation", "run.json"] {
            try FileManager.default.removeItem(atPath: "\(folder)/\(name)")
        }
        XCTAssertEqual(run.end(within: 60).code, 73)
        let logs = try (0...1).map {
            String(decoding: try bytes("\(folder)/logs/rank-\($0).log"), as: UTF8.self)
        }
        XCTAssertTrue(logs.contains { $0.contains("run.json: is gone") }, "\(logs)")
    }

    func testNoneIsSilentButForTheReport() throws {
        let folder = Scratch.path("study")
        let outcome = try Program.run(arguments(folder, ["--progress", "none"]), ranks: 2)
        XCTAssertEqual(outcome.code, 0)
        XCTAssertEqual(outcome.output, "Report: \(folder)/report/index.html\n")
        XCTAssertEqual(outcome.messages, [])
    }

    func testAutoIsPlainInAPipeAndSaysNothingToATerminal() throws {
        let folder = Scratch.path("study")
        let outcome = try Program.run(
            arguments(folder, []), ranks: 2, environment: ["TERM": "xterm"])
        XCTAssertEqual(outcome.code, 0)
        XCTAssertFalse(outcome.output.contains("\u{1b}"))
        XCTAssertTrue(outcome.output.contains("segnet-binary-e4-fold2 done in "))
    }

    func testStatusWatchesUntilTheEnd() throws {
        let folder = Scratch.path("study")
        let run = try Program.start(arguments(folder, epochs: 100_000, []), ranks: 2)
        XCTAssertTrue(run.wait(atMost: 60) { run.text.contains("on rank 1") }, run.text)
        let watch = try Program.start(["status", folder, "--watch"])
        XCTAssertTrue(watch.wait(atMost: 30) { watch.text.contains("running, run 1") }, watch.text)
        run.signal(SIGUSR1)
        XCTAssertEqual(run.end(within: 60).code, 75)
        let outcome = watch.end(within: 60)
        XCTAssertEqual(outcome.code, 0, outcome.errors)
        let lines = outcome.output.split(separator: "\n")
        XCTAssertEqual(
            lines.last, "interrupted, run 1 on 2 ranks: 0 of 2 jobs done, 0 failed, 2 waiting")
        XCTAssertFalse(outcome.output.contains("\u{1b}"))
    }

    // MARK: On a terminal

    /// Runs a command on a terminal of 80 columns that Python makes; prints all that came,
    /// and ends with the code.
    private static let terminal = """
        import fcntl, os, pty, signal, struct, sys, termios
        mark, number, command = sys.argv[1].encode(), int(sys.argv[2]), sys.argv[3:]
        pid, terminal = pty.fork()
        if pid == 0:
            os.environ["TERM"] = "xterm"
            os.execvp(command[0], command)
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        seen = b""
        while True:
            try:
                part = os.read(terminal, 65536)
            except OSError:
                break
            if not part:
                break
            seen += part
            os.write(1, part)
            if number and mark in seen:
                os.kill(pid, number)
                number = 0
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        """

    private func onTerminal(
        _ arguments: [String], ranks: Int?, mark: String = "", signal: Int32 = 0
    ) throws -> Outcome {
        let python = "/usr/bin/python3"
        guard FileManager.default.isExecutableFile(atPath: python) else {
            throw XCTSkip("there is no \(python) to make a terminal")
        }
        let command = try Program.command(arguments, ranks: ranks)
        return try ProgramRun(
            [python, "-c", Self.terminal, mark, "\(signal)"] + command, environment: [:]
        ).end(within: 120)
    }

    /// Every update is closed, nothing else is asked of the terminal, and no line is too long.
    private func checkSequences(
        _ output: String, file: StaticString = #filePath, line: UInt = #line
    ) {
        let opened = output.components(separatedBy: "\u{1b}[?2026h").count
        XCTAssertEqual(
            opened, output.components(separatedBy: "\u{1b}[?2026l").count, file: file, line: line)
        XCTAssertGreaterThan(opened, 1, output, file: file, line: line)
        let rest = output.replacing(/\u{1b}\[(\?2026[hl]|[0-9]+A|K|J)/, with: "")
        XCTAssertFalse(rest.contains("\u{1b}"), rest, file: file, line: line)
    }

    func testLiveOnATerminalEndsWithTheLastState() throws {
        for ranks in [2, nil] as [Int?] {
            let folder = Scratch.path("study")
            let outcome = try onTerminal(arguments(folder, epochs: 400, []), ranks: ranks)
            XCTAssertEqual(outcome.code, 0, outcome.output + outcome.errors)
            checkSequences(outcome.output)
            XCTAssertTrue(outcome.output.contains("rank  job  "), outcome.output)
            checkLastState(outcome.output, folder, ranks: ranks)
        }
    }

    func testLiveThatIsAskedForNeedsNoTerminal() throws {
        for ranks in [2, nil] as [Int?] {
            let folder = Scratch.path("study")
            let outcome = try Program.run(
                arguments(folder, ["--progress", "live"]), ranks: ranks,
                environment: ["COLUMNS": "80", "LINES": "24"])
            XCTAssertEqual(outcome.code, 0, outcome.output + outcome.errors)
            checkSequences(outcome.output)
            checkLastState(outcome.output, folder, ranks: ranks)
        }
    }

    /// The last state of a run of two jobs is what remains of the view, and it remains once.
    private func checkLastState(
        _ output: String, _ folder: String, ranks: Int?, file: StaticString = #filePath,
        line: UInt = #line
    ) {
        XCTAssertFalse(output.contains("starts on rank"), output, file: file, line: line)
        let place = ranks.map { " on \($0) ranks" } ?? ""
        // mpirun, and the terminal that it writes to, both end a line their way.
        let screen = TinyTerminal.lines(after: output).filter { !$0.isEmpty }
        XCTAssertEqual(
            screen.dropLast().last,
            "finished, run 1\(place): 2 of 2 jobs done, 0 failed, 0 waiting", file: file,
            line: line)
        XCTAssertEqual(
            screen.last?.hasPrefix("[#################################] 100 %"), true, file: file,
            line: line)
        XCTAssertEqual(
            screen.count { $0.contains(" jobs done") }, 1, "\(screen)", file: file, line: line)
        XCTAssertTrue(
            screen.contains("Report: \(folder)/report/index.html"), "\(screen)", file: file,
            line: line)
    }

    func testLiveThatIsStoppedLeavesTheTerminalInOrderAndTheMessageReadable() throws {
        let folder = Scratch.path("study")
        let outcome = try onTerminal(
            arguments(folder, epochs: 100_000, []), ranks: 2, mark: "rank  job  ", signal: SIGUSR1)
        XCTAssertEqual(outcome.code, 75, outcome.output)
        checkSequences(outcome.output)
        // It comes on a stream of its own: mpirun may bring it before or after the last view.
        let screen = TinyTerminal.lines(after: outcome.output)
        XCTAssertTrue(
            screen.contains { $0.contains("\(folder): the study was stopped") }, outcome.output)
        XCTAssertTrue(outcome.output.contains("interrupted, run 1 on 2 ranks"), outcome.output)
    }

    func testStatusWatchIsLiveOnATerminal() throws {
        let outcome = try onTerminal(["status", TinyStudy.finished, "--watch"], ranks: nil)
        XCTAssertEqual(outcome.code, 0)
        checkSequences(outcome.output)
        XCTAssertTrue(outcome.output.contains("finished, run 1: 8 of 8 jobs done"), outcome.output)
    }
}
