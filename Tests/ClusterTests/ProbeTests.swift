import Foundation
import XCTest

/// The cluster layer as whole processes under mpirun, at 1, 2, 3 and 5 ranks and without mpirun.
final class ProbeTests: XCTestCase {
    private let rankCounts: [Int?] = [nil, 1, 2, 3, 5]

    private func check(
        _ scenario: [String], _ verify: (ProbeRun, _ code: Int32, _ ranks: Int) throws -> Void
    ) throws {
        for ranks in rankCounts {
            let run = try ProbeRun(scenario, ranks: ranks)
            try verify(run, run.end(), ranks ?? 1)
        }
    }

    func testTheRanksMeet() throws {
        try check(["world"]) { run, code, ranks in
            XCTAssertEqual(code, 0, run.errorText)
            let start = "size \(ranks) hosts \(ranks) here \(ranks) bound "
            XCTAssert(run.text.hasPrefix(start), run.text)
            XCTAssert(run.text.contains("notices 0 library Open MPI"), run.text)
        }
    }

    func testEachJobRunsOnceOnSomeRank() throws {
        // Each rank's first job waits until all ranks have one, however late one of them comes.
        try check(["queue", "15", "20", "0", "1"]) { run, code, ranks in
            XCTAssertEqual(code, 0, run.errorText)
            for word in ["started", "progress", "finished"] {
                XCTAssertEqual(run.lines.count { $0.hasPrefix("\(word) ") }, 15, word)
            }
            XCTAssertEqual(run.lines.last, "summary 15 0 0 false counts 15 most 1")
            let busy = Set(
                run.lines.filter { $0.hasPrefix("finished") }.map { $0.split(separator: " ")[2] })
            XCTAssertEqual(busy.count, ranks, "every rank works, rank 0 too")
        }
    }

    func testMoreRanksThanJobsAndNoJobs() throws {
        for jobs in [0, 1, 2] {
            try check(["queue", "\(jobs)", "5", "0"]) { run, code, _ in
                XCTAssertEqual(code, 0, run.errorText)
                XCTAssertEqual(
                    run.lines.last, "summary \(jobs) 0 0 false counts \(jobs) most \(min(1, jobs))")
            }
        }
    }

    func testAFailedJobLeavesTheOthersAlone() throws {
        try check(["queue", "11", "5", "1"]) { run, code, _ in
            XCTAssertEqual(code, 3, run.errorText)
            XCTAssert(run.lines.contains("failed job10 job10: it is broken."), run.text)
            XCTAssertEqual(run.lines.last, "summary 9 2 0 false counts 9 most 1")
        }
    }

    func testQueuesInARowDoNotMix() throws {
        try check(["two-queues", "40"]) { run, code, _ in XCTAssertEqual(code, 0, run.errorText) }
    }

    func testBitPatternsAndSumsAreExact() throws {
        try check(["bits"]) { run, code, ranks in
            XCTAssertEqual(code, 0, run.errorText)
            let sums = [ranks * (ranks - 1) / 2, ranks, ranks << 60 + ranks * (ranks - 1) / 2]
            XCTAssertEqual(run.lines, ["exact true sums \(sums)"])
        }
    }

    func testABroadcastOfAnySizeArrives() throws {
        try check(["broadcast", "40000001"]) { run, code, ranks in
            XCTAssertEqual(code, 0, run.errorText)
            XCTAssert(run.text.hasPrefix("good on \(ranks) "), run.text)
        }
        for bytes in ["0", "1"] {
            let run = try ProbeRun(["broadcast", bytes], ranks: 3)
            XCTAssertEqual(run.end(), 0, run.errorText)
            XCTAssert(run.text.hasPrefix("good on 3 "), run.text)
        }
    }

    func testBrokenInputEndsAllRanksWithItsCode() throws {
        try check(["broken-input"]) { run, code, _ in
            XCTAssertEqual(code, 65, run.errorText)
            // In order, that is, and not after the limit for ranks that do not come to the end.
            XCTAssertFalse(run.errorText.contains("have not come"), run.errorText)
            let told = run.errorText.components(
                separatedBy: "im.nii.gz: it is empty. Fetch it again.")
            XCTAssertEqual(told.count, 2, "one rank says it: \(run.errorText)")
        }
    }

    func testWaitingTakesNoProcessorTime() throws {
        try check(["idle", "1000"]) { run, code, ranks in
            XCTAssertEqual(code, 0, run.errorText)
            let shares = run.text.split(whereSeparator: \.isWhitespace).dropFirst().compactMap {
                Int($0)
            }
            XCTAssertEqual(shares.count, ranks)
            XCTAssertLessThan(shares.max() ?? .max, 150, "thousandths of the time: \(shares)")
        }
    }

    func testARequestToStopReachesAllJobs() throws {
        try check(["stop", "0", "20"]) { run, code, _ in
            XCTAssertEqual(code, 75, run.errorText)
            XCTAssertEqual(run.lines.last, "summary 0 0 20 true")
        }
        let run = try ProbeRun(["stop", "2", "20"], ranks: 3)
        XCTAssertEqual(run.end(), 75, run.errorText)
        XCTAssertEqual(run.lines.last, "summary 0 0 20 true")
    }

    func testARequestToStopIsHeardBeforeTheLastJobEnds() throws {
        for ranks in [nil, 2] as [Int?] {
            let run = try ProbeRun(["stop", "0", "\(ranks ?? 1)"], ranks: ranks)
            XCTAssertEqual(run.end(), 75, run.errorText)
            XCTAssertEqual(run.lines.last, "summary 0 0 \(ranks ?? 1) true")
        }
    }

    func testRanksThatDifferAreNamed() throws {
        let run = try ProbeRun(["disagree"], ranks: 5)
        XCTAssertEqual(run.end(), 78)
        XCTAssert(run.errorText.contains("the build of lungfold: rank 0 on "), run.errorText)
        XCTAssert(run.errorText.contains("and rank 2 on "), run.errorText)
        let uneven = try ProbeRun(["uneven"], ranks: 3)
        XCTAssertEqual(uneven.end(), 70)
        XCTAssert(uneven.errorText.contains("arrays of unlike lengths"), uneven.errorText)
    }

    func testAResultWithoutOwnerIsNamed() throws {
        let good = try ProbeRun(["owners", "0"], ranks: 2)
        XCTAssertEqual(good.end(), 0, good.errorText)
        let bad = try ProbeRun(["owners", "1"], ranks: 2)
        XCTAssertEqual(bad.end(), 70)
        XCTAssert(bad.errorText.contains("b is held by 0"), bad.errorText)
    }

    func testTheProcessesOfAnotherLauncherAreRefused() throws {
        for (name, code) in [("PMI_SIZE", Int32(64)), ("SLURM_STEP_NUM_TASKS", 64)] {
            let run = try ProbeRun(["world"], ranks: nil, environment: [name: "4"])
            XCTAssertEqual(run.end(), code)
            XCTAssert(run.errorText.contains("lungfold: \(name)=4: "), run.errorText)
            XCTAssertEqual(run.text, "")
        }
    }
}
