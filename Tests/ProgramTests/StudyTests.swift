import Foundation
import XCTest

/// `lungfold study` as users start it.
final class StudyTests: XCTestCase {
    func testSummaryIsTheSameForAnyRanksAndThreads() throws {
        let expected = try bytes("\(TinyStudy.finished)/report/summary.json")
        for (ranks, threads) in [(nil, 2), (1, 1), (2, 1), (3, 2)] as [(Int?, Int)] {
            let folder = Scratch.path("study")
            let outcome = try Program.run(
                TinyStudy.arguments(output: folder, ["--threads", "\(threads)"]), ranks: ranks)
            XCTAssertEqual(outcome.code, 0, outcome.errors)
            XCTAssertEqual(
                try bytes("\(folder)/report/summary.json"), expected,
                "\(ranks ?? 0) ranks, \(threads) threads")
            let job = "jobs/unet-multiclass-e4-fold2/weights.safetensors"
            XCTAssertEqual(
                try bytes("\(folder)/\(job)"), try bytes("\(TinyStudy.finished)/\(job)"))
        }
    }

    func testMoreRanksThanJobs() throws {
        let folder = Scratch.path("study")
        let outcome = try Program.run(
            TinyStudy.arguments(
                output: folder,
                ["--threads", "1", "--networks", "segnet", "--tasks", "binary"]), ranks: 5)
        XCTAssertEqual(outcome.code, 0, outcome.errors)
        XCTAssertEqual(try jobs(in: folder), ["segnet-binary-e4-fold1", "segnet-binary-e4-fold2"])
    }

    func testFolderHoldsWhatTheReadmeSays() throws {
        let folder = TinyStudy.finished
        for name in [
            "study.json", "splits_final.json", "run.json", "report/index.html", "events.jsonl",
            "logs/rank-0.log",
        ] {
            XCTAssertFalse(try bytes("\(folder)/\(name)").isEmpty, name)
        }
        XCTAssertEqual(try jobs(in: folder).count, 8)
        for job in try jobs(in: folder) {
            let names = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/jobs/\(job)")
            // Of each network and task the report shows what one job's classes look for.
            let dream = job.hasSuffix("fold1") ? ["dream.json"] : []
            XCTAssertEqual(
                names.sorted(),
                dream + [
                    "events.out.tfevents.0000000000.images-per-second",
                    "events.out.tfevents.0000000000.lungfold", "history.csv", "manifest.json",
                    "predictions.nii.gz", "result.json", "summary.json", "test-slices.nii.gz",
                    "weights-best.safetensors", "weights.safetensors",
                ], job)
        }
        let tables = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/report/tables")
        XCTAssertTrue(tables.contains { $0.hasSuffix(".csv") })
        XCTAssertTrue(tables.contains { $0.hasSuffix(".md") })
        let record = try object(String(decoding: bytes("\(folder)/run.json"), as: UTF8.self))
        XCTAssertEqual(record["state"] as? String, "finished")
        XCTAssertEqual((record["jobs"] as? [String: Any])?.count, 8)
        let leftovers = try FileManager.default.subpathsOfDirectory(atPath: folder)
            .filter { $0.hasSuffix(".tmp") }
        XCTAssertEqual(leftovers, [])
    }

    func testRank0AloneSpeaksAndOfEveryJob() throws {
        let folder = Scratch.path("study")
        let outcome = try Program.run(
            TinyStudy.arguments(output: folder, ["--threads", "1"]), ranks: 3)
        for job in try jobs(in: folder) {
            let lines = outcome.output.split(separator: "\n")
            XCTAssertEqual(lines.count { $0.hasPrefix("\(job) starts on rank ") }, 1, job)
            let ends = lines.filter { $0.hasPrefix("\(job) done in ") }
            XCTAssertEqual(ends.count, 1, job)
            XCTAssertTrue(ends.allSatisfy { $0.contains("loss") && $0.contains("accuracy") })
        }
        XCTAssertTrue(outcome.output.contains("Report: \(folder)/report/index.html"))
    }

    // MARK: Going on

    func testResumesOneJobAndKeepsTheOthers() throws {
        let folder = try TinyStudy.copy()
        let job = "\(folder)/jobs/unet-binary-e4-fold1"
        try FileManager.default.removeItem(atPath: job)
        let kept = try modified("\(folder)/jobs/segnet-binary-e4-fold1/result.json")
        let outcome = try Program.run(TinyStudy.arguments(output: folder), ranks: 2)
        XCTAssertEqual(outcome.code, 0, outcome.errors)
        XCTAssertTrue(outcome.output.contains("unet-binary-e4-fold1 done"))
        XCTAssertFalse(outcome.output.contains("segnet-binary-e4-fold1 starts"))
        XCTAssertEqual(try modified("\(folder)/jobs/segnet-binary-e4-fold1/result.json"), kept)
        for name in ["report/summary.json", "jobs/unet-binary-e4-fold1/result.json"] {
            XCTAssertEqual(
                try bytes("\(folder)/\(name)"), try bytes("\(TinyStudy.finished)/\(name)"))
        }
    }

    func testFinishedStudyOnlyWritesItsReport() throws {
        let folder = try TinyStudy.copy()
        try FileManager.default.removeItem(atPath: "\(folder)/report")
        let outcome = try Program.run(TinyStudy.arguments(output: folder))
        XCTAssertEqual(outcome.code, 0, outcome.errors)
        XCTAssertFalse(outcome.output.contains("starts on rank"))
        XCTAssertEqual(
            try bytes("\(folder)/report/summary.json"),
            try bytes("\(TinyStudy.finished)/report/summary.json"))
    }

