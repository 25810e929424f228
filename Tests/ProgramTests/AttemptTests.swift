import Foundation
import LungfoldRun
import Testing
import XCTest

@Suite("the file of a job's attempts") struct AttemptRecordTests {
    @Test(
        "deaths by a fault or without a word count, requests do not",
        arguments: [
            ("", 0), ("start from 4\n", 1), ("start from 4\ncrash\n", 1),
            ("start from 4\nasked\n", 0), ("start from 4\nasked\nasked\n", 0),
            ("start from 4\nasked\ncrash\n", 1),
            ("start from 4\ncrash\nstart from 4\n", 2),
            ("start from 4\nstart from 4\nasked\nstart from 4\n", 2),
            ("start from 4\nasked\nstart from 4\nasked\nstart from 4\nasked\n", 0),
        ])
    func deaths(_ text: String, _ count: Int) {
        #expect(AttemptRecord(text: text, at: 4).deaths == count)
    }

    @Test(
        "what was before the last progress does not count, nor do lines of no start",
        arguments: [
            ("start from 0\ncrash\nstart from 0\ncrash\n", 0),
            ("start from 0\ncrash\nstart from 4\ncrash\n", 1),
            ("start from 4\nstart from 4\nstart from 0\ncrash\n", 0),
            ("crash\nasked\n", 0), ("start from 40\n", 0),
        ])
    func progress(_ text: String, _ count: Int) {
        #expect(AttemptRecord(text: text, at: 4).deaths == count)
    }

    @Test("a start is added to those from the same place")
    func starts() {
        var record = AttemptRecord(text: "start from 0\nstart from 4\ncrash\n", at: 4)
        record.addStart()
        #expect(record.text == "start from 4\ncrash\nstart from 4\n")
        var first = AttemptRecord(text: "start from 0\ncrash\n", at: 4)
        first.addStart()
        #expect(first.text == "start from 4\n")
    }
}

/// A job is not blamed for the end of its process where that was asked to end.
final class AttemptTests: XCTestCase {
    private static let jobs = ["segnet-binary-e4-fold1", "unet-binary-e4-fold1"]

    /// Both jobs, so large that a step takes longer than mpirun's patience with what it has asked to
    /// end: they come to no checkpoint and to no orderly end.
    private func arguments(_ folder: String) -> [String] {
        TinyStudy.arguments(
            output: folder, epochs: 40,
            [
                "--networks", "segnet,unet", "--tasks", "binary", "--folds", "1", "--threads", "1",
                "--image-size", "128", "--filters", "64",
            ])
    }

    private func attempts(_ job: String, in folder: String) -> String {
        "\(folder)/jobs/\(job)/attempts"
    }

    func testAProcessThatIsAskedToEndAndThenKilledLeavesWord() throws {
        let folder = Scratch.path("asked")
        let run = try Program.start(arguments(folder))
        var file: String?
        XCTAssertTrue(
            run.wait(atMost: 60) {
                file = Self.jobs.map { attempts($0, in: folder) }.first { run.hasOpen($0) }
                return file != nil
            }, run.text)
        let path = try XCTUnwrap(file)
        run.signal(SIGTERM)
        XCTAssertTrue(run.wait(atMost: 10) { Self.text(of: path) == "start from 0\nasked\n" })
        run.signal(SIGKILL)
        XCTAssertEqual(run.end(within: 60).code, 128 + SIGKILL)
        XCTAssertEqual(Self.text(of: path), "start from 0\nasked\n")
    }

    func testTheDeathOfARankIsNoFaultOfTheOthersJob() throws {
        let folder = Scratch.path("killed")
        let run = try Program.start(arguments(folder), ranks: 2)
        var jobs: [String?] = [nil, nil]
        XCTAssertTrue(
            run.wait(atMost: 60) {
                jobs = (0...1).map { job(ofRank: $0, in: folder) }
                return !jobs.contains(nil)
            }, run.text)
        let (other, victim) = (try XCTUnwrap(jobs[0]), try XCTUnwrap(jobs[1]))
        kill(try XCTUnwrap(process(ofRank: 1, in: folder)), SIGKILL)
        XCTAssertEqual(run.end(within: 60).code, 128 + SIGKILL)
        XCTAssertEqual(Self.text(of: attempts(victim, in: folder)), "start from 0\n")
        // It may have come to an orderly end after all; then there is no file.
        let text = Self.text(of: attempts(other, in: folder)) ?? "start from 0\nasked\n"
        XCTAssertTrue(text.hasPrefix("start from 0\nasked\n"), text)
    }

    /// The job whose file of attempts a rank has open.
    private func job(ofRank rank: Int, in folder: String) -> String? {
        guard let process = process(ofRank: rank, in: folder) else { return nil }
        let numbers = "/proc/\(process)/fd"
        let open = (try? FileManager.default.contentsOfDirectory(atPath: numbers)) ?? []
        let paths = open.compactMap {
            try? FileManager.default.destinationOfSymbolicLink(atPath: "\(numbers)/\($0)")
        }
        return Self.jobs.first { job in paths.contains { $0.hasSuffix("/\(job)/attempts") } }
    }

    /// The process of a rank, as its log says.
    private func process(ofRank rank: Int, in folder: String) -> pid_t? {
        let log = Self.text(of: "\(folder)/logs/rank-\(rank).log") ?? ""
        return log.firstMatch(of: /, process (\d+),/).flatMap { pid_t($0.output.1) }
    }

    private static func text(of path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }
}
