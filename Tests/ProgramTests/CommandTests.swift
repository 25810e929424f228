import Foundation
import XCTest

/// The forms of the commands that other programs rely on.
final class CommandTests: XCTestCase {
    private static let commands = [
        "study", "status", "train", "evaluate", "predict", "dream", "inspect", "phantom", "report",
        "bench", "doctor",
    ]

    func testEveryCommandHasHelpWithAnExample() throws {
        for command in Self.commands {
            let outcome = try Program.run([command, "--help"])
            XCTAssertEqual(outcome.code, 0, command)
            XCTAssertTrue(outcome.output.contains("lungfold \(command) "), command)
            XCTAssertTrue(outcome.output.contains("OVERVIEW"), command)
        }
        XCTAssertEqual(try Program.run(["--help"], ranks: 3).code, 0)
    }

    func testHelpIsPrintedOnceUnderMPI() throws {
        let outcome = try Program.run(["study", "--help"], ranks: 3)
        XCTAssertEqual(outcome.output.components(separatedBy: "OVERVIEW").count, 2)
    }

    // MARK: Evaluate and predict

    func testEvaluatePrintsTheContractsJSON() throws {
        let outcome = try Program.run([
            "evaluate", "--weights", TinyStudy.weights("segnet-binary-e4-fold1"), "--images",
            TinyStudy.images, "--labels", TinyStudy.labels, "--slices", "7,2,3", "--json", "-",
        ])
        XCTAssertEqual(outcome.code, 0, outcome.errors)
        let json = try object(outcome.output)
        let matrix = try XCTUnwrap(json["confusionMatrix"] as? [[Int]])
        XCTAssertEqual(matrix.count, 2)
        XCTAssertEqual(matrix.joined().reduce(0, +), 3 * 32 * 32)
        XCTAssertEqual((json["accuracyPerSlice"] as? [Double])?.count, 3)
        XCTAssertEqual((json["classes"] as? [String])?.count, 2)
    }

    func testEvaluateAgreesWithTheJobsOwnResult() throws {
        for job in ["segnet-multiclass-e4-fold2", "unet-binary-e4-fold1"] {
            let path = "\(TinyStudy.finished)/jobs/\(job)/result.json"
            let result = try object(String(decoding: bytes(path), as: UTF8.self))
            let split = try XCTUnwrap(result["split"] as? [String: Any])
            let slices = try XCTUnwrap(split["test"] as? [Int])
            let stored = try XCTUnwrap(result["testConfusion"] as? [[String: Any]])
                .compactMap { $0["counts"] as? [Int] }
            let sum = stored.dropFirst().reduce(stored[0]) { zip($0, $1).map(+) }
            let outcome = try Program.run([
                "evaluate", "--weights", TinyStudy.weights(job), "--images", TinyStudy.images,
                "--labels", TinyStudy.labels, "--slices",
                slices.map(String.init).joined(separator: ","), "--json", "-", "--threads", "1",
            ])
            let matrix = try object(outcome.output)["confusionMatrix"] as? [[Int]]
            XCTAssertEqual(matrix.map { Array($0.joined()) }, sum, job)
        }
    }

    /// The authors' trained SegNet gives the confusion matrix of the paper's Table 4.
    func testAuthorsWeightsGiveTheirConfusionMatrix() throws {
        let shared = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("../shared").standardized.path
        let weights = "\(shared)/reference/segnet-binary.safetensors"
        guard FileManager.default.fileExists(atPath: weights) else {
            throw XCTSkip("the authors' weights are not here (../shared/reference)")
        }
        for convolution in ["winograd", "direct"] {
            let outcome = try Program.run([
                "evaluate", "--weights", weights, "--images",
                "\(shared)/data/covid-ct-100/tr_im_256.nii.gz", "--labels",
                "\(shared)/data/covid-ct-100/tr_mask_256.nii.gz", "--slices",
                "71,23,65,2,4,18,85,75,24,95,39,13,9,66,20,57,10,12", "--json", "-",
                "--convolution", convolution,
            ])
            let matrix = try XCTUnwrap(
                object(outcome.output)["confusionMatrix"] as? [[Int]], outcome.errors)
            for (found, expected) in zip(matrix.joined(), [1_045_094, 50153, 3700, 80701]) {
                XCTAssertLessThanOrEqual(abs(found - expected), 5, convolution)
            }
        }
    }

    func testPredictKeepsTheGeometryAndAgreesWithEvaluate() throws {
        let output = Scratch.path("labels.nii")
        let weights = TinyStudy.weights("segnet-binary-e4-fold1")
        let predict = try Program.run([
            "predict", "--weights", weights, "--images", TinyStudy.images, "--output", output,
        ])
        XCTAssertEqual(predict.code, 0, predict.errors)
        let file = try bytes(output)
        XCTAssertEqual(file.count, 352 + 10 * 32 * 32)
        XCTAssertTrue(file.dropFirst(352).allSatisfy { $0 <= 1 })
        let evaluate = try Program.run([
            "evaluate", "--weights", weights, "--images", TinyStudy.images, "--labels",
            TinyStudy.labels, "--json", "-",
        ])
        let matrix = try XCTUnwrap(object(evaluate.output)["confusionMatrix"] as? [[Int]])
        XCTAssertEqual(file.dropFirst(352).count { $0 == 1 }, matrix[0][1] + matrix[1][1])
    }

