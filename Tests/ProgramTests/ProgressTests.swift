import Foundation
import LungfoldCluster
import LungfoldRun
import Testing

@Suite struct TerminalTests {
    private let rank = ["OMPI_COMM_WORLD_RANK": "0", "TERM": "xterm"]

    private func mpirun(_ output: String, _ arguments: [String] = ["mpirun", "lungfold"])
        -> Terminal.Ancestor
    {
        Terminal.Ancestor(
            name: "mpirun", arguments: arguments, links: [1: output, 2: "pipe:[7]"],
            folder: "/proc/12")
    }

    /// A rank's own standard output is a terminal whatever mpirun's is.
    @Test(arguments: [
        ("/dev/pts/3", true), ("/dev/tty1", true), ("pipe:[9]", false), ("/home/out", false),
        ("/dev/null", false),
    ])
    func rankBelievesItsLauncher(_ link: String, _ isLive: Bool) {
        for shells in [[], [Terminal.Ancestor(name: "bash")]] {
            let terminal = Terminal(
                environment: rank, ownTerminals: [1], ancestors: shells + [mpirun(link)])
            #expect(terminal.canRedraw(1) == isLive)
            #expect(ProgressMode.auto.resolved(for: terminal) == (isLive ? .live : .plain))
            #expect(terminal.path(of: 1) == (isLive ? "/proc/12/fd/1" : nil))
            #expect(terminal.path(of: 2) == nil)
        }
    }

    @Test func rankOfADaemonAndTaggedOutputAreNoTerminals() {
        let daemon = Terminal(
            environment: rank, ownTerminals: [1],
            ancestors: [Terminal.Ancestor(name: "orted"), mpirun("/dev/pts/3")])
        #expect(!daemon.canRedraw(1))
        let tagged = Terminal(
            environment: rank, ownTerminals: [1],
            ancestors: [mpirun("/dev/pts/3", ["mpirun", "--tag-output", "lungfold"])])
        #expect(!tagged.canRedraw(1))
        let unknown = Terminal(environment: rank, ownTerminals: [1])
        #expect(!unknown.canRedraw(1))
    }

    @Test func withoutLauncherTheSystemIsBelieved() {
        for (name, isLive) in [("xterm-256color", true), ("dumb", false), ("", false)] {
            let terminal = Terminal(environment: ["TERM": name], ownTerminals: [1])
            #expect(terminal.canRedraw(1) == isLive)
        }
        #expect(!Terminal(environment: ["TERM": "xterm"]).canRedraw(1))
        let noColour = Terminal(
            environment: ["TERM": "xterm", "NO_COLOR": "1"], ownTerminals: [1])
        #expect(noColour.canRedraw(1))
        #expect(ProgressMode.json.resolved(for: noColour) == .json)
    }

    @Test func sizeHasADefault() {
        #expect(Terminal(environment: [:]).size() == Terminal.Size(rows: 24, columns: 80))
        let said = Terminal(environment: ["COLUMNS": "132", "LINES": "x"])
        #expect(said.size() == Terminal.Size(rows: 24, columns: 132))
    }
}

@Suite struct ViewTests {
    /// Four jobs, of which one was finished before, on so many ranks, at 100 s.
    private func state(ranks: Int) -> RunState {
        var state = RunState(
            hosts: (0..<ranks).map { "node\($0)" }, generation: 3, at: 100)
        let keys = ["segnet-multiclass-e1-holdout", "unet-binary-e2-fold1", "unet-binary-e2-fold2"]
        state.begin(keys.map { QueueTask(key: $0, cost: 10) }, finishedBefore: 1, at: 100)
        for (rank, key) in keys.enumerated() {
            _ = state.take(.started(key: key, rank: rank, host: "node\(rank)"), at: 100)
        }
        return state
    }

    private func report(_ key: String, epoch: Int, share: Double, ends: Bool = false) -> QueueEvent
    {
        let text = """
            {"progress": {"epoch": \(epoch), "epochs": 160, "share": \(share), "loss": 0.25,
             "accuracy": 0.75, "imagesPerSecond": 12.34, "endsEpoch": \(ends), "isTest": false}}
            """
        return .progress(key: key, rank: 0, bytes: Array(text.utf8))
    }