    func testReportNeedsNoDataAndGivesTheSameBytes() throws {
        let folder = try TinyStudy.copy()
        try FileManager.default.removeItem(atPath: "\(folder)/report")
        let outcome = try Program.run(["report", folder])
        XCTAssertEqual(outcome.code, 0, outcome.errors)
        for name in ["summary.json", "index.html"] {
            XCTAssertEqual(
                try bytes("\(folder)/report/\(name)"),
                try bytes("\(TinyStudy.finished)/report/\(name)"))
        }
        XCTAssertTrue(outcome.output.contains("| SegNet"))
    }

    func testStopsOnSignalAndGoesOn() throws {
        for ranks in [nil, 2] as [Int?] {
            let folder = Scratch.path("study")
            // So many epochs that it cannot be over before the signal comes.
            let arguments = TinyStudy.arguments(
                output: folder, epochs: 100_000,
                ["--networks", "segnet", "--tasks", "binary", "--threads", "1"])
            let run = try Program.start(arguments, ranks: ranks)
            XCTAssertTrue(run.wait(atMost: 30) { run.text.contains("starts on rank") })
            run.signal(SIGUSR1)
            let outcome = run.end(within: 30)
            XCTAssertEqual(outcome.code, 75, outcome.errors)
            XCTAssertEqual(outcome.messages.count { $0.contains("was stopped") }, 1)
            let record = try object(String(decoding: bytes("\(folder)/run.json"), as: UTF8.self))
            XCTAssertEqual(record["state"] as? String, "interrupted")
        }
    }

    // MARK: Failing

    func testJobThatDivergesFailsAloneAndIsReported() throws {
        let file = Scratch.path("experiments.yaml")
        let text = """
            segnet:
              - {number: 1, learning-rate: 0.001, mini-batch: 4}
            unet:
              - {number: 1, learning-rate: 1e30, mini-batch: 2}
            """
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        let folder = Scratch.path("study")
        let arguments =
            [
                "study", "--images", TinyStudy.images, "--labels", TinyStudy.labels, "--output",
                folder, "--experiments-file", file, "--folds", "1,2", "--tasks", "binary",
                "--epochs", "3",
            ] + TinyStudy.size
        let outcome = try Program.run(arguments, ranks: 2)
        XCTAssertEqual(outcome.code, 3, outcome.errors)
        for fold in ["fold1", "fold2"] {
            let failure = "\(folder)/jobs/unet-binary-e1-\(fold)/failure.json"
            let reason = try object(String(decoding: bytes(failure), as: UTF8.self))["reason"]
            XCTAssertTrue((reason as? String)?.contains("epoch") == true, "\(reason ?? "none")")
            XCTAssertNoThrow(try bytes("\(folder)/jobs/segnet-binary-e1-\(fold)/result.json"))
        }
        let page = String(decoding: try bytes("\(folder)/report/index.html"), as: UTF8.self)
        XCTAssertTrue(page.contains("unet-binary-e1-fold1"), "the report names what failed")
        let record = try object(String(decoding: bytes("\(folder)/run.json"), as: UTF8.self))
        XCTAssertEqual(record["state"] as? String, "jobsFailed")
    }

    // MARK: Protocols

    func testPaperProtocolRunsHoldoutAndThenFoldsOfTheBest() throws {
        let folder = Scratch.path("study")
        let arguments =
            [
                "study", "--images", TinyStudy.images, "--labels", TinyStudy.labels, "--output",
                folder, "--protocol", "paper", "--networks", "segnet", "--tasks", "binary",
                "--experiments", "1,4", "--epochs", "2", "--select-on", "test",
            ] + TinyStudy.size
        let outcome = try Program.run(arguments, ranks: 2)
        XCTAssertEqual(outcome.code, 0, outcome.errors)
        let jobs = try jobs(in: folder)
        XCTAssertEqual(jobs.count { $0.hasSuffix("holdout") }, 2)
        XCTAssertEqual(jobs.count { $0.contains("-fold") }, 5)
        XCTAssertEqual(
            Set(jobs.filter { $0.contains("-fold") }.map { $0.prefix(16) }).count, 1,
            "the folds are those of one experiment")
    }

    func testSplitsInTheFolderAreTaken() throws {
        let folder = Scratch.path("study")
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        let text = """
            [{"name": "fold1", "train": ["slice_001", "slice_002", "slice_003", "slice_004"],
              "val": ["slice_005"], "test": ["slice_010", "slice_006"]}]
            """
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/splits_final.json"))
        let outcome = try Program.run(
            [
                "study", "--images", TinyStudy.images, "--labels", TinyStudy.labels, "--output",
                folder, "--folds", "1", "--experiments", "4", "--epochs", "1", "--networks",
                "segnet", "--tasks", "binary",
            ] + TinyStudy.size)
        XCTAssertEqual(outcome.code, 0, outcome.errors)
        let path = "\(folder)/jobs/segnet-binary-e4-fold1/result.json"
        let split = try object(String(decoding: bytes(path), as: UTF8.self))["split"]
        XCTAssertEqual((split as? [String: Any])?["test"] as? [Int], [10, 6])
    }

    func testDryRunPrintsAndWritesNothing() throws {
        let folder = Scratch.path("study")
        let outcome = try Program.run(
            TinyStudy.arguments(output: folder, ["--dry-run"]), ranks: 2)
        XCTAssertEqual(outcome.code, 0, outcome.errors)
        for word in ["segnet-binary-e4-fold1", "parameters", "FLOPs", "memory", "8 jobs on 2 rank"]
        {
            XCTAssertTrue(outcome.output.contains(word), word)
        }
        XCTAssertFalse(FileManager.default.fileExists(atPath: folder))
    }

    // MARK: Help

    private func jobs(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "\(folder)/jobs").sorted()
    }

    private func modified(_ path: String) throws -> Date? {
        try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
    }
}