    // MARK: Train

    private func train(_ folder: String, _ more: [String] = []) throws -> Outcome {
        try Program.run(
            [
                "train", "--network", "unet", "--task", "multiclass", "--experiment", "4",
                "--split", "fold2", "--images", TinyStudy.images, "--labels", TinyStudy.labels,
                "--output", folder, "--epochs", "2",
            ] + TinyStudy.size + more)
    }

    func testTrainGivesTheStudysResult() throws {
        let folder = Scratch.path("job")
        let outcome = try train(folder)
        XCTAssertEqual(outcome.code, 0, outcome.errors)
        XCTAssertTrue(outcome.output.contains("epoch 2/2"))
        for name in [
            "result.json", "history.csv", "weights.safetensors", "weights-best.safetensors",
        ] {
            XCTAssertEqual(
                try bytes("\(folder)/\(name)"),
                try bytes("\(TinyStudy.finished)/jobs/unet-multiclass-e4-fold2/\(name)"))
        }
    }

    func testTrainTellsToolsAllAndOthersNothing() throws {
        let told = try train(Scratch.path("job"), ["--progress", "json"])
        XCTAssertEqual(told.code, 0, told.errors)
        let events = try told.output.split(separator: "\n").map { try object(String($0)) }
            .filter { $0["event"] as? String != "note" }
        XCTAssertEqual(
            events.compactMap { $0["event"] as? String },
            ["jobStarted", "epochFinished", "epochFinished", "jobFinished"])
        XCTAssertTrue(events.allSatisfy { $0["job"] as? String == "unet-multiclass-e4-fold2" })
        XCTAssertEqual(events.compactMap { $0["epoch"] as? Int }, [1, 2, 2])
        XCTAssertNotNil(events.last?["testAccuracy"] as? Double)
        let folder = Scratch.path("job")
        let silent = try train(folder, ["--progress", "none"])
        XCTAssertEqual(silent.code, 0, silent.errors)
        XCTAssertEqual(silent.output, "Job: \(folder)\n")
        XCTAssertEqual(silent.messages, [])
    }

    // MARK: Inspect, phantom, bench, doctor

    func testInspectTakesAnyOfTheThree() throws {
        for arguments in [
            ["--images", TinyStudy.images], ["--labels", TinyStudy.labels],
            [
                "--images", TinyStudy.images, "--labels", TinyStudy.labels, "--lungs",
                TinyStudy.lungs,
            ],
        ] {
            let text = try Program.run(["inspect"] + arguments)
            XCTAssertEqual(text.code, 0, text.errors)
            let json = try Program.run(["inspect"] + arguments + ["--json", "-"])
            XCTAssertFalse(try object(json.output).isEmpty)
        }
        XCTAssertEqual(try Program.run(["inspect"]).code, 64)
    }

    func testPhantomIsTheSameForASeed() throws {
        let folders = ["a", "b", "c"].map { Scratch.path($0) }
        for (folder, seed) in zip(folders, ["7", "7", "8"]) {
            let outcome = try Program.run([
                "phantom", "--output", folder, "--slices", "3", "--size", "32", "--seed", seed,
            ])
            XCTAssertEqual(outcome.code, 0, outcome.errors)
        }
        for name in ["tr_im.nii.gz", "tr_mask.nii.gz", "lung_mask.nii.gz"] {
            XCTAssertEqual(try bytes("\(folders[0])/\(name)"), try bytes("\(folders[1])/\(name)"))
        }
        XCTAssertNotEqual(
            try bytes("\(folders[0])/tr_im.nii.gz"), try bytes("\(folders[2])/tr_im.nii.gz"))
    }

    func testBenchPrintsTheContractsJSON() throws {
        for more in [[], ["--inference"], ["--convolution", "direct"]] {
            let outcome = try Program.run(
                [
                    "bench", "--network", "unet", "--batch", "2", "--image-size", "32", "--filters",
                    "4", "--depth", "2", "--threads", "2", "--steps", "3", "--json", "-",
                ] + more)
            XCTAssertEqual(outcome.code, 0, outcome.errors)
            let json = try object(outcome.output)
            XCTAssertGreaterThan(try XCTUnwrap(json["imagesPerSecond"] as? Double), 0)
            XCTAssertGreaterThan(try XCTUnwrap(json["peakMemoryBytes"] as? Int), 1 << 20)
        }
    }

    func testDoctorWarnsOfBindingAndCoreType() throws {
        let outcome = try Program.run(["doctor"], environment: ["OPENBLAS_CORETYPE": "Haswell"])
        XCTAssertEqual(outcome.code, 0, outcome.errors)
        for word in ["CPU", "instruction set", "OpenBLAS", "MPI", "threads", "memory", "disk"] {
            XCTAssertTrue(outcome.output.contains(word), word)
        }
        XCTAssertTrue(outcome.output.contains("OPENBLAS_CORETYPE=Haswell"))
        XCTAssertTrue(try Program.run(["doctor"], ranks: 2).output.contains("2 rank(s)"))
    }
}
