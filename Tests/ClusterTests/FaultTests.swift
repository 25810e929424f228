import Foundation
import XCTest

/// Ranks that fail, die, stop or stall, with limits a fraction of the real ones: the run ends by
/// itself, says who and why, and never with exit code 0.
final class FaultTests: XCTestCase {
    func testAnErrorOfOneRankEndsAll() throws {
        let run = try ProbeRun(["local-error", "1"], ranks: 3)
        XCTAssertEqual(run.end(), 74)
        XCTAssertLessThan(run.seconds, 10)
        XCTAssert(run.errorText.contains("lungfold: rank 1 on "), run.errorText)
        XCTAssert(run.errorText.contains("a disk: it is full."), run.errorText)
    }

    func testTheEndDoesNotWaitForEver() throws {
        let run = try ProbeRun(["late"], ranks: 2)
        XCTAssertEqual(run.end(), 70)
        XCTAssertLessThan(run.seconds, 10)
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
        let run = try ProbeRun(["silent"], ranks: 3)
        try run.signal(SIGSTOP, rank: 2)
        XCTAssertEqual(run.end(), 70, run.errorText)
        let name = try NSRegularExpression(
            pattern: "lungfold: rank 2 on \\S+, job job\\d: no sign of life for \\d s")
        let text = run.errorText
        XCTAssertNotNil(
            name.firstMatch(in: text, range: NSRange(text.startIndex..., in: text)), text)
        XCTAssertFalse(text.contains("rank 1 on"), text)
    }

    func testARankThatComesBackIsForgiven() throws {
        let run = try ProbeRun(["silent"], ranks: 2)
        try run.signal(SIGSTOP, rank: 1)
        usleep(2_500_000)
        try run.signal(SIGCONT, rank: 1)
        usleep(1_500_000)
        XCTAssert(run.errorText.contains("is back"), run.errorText)
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
        try run.signal(SIGSTOP, rank: 0)
        XCTAssertEqual(run.end(), 75, run.errorText)
        XCTAssert(run.errorText.contains("nothing heard from rank 0 for"), run.errorText)
        XCTAssert(run.text.contains("rank 1 saved") || run.text.contains("rank 2 saved"), run.text)
    }
}
