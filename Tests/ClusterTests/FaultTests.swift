import Foundation
import XCTest

/// Ranks that fail, die, stop or stall, with limits a fraction of the real ones: the run ends by
/// itself, says who and why, and never with exit code 0.
final class FaultTests: XCTestCase {
    func testAnErrorOfOneRankEndsAll() throws {
        let run = try ProbeRun(["local-error", "1"], ranks: 3)
        XCTAssertEqual(run.end(), 74)
        XCTAssertLessThan(run.seconds, 25, "the others would sleep for 30 s")
        XCTAssert(run.errorText.contains("lungfold: rank 1 on "), run.errorText)
        XCTAssert(run.errorText.contains("a disk: it is full."), run.errorText)
    }

    func testTheEndDoesNotWaitForEver() throws {
        let run = try ProbeRun(["late"], ranks: 2)
        XCTAssertEqual(run.end(), 70)
        XCTAssertLessThan(run.seconds, 25, "the other one would sleep for 30 s")
        XCTAssert(run.errorText.contains("other ranks have not come to it"), run.errorText)
    }

    func testAKilledRankEndsAll() throws {
        for rank in [0, 1] {
            let run = try ProbeRun(["sleep"], ranks: 2)
            try run.signal(SIGKILL, rank: rank)
            XCTAssertEqual(run.end(), 137, run.errorText)
        }
    }

    func testASilentRankIsNamedAndEndsTheRun() throws {
        let run = try ProbeRun(["silent", "5", "2"], ranks: 3)
        try run.signal(SIGSTOP, rank: 2)
        XCTAssertEqual(run.end(), 70, run.errorText)
        let text = run.errorText
        XCTAssert(
            text.contains(/lungfold: rank 2 on \S+, job job\d: no sign of life for \d+ s/), text)
        XCTAssertFalse(text.contains("rank 1 on"), text)
    }

    func testARankThatIsStoppedAsTheQueueEndsIsNamedToo() throws {
        let run = try ProbeRun(["leaving"], ranks: 2)
        XCTAssertEqual(run.end(), 70, run.errorText)
        XCTAssert(
            run.errorText.contains(/lungfold: rank 1 on \S+: no sign of life for \d+ s/),
            run.errorText)
    }

    func testARankThatComesBackIsForgiven() throws {
        // With so much grace that a test that is slow to react finds the run going on.
        let run = try ProbeRun(["silent", "2", "30"], ranks: 2)
        try run.signal(SIGSTOP, rank: 1)
        let isNamed = run.wait(atMost: 20) {
            run.errorText.contains(/rank 1 on \S+, job job\d: no sign of life for \d+ s/)
        }
        XCTAssert(isNamed, run.errorText)
        try run.signal(SIGCONT, rank: 1)
        let isBack = run.wait(atMost: 20) {
            run.errorText.contains(/rank 1 on \S+, job job\d: is back/)
        }
        XCTAssert(isBack, run.errorText)
        try run.signal(SIGKILL, rank: 1)
        XCTAssertEqual(run.end(), 137, run.errorText)
    }

    func testAStalledJobIsNamedAndEndsTheRun() throws {
        let run = try ProbeRun(["stalled"], ranks: 2)
        XCTAssertEqual(run.end(), 70, run.errorText)
        XCTAssert(run.errorText.contains("no training step for"), run.errorText)
        XCTAssertFalse(run.errorText.contains("rank 0 on"), run.errorText)
    }

    func testRanksThatLostRank0SaveAndLeave() throws {
        let run = try ProbeRun(["lost"], ranks: 3)
        // Rank 0 hands out the jobs; the others must have theirs before it stands still.
        for rank in 1...2 { _ = try run.processID(of: rank) }
        try run.signal(SIGSTOP, rank: 0)
        XCTAssertEqual(run.end(), 75, run.errorText)
        XCTAssert(run.errorText.contains("nothing heard from rank 0 for"), run.errorText)
        // mpirun may end one of them as the other leaves.
        XCTAssert(run.isMarked("rank-1-saved") || run.isMarked("rank-2-saved"), run.errorText)
    }
}