    @Test func linesTellAllAndFitAnyWidth() {
        var state = state(ranks: 4)
        _ = state.take(report("segnet-multiclass-e1-holdout", epoch: 1, share: 0), at: 100)
        _ = state.take(report("segnet-multiclass-e1-holdout", epoch: 80, share: 0.5), at: 160)
        _ = state.take(.finished(key: "unet-binary-e2-fold1", rank: 1), at: 160)
        _ = state.take(.failed(key: "unet-binary-e2-fold2", rank: 2, reason: "no"), at: 160)
        let view = state.view(at: 160, isStopping: false)
        let lines = view.lines(Terminal.Size(rows: 24, columns: 80))
        #expect(
            lines == [
                "running, run 3 on 4 ranks: 2 of 4 jobs done, 1 failed, 0 waiting",
                "[############################-----]  87 %  60 s so far, about 12 s left",
                "rank  job                             epoch    loss  images/s       left",
                "   0  segnet-multiclass-e1-holdout   80/160  0.2500      12.3       60 s",
                "   1  no job", "   2  no job", "   3  no job",
            ])
        for columns in [20, 40, 60, 79, 80, 100, 120, 300] {
            let lines = view.lines(Terminal.Size(rows: 24, columns: columns))
            #expect(lines.count == 7)
            #expect(lines.allSatisfy { $0.count < max(21, columns) }, "\(columns): \(lines)")
        }
        #expect(view.lines(Terminal.Size(rows: 24, columns: 120))[3].hasSuffix("  node0"))
    }

    @Test func manyRanksAreCutToTheHeight() {
        let view = state(ranks: 200).view(at: 101, isStopping: false)
        let lines = view.lines(Terminal.Size(rows: 12, columns: 80))
        #expect(lines.count <= 11)
        #expect(lines.last == "... and 197 more ranks")
        #expect(lines.contains { $0.contains("unet-binary-e2-fold2") })
    }

    /// The paper's protocol has two queues; what the first one came to stays in view.
    @Test func queuesAddUp() throws {
        var state = state(ranks: 1)
        for key in ["segnet-multiclass-e1-holdout", "unet-binary-e2-fold1"] {
            _ = state.take(.finished(key: key, rank: 0), at: 110)
        }
        _ = state.take(.failed(key: "unet-binary-e2-fold2", rank: 0, reason: "no"), at: 110)
        #expect(
            state.view(at: 110, isStopping: false).summary
                == "running, run 3: 3 of 4 jobs done, 1 failed, 0 waiting")
        state.begin([QueueTask(key: "a", cost: 1)], finishedBefore: 2, at: 110)
        #expect(
            state.view(at: 110, isStopping: false).summary
                == "running, run 3: 5 of 7 jobs done, 1 failed, 1 waiting")
        let told = state.take(.finished(key: "a", rank: 0), at: 120)
        let json = try JSONSerialization.jsonObject(with: Data(try #require(told).json))
        let event = try #require(json as? [String: Any])
        #expect(event["jobs"] as? Int == 7)
        #expect(event["jobsEnded"] as? Int == 7)
        #expect(event["jobsFailed"] as? Int == 1)
    }

    @Test func endsAndStops() {
        var state = state(ranks: 1)
        #expect(state.view(at: 101, isStopping: true).summary.hasPrefix("stopping, run 3: 1 of 4"))
        for key in ["segnet-multiclass-e1-holdout", "unet-binary-e2-fold1", "unet-binary-e2-fold2"]
        {
            _ = state.take(.finished(key: key, rank: 0), at: 110)
        }
        state.isWritingReport = true
        #expect(
            state.view(at: 110, isStopping: false).summary
                == "writing the report, run 3: 4 of 4 jobs done, 0 failed, 0 waiting")
        state.outcome = "finished"
        let lines = state.view(at: 111, isStopping: false).lines(Terminal.Size())
        #expect(lines.count == 2)
        #expect(lines[1].contains("100 %"))
    }

    @Test func eventsAreOneLineWithTheFieldsOfTheReadme() throws {
        var state = state(ranks: 1)
        let key = "unet-binary-e2-fold1"
        let taken = state.take(report(key, epoch: 2, share: 0.5, ends: true), at: 130)
        let event = try #require(taken)
        #expect(event.event == .epochFinished)
        let text = String(decoding: event.json, as: UTF8.self)
        #expect(!text.contains("\n"))
        var fields = try #require(
            JSONSerialization.jsonObject(with: Data(event.json)) as? [String: Any])
        let time = try #require(fields.removeValue(forKey: "time") as? String)
        #expect(time.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil)
        #expect(
            NSDictionary(dictionary: fields)
                == [
                    "event": "epochFinished", "generation": 3, "rank": 0, "host": "node1",
                    "job": key, "epoch": 2, "epochs": 160, "loss": 0.25, "accuracy": 0.75,
                    "imagesPerSecond": 12.34, "jobs": 4, "jobsEnded": 1, "jobsFailed": 0,
                    "secondsLeft": 150.0,
                ] as NSDictionary)
        #expect(
            event.line
                == "\(key) epoch 2/160: loss 0.2500, accuracy 0.7500, 12.3 images/s, "
                + "1 of 4 jobs, about 3 min left")
        let failed = state.take(.failed(key: key, rank: 0, reason: "a\nb"), at: 131)
        #expect(failed?.json.contains(UInt8(ascii: "\n")) == false)
    }

    @Test func warningsOfARankAreTold() {
        var state = state(ranks: 2)
        let bytes = Array(#"{"warning": "checkpoint-a: is damaged"}"#.utf8)
        let event = state.take(
            .progress(key: "unet-binary-e2-fold1", rank: 1, bytes: bytes), at: 101)
        #expect(event?.event == .warning)
        #expect(event?.line == "rank 1: checkpoint-a: is damaged")
    }
}

