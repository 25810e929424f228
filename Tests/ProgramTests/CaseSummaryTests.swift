import Foundation
import LungfoldRun
import LungfoldStudy
import Testing

@Suite("nnU-Net's summary.json")
struct CaseSummaryTests {
    @Test("A class that is neither there nor predicted is null; means leave it out")
    func absentClass() throws {
        let split = Split(name: "fold1", training: [1], validation: [2], test: [3, 4])
        let job = Job(
            network: .unet, task: .multiclass,
            experiment: Experiment(number: 1, learningRate: 1e-3, miniBatch: 1), split: split,
            settings: TrainingSettings())
        let result = JobResult(
            job: job, classWeights: [1, 1, 1, 1], inputMean: 0,
            // Slice 3 has class 1 alone; slice 4 classes 1 and 2. Class 3 is in neither.
            testConfusion: [
                ConfusionMatrix(rows: [[8, 2, 0, 0], [1, 3, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]),
                ConfusionMatrix(rows: [[9, 0, 0, 0], [0, 1, 1, 0], [0, 0, 3, 0], [0, 0, 0, 0]]),
            ], validationConfusion: [], history: History())
        let bytes = try JSON.encode(CaseSummary(result))
        let summary = try #require(
            try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        let cases = try #require(summary["metric_per_case"] as? [[String: Any]])
        let first = try #require(cases[0]["metrics"] as? [String: [String: Any]])
        #expect(first["1"]?["Dice"] as? Double == 6.0 / 9)
        #expect(first["1"]?["IoU"] as? Double == 3.0 / 6)
        #expect(first["1"]?["FP"] as? Int == 2 && first["1"]?["n_ref"] as? Int == 4)
        for name in ["Dice", "IoU"] {
            for index in ["2", "3"] {
                #expect(first[index]?[name] is NSNull, "\(name) of \(index)")
            }
        }
        let mean = try #require(summary["mean"] as? [String: [String: Any]])
        // Slice 4: class 1 has Dice 2/3 as on slice 3, class 2 has 6/7.
        let (firstMean, secondMean) = (2.0 / 3, 6.0 / 7)
        #expect(mean["1"]?["Dice"] as? Double == firstMean)
        #expect(mean["2"]?["Dice"] as? Double == secondMean)
        #expect(mean["3"]?["Dice"] is NSNull && mean["3"]?["n_pred"] as? Int == 0)
        let foreground = try #require(summary["foreground_mean"] as? [String: Any])
        let meanDice = try #require(foreground["Dice"] as? Double)
        #expect(abs(meanDice - (firstMean + secondMean) / 2) < 1e-12)
        // All keys, always: what readers of the layout look up.
        let keys: Set = ["Dice", "FN", "FP", "IoU", "TN", "TP", "n_pred", "n_ref"]
        for metrics in cases.compactMap({ $0["metrics"] as? [String: [String: Any]] }) + [mean] {
            for values in metrics.values { #expect(Set(values.keys) == keys) }
        }
    }
}
