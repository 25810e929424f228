import Foundation
import LungfoldCluster
import Testing
import XCTest

@Suite("the roll call before a collective call") struct RollCallTests {
    private let hosts = ["a", "b", "c"]

    private func roll(rank: Int, calls: Int) -> RollCall {
        var roll = RollCall(rank: rank, size: 3)
        for _ in 0..<calls { roll.advance() }
        return roll
    }

    @Test("rank 0 names those who have not come, and their hosts")
    func names() {
        var roll = roll(rank: 0, calls: 2)
        roll.hear(1, from: 1)
        roll.hear(2, from: 2)
        #expect(
            roll.problem(after: 7, hosts: hosts)
                == "other ranks have not come to it for 7 s: rank 1 on b")
        #expect(roll.problem(after: 7, hosts: []).hasSuffix(": rank 1"))
    }

    @Test("a rank that is ahead has come; so it is if all have")
    func ahead() {
        var roll = roll(rank: 0, calls: 2)
        for rank in 1...2 { roll.hear(5, from: rank) }
        #expect(
            roll.problem(after: 7, hosts: hosts)
                == "it has not ended for 7 s, though all ranks have come to it")
    }

    @Test("the others point to rank 0, which knows")
    func others() {
        let problem = roll(rank: 2, calls: 1).problem(after: 7, hosts: hosts)
        #expect(problem.hasPrefix("other ranks have not come to it for 7 s, and rank 0 on a"))
    }
}

/// One test, since the mark is one for the process.
@Suite("the mark in a job's file") struct JobMarkTests {
    @Test("says how the process ends, of the running job alone, and nothing for one that stalls")
    func marks() throws {
        JobMark.prepare()
        let folder = FileManager.default.temporaryDirectory
        let (first, second) = (
            folder.appendingPathComponent("mark-\(UUID().uuidString)"),
            folder.appendingPathComponent("mark-\(UUID().uuidString)")
        )
        for file in [first, second] { try Data("start\n".utf8).write(to: file) }
        defer { for file in [first, second] { try? FileManager.default.removeItem(at: file) } }
        JobMark.noteCrash()
        JobMark.point(at: first.path)
        JobMark.noteRequest()
        JobMark.noteCrash()
        JobMark.point(at: second.path)
        JobMark.jobMoves(for: -10)
        JobMark.noteRequest()
        JobMark.jobMoves(for: 900)
        JobMark.noteRequest()
        JobMark.point(at: nil)
        JobMark.noteCrash()
        #expect(try String(contentsOf: first, encoding: .utf8) == "start\nasked\ncrash\n")
        #expect(try String(contentsOf: second, encoding: .utf8) == "start\nasked\n")
    }
}

/// Ends that hang are no ends.
final class EndTests: XCTestCase {
    func testTheRankThatIsMissingIsNamed() throws {
        let run = try ProbeRun(["late"], ranks: 3)
        XCTAssertEqual(run.end(), 70)
        XCTAssert(
            run.errorText.contains(/have not come to it for 1 s: rank 1 on \S+/), run.errorText)
    }

    func testARankThatStopsAtTheEndDoesNotKeepTheOthers() throws {
        for (code, ended) in [(0, 70), (3, 3)] as [(Int, Int32)] {
            let run = try ProbeRun(
                ["absent", "\(code)"], ranks: 2, environment: ["CLUSTER_PROBE_LIMITS": "0.03"])
            XCTAssertEqual(run.end(), ended, run.errorText)
            XCTAssert(run.errorText.contains("does not leave for 10 s"), run.errorText)
        }
    }

    func testAnAbortThatHangsEndsItsProcess() throws {
        let run = try ProbeRun(["stalled"], ranks: 2)
        let rank = try run.processID(of: 0)
        _ = try run.processID(of: 1)
        // MPI_Abort waits for mpirun, which will not answer.
        let launcher = try XCTUnwrap(Self.status(of: rank)?.parent)
        kill(launcher, SIGSTOP)
        defer { kill(launcher, SIGCONT) }
        // 5 s to the stall, 2 s of grace, 10 s for the abort.
        let hasEnded = run.wait(atMost: 45) { Self.status(of: rank)?.state ?? "Z" == "Z" }
        XCTAssert(hasEnded, run.errorText)
        kill(launcher, SIGCONT)
        XCTAssertNotEqual(run.end(), 0)
    }

    /// A process's state, `Z` for one that has ended, and its parent; nil where it is gone.
    private static func status(of process: pid_t) -> (state: String, parent: pid_t)? {
        let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
        // `PID (NAME) STATE PARENT ...`, and the name may have anything in it.
        let fields = text?.split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 1, let parent = pid_t(fields[1]) else { return nil }
        return (String(fields[0]), parent)
    }
}
