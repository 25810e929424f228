import Foundation
import XCTest

/// What cannot be read, now or ever, harms nothing that is good.
final class UnreadableTests: XCTestCase {
    private func training(_ folder: String) -> [String] {
        [
            "train", "--images", TinyStudy.images, "--labels", TinyStudy.labels, "--output", folder,
            "--network", "segnet", "--task", "binary", "--experiment", "4", "--epochs", "120",
            "--threads", "1",
        ] + TinyStudy.size
    }

    /// The folder of a training that was stopped when it had both its checkpoints.
    private func stopped() throws -> String {
        struct NeverUnderWay: Error { let output: String }
        var output = ""
        for _ in 1...5 {
            let folder = Scratch.path("stopped")
            let run = try Program.start(training(folder))
            _ = run.wait(atMost: 60) { hasCheckpoints(folder) || !run.isRunning }
            if run.isRunning { run.signal(SIGUSR1) }
            let outcome = run.end(within: 60)
            if outcome.code == 75, hasCheckpoints(folder) { return folder }
            output = outcome.output + outcome.errors
        }
        throw NeverUnderWay(output: output)
    }

    private func hasCheckpoints(_ folder: String) -> Bool {
        ["a", "b"].allSatisfy { exists("\(folder)/checkpoint-\($0)") }
    }

    private func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    /// Has a path lead to itself, which not even root can open, for as long as `body` runs.
    private func whileUnreadable(_ path: String, _ body: () throws -> Void) throws {
        try FileManager.default.moveItem(atPath: path, toPath: path + "-away")
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: path)
        try body()
        XCTAssertEqual(unlink(path), 0, "the link is still there")
        try FileManager.default.moveItem(atPath: path + "-away", toPath: path)
    }

    func testAResultThatCannotBeReadEndsTheRunAndIsKept() throws {
        let folder = try TinyStudy.copy()
        let job = "\(folder)/jobs/unet-binary-e4-fold1"
        for name in ["weights.safetensors", "manifest.json"] {
            let path = "\(job)/\(name)"
            try whileUnreadable(path) {
                let outcome = try Program.run(TinyStudy.arguments(output: folder))
                XCTAssertEqual(outcome.code, 74, outcome.errors)
                XCTAssertTrue(outcome.errors.contains(path), outcome.errors)
                XCTAssertTrue(exists("\(job)/result.json"))
            }
        }
        let outcome = try Program.run(TinyStudy.arguments(output: folder))
        XCTAssertEqual(outcome.code, 0, outcome.errors)
        XCTAssertFalse(outcome.output.contains("unet-binary-e4-fold1 done"), outcome.output)
    }

    func testACheckpointThatCannotBeReadEndsTheRunAndIsKept() throws {
        let folder = try stopped()
        for name in ["checkpoint-a", "checkpoint-b"] {
            let path = "\(folder)/\(name)"
            try whileUnreadable(path) {
                let outcome = try Program.run(training(folder))
                XCTAssertEqual(outcome.code, 74, outcome.errors)
                XCTAssertTrue(outcome.errors.contains(path), outcome.errors)
            }
        }
        let outcome = try Program.run(training(folder))
        XCTAssertEqual(outcome.code, 0, outcome.errors)
        XCTAssertFalse(outcome.output.contains("epoch 1/"), outcome.output)
    }

    func testACheckpointOfTwentyGigabytesIsNamedAndTheOtherOneUsed() throws {
        let folder = try stopped()
        let path = "\(folder)/checkpoint-a"
        XCTAssertEqual(truncate(path, off_t(20 << 30)), 0)
        let outcome = try Program.run(training(folder))
        XCTAssertEqual(outcome.code, 0, outcome.errors)
        let text = outcome.output + outcome.errors
        XCTAssertTrue(text.contains("\(path): has "), text)
        XCTAssertTrue(text.contains("The other checkpoint is used"), text)
        XCTAssertFalse(outcome.output.contains("epoch 1/"), outcome.output)
    }

    func testExperimentsFilesThatWouldHang() throws {
        let pipe = Scratch.path("pipe")
        XCTAssertEqual(mkfifo(pipe, 0o600), 0)
        let aliases = Scratch.path("aliases.yaml")
        try Data("a: &a [1]\n? *a\n: 1\n".utf8).write(to: URL(fileURLWithPath: aliases))
        for (path, code) in [(pipe, 66), (aliases, 78)] as [(String, Int32)] {
            let outcome = try Program.run(
                TinyStudy.arguments(
                    output: Scratch.path("refused"), ["--experiments-file", path]), within: 30)
            XCTAssertEqual(outcome.code, code, outcome.errors)
            XCTAssertTrue(outcome.errors.contains(path), outcome.errors)
        }
    }
}