@Suite struct ScreenTests {
    private let size = Terminal.Size(rows: 10, columns: 20)

    @Test func linesAreWrittenOverAndMessagesScroll() {
        var screen = Screen()
        var text = "before\n"
        text += screen.frame(["one", "two"], size: size)
        #expect(TinyTerminal.lines(after: text) == ["before", "one", "two", ""])
        text += screen.frame(["one", "2"], size: size)
        #expect(TinyTerminal.lines(after: text) == ["before", "one", "2", ""])
        text += screen.frame(["one", "2", "3"], messages: ["note\nmore"], size: size)
        #expect(TinyTerminal.lines(after: text) == ["before", "note", "more", "one", "2", "3", ""])
        text += screen.frame(["end"], size: size)
        #expect(TinyTerminal.lines(after: text) == ["before", "note", "more", "end", ""])
        screen.leave()
        text += "error\n" + screen.frame(["end"], size: size)
        #expect(
            TinyTerminal.lines(after: text) == [
                "before", "note", "more", "end", "error", "end", "",
            ])
    }

    @Test func onlyWhatChangedIsWrittenAndEveryUpdateIsClosed() {
        var screen = Screen()
        _ = screen.frame(["one", "two", "three"], size: size)
        #expect(screen.frame(["one", "two", "three"], size: size) == "")
        let frame = screen.frame(["one", "2", "three"], size: size)
        #expect(!frame.contains("one") && !frame.contains("three"))
        #expect(frame.hasPrefix("\u{1b}[?2026h") && frame.hasSuffix("\u{1b}[?2026l"))
        let narrow = screen.frame(
            ["one"], size: Terminal.Size(rows: 10, columns: 2))
        #expect(narrow.contains("\u{1b}[6A\u{1b}[J"), "the old lines take 2, 1 and 3 rows")
    }

    @Test func nothingThatIsSaidCommandsTheTerminal() {
        var screen = Screen()
        let frame = screen.frame([], messages: ["a\u{1b}[2Jb\u{7}"], size: size)
        #expect(frame.contains("a?[2Jb?\n"))
    }
}

@Suite struct AppendFileTests {
    @Test func aTornLineIsEndedBeforeTheNext() throws {
        let path = Scratch.path("events.jsonl")
        try Data("{\"a\": 1}\n{\"b\": ".utf8).write(to: URL(fileURLWithPath: path))
        try AppendFile(path).append("{}".utf8)
        let file = try AppendFile(path)
        try file.append("{}".utf8)
        #expect(
            String(decoding: try FileSystem.read(path), as: UTF8.self)
                == "{\"a\": 1}\n{\"b\": \n{}\n{}\n")
    }

    @Test func aFullDiskIsAnErrorWithItsPath() throws {
        #expect { try AppendFile("/dev/full").append("{}".utf8) } throws: { error in
            "\(error)".contains("/dev/full") && "\(error)".contains("No space left")
        }
    }

    @Test func logsAreSetAsideOnceTheyAreLong() throws {
        let path = Scratch.path("rank-0.log")
        let log = LogFile(path, limit: 100)
        for number in 1...30 { log.append("line \(number)") }
        let (old, new) = (try FileSystem.read(path + ".1"), try FileSystem.read(path))
        #expect(old.count <= 110 && new.count <= 110)
        #expect(String(decoding: new, as: UTF8.self).hasSuffix("line 30\n"))
    }
}
