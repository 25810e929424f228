import Foundation
import LungfoldReport
import LungfoldStudy
import Testing

@Suite("summary.json")
struct SummaryTests {
    @Test("Its numbers are those computed by hand")
    func byHand() throws {
        var study = try Sample.tiny()
        study.splits[0].training = [1]
        study.splits[0].validation = [2]
        study.splits[0].test = [3, 4]
        let result = Sample.result(
            study.jobs()[0],
            test: [
                ConfusionMatrix(rows: [[6, 2], [1, 1]]), ConfusionMatrix(rows: [[9, 0], [0, 1]]),
            ],
            validation: [ConfusionMatrix(rows: [[4, 0], [0, 0]])])
        let summary = try parse(StudyOutcome(study: study, results: [result]))

        let experiment = try #require(summary.list("experiments").first)
        let accuracy = try #require(experiment["testAccuracy"] as? [String: Any])
        // 7/10 and 10/10: mean 0.85, variance 2 x 0.15 x 0.15.
        #expect(isNear(accuracy["mean"], 0.85))
        #expect(isNear(accuracy["variance"], 0.045))
        #expect(isNear(accuracy["deviation"], 0.045.squareRoot()))
        #expect(accuracy["n"] as? Int == 2)

        let best = try #require(summary.list("best").first)
        let pooled = try #require(best["test"] as? [String: Any])
        #expect(pooled["confusionMatrix"] as? [[Int]] == [[15, 2], [1, 2]])
        let infected = pooled.list("classes")[1]
        #expect(isNear(infected["sensitivity"], 2.0 / 3))
        #expect(isNear(infected["specificity"], 15.0 / 17))
        #expect(isNear(infected["dice"], 4.0 / 7))
        #expect(isNear(infected["f2"], 10.0 / 16))

        let job = try #require(summary.list("jobs").first)
        let validation = try #require(job["validation"] as? [String: Any])
        let absent = try #require(validation["pooled"] as? [String: Any]).list("classes")[1]
        #expect(absent["dice"] is NSNull && absent["sensitivity"] is NSNull)
        #expect(isNear(absent["specificity"], 1))
        // One slice has a mean and no deviation; a loss of 0/0 is null.
        let single = try #require(validation["accuracy"] as? [String: Any])
        #expect(isNear(single["mean"], 1) && single["deviation"] is NSNull)
        #expect(job["lastValidationLoss"] is NSNull)
        #expect(isNear(job["lastTrainingLoss"], 0.5))
    }

    @Test("Scores over folds are the mean of each fold's own; 0/0 is left out and counted")
    func folds() throws {
        let study = try Sample.tiny(.grid, slices: 10)
        let results = study.jobs().enumerated().map { index, job in
            // Dice 2/4, 4/6, 6/8, 0/0, 10/12.
            let found = [1, 2, 3, 0, 5][index]
            let noise = found == 0 ? 0 : 1
            let matrices = [ConfusionMatrix(rows: [[5, noise], [noise, found]])]
            return Sample.result(job, test: matrices, validation: matrices)
        }
        let summary = try parse(StudyOutcome(study: study, results: results))
        let folds = try #require(summary.list("folds").first)
        let infected = folds.list("classes")[1]
        let dice = try #require(infected["dice"] as? [String: Any])
        #expect((dice["perFold"] as? [Any])?.count == 5)
        let statistics = try #require(dice["statistics"] as? [String: Any])
        let mean: Double = (0.5 + 2.0 / 3 + 0.75 + 5.0 / 6) / 4
        #expect(isNear(statistics["mean"], mean))
        #expect(statistics["n"] as? Int == 4 && statistics["undefined"] as? Int == 1)
    }

    @Test("The order of the results does not matter, to any file")
    func order() throws {
        let outcome = try Sample.partialGrid()
        let files = try Report(outcome: outcome).files()
        var random = CounterRandom(seed: 3, stream: "order")
        for _ in 0..<3 {
            var shuffled = outcome
            shuffled.results.shuffle(using: &random)
            shuffled.failures.reverse()
            #expect(try Report(outcome: shuffled).files() == files)
        }
    }

    @Test("Failed, missing and foreign jobs are there with their reasons")
    func states() throws {
        let summary = try parse(try Sample.partialGrid())
        #expect(
            summary["jobCounts"] as? [String: Int]
                == ["expected": 16, "finished": 14, "failed": 1, "missing": 1])
        let failed = try #require(summary.list("jobs").first { $0["state"] as? String == "failed" })
        #expect(failed["reason"] as? String == "epoch 3: the loss is <nan> | \"not finite\"")
        #expect(summary["unexpectedJobs"] as? [String] == ["unet-binary-e9-fold1"])
    }

    private func parse(_ outcome: StudyOutcome) throws -> [String: Any] {
        let file = try #require(
            try Report(outcome: outcome).files().first { $0.path == "report/summary.json" })
        let json = try JSONSerialization.jsonObject(with: Data(file.bytes))
        return try #require(json as? [String: Any])
    }

    private func isNear(_ value: Any?, _ expected: Double) -> Bool {
        guard let number = value as? Double else { return false }
        return abs(number - expected) < 1e-15
    }
}

extension [String: Any] {
    fileprivate func list(_ key: String) -> [[String: Any]] { self[key] as? [[String: Any]] ?? [] }
}
