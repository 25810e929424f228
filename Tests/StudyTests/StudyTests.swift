import Foundation
import LungfoldStudy
import Testing

@Suite("The study and its jobs")
struct StudyTests {
    @Test("The grid is 9 experiments x 5 folds for each network and task, each job once")
    func grid() throws {
        let study = Study(splits: try Study.splits(for: .grid, sliceCount: 100, seed: 1))
        let jobs = study.jobs()
        #expect(jobs.count == 180)
        #expect(Set(jobs.map(\.key)).count == 180)
        #expect(jobs[0].key == "segnet-binary-e1-fold1")
        #expect(jobs[179].key == "unet-multiclass-e9-fold5")
        #expect(study.secondStage(results: []).isEmpty)
        try study.check(sliceCount: 100)
    }

    @Test("Subsets, in whatever order they are given, are the same study")
    func subsets() throws {
        let splits = try Study.splits(for: .grid, sliceCount: 100, seed: 1)
        let chosen = try Experiment.choose([4, 2], from: Experiment.paper(.unet), of: .unet)
        let study = Study(
            networks: [.unet], tasks: [.multiclass, .binary], experiments: [.unet: chosen],
            folds: [3, 1], splits: splits)
        #expect(
            study.jobs().map(\.key) == [
                "unet-binary-e2-fold1", "unet-binary-e2-fold3", "unet-binary-e4-fold1",
                "unet-binary-e4-fold3", "unet-multiclass-e2-fold1", "unet-multiclass-e2-fold3",
                "unet-multiclass-e4-fold1", "unet-multiclass-e4-fold3",
            ])
        let other = Study(
            networks: [.unet], tasks: [.binary, .multiclass],
            experiments: [.unet: chosen.reversed()],
            folds: [1, 3], splits: splits)
        #expect(other == study)
    }

    @Test("The hold-out protocol has a split, the paper's a second stage of the best's folds")
    func paper() throws {
        let study = try SmallStudy.paper()
        #expect(
            study.jobs().map(\.key) == [
                "segnet-binary-e1-holdout", "segnet-binary-e2-holdout",
                "unet-binary-e1-holdout", "unet-binary-e2-holdout",
            ])
        // Only SegNet has a result, and its experiment 2 is the better one on the validation slices.
        let results = [
            SmallStudy.result(study.jobs()[0], validation: [5], test: [9]),
            SmallStudy.result(study.jobs()[1], validation: [6], test: [1]),
        ]
        #expect(
            study.secondStage(results: results).map(\.key)
                == (1...5).map { "segnet-binary-e2-fold\($0)" })
        #expect(study.secondStage(results: []).isEmpty)
    }

    @Test("A study survives its file; networks are keys there")
    func coding() throws {
        let study = try SmallStudy.paper()
        let data = try JSONEncoder().encode(study)
        #expect(try JSONDecoder().decode(Study.self, from: data) == study)
        let json = try JSONSerialization.jsonObject(with: data) as? [String: Any]
        let experiments = json?["experiments"] as? [String: Any]
        #expect(Set(experiments?.keys.map { $0 } ?? []) == ["segnet", "unet"])
    }

    @Test("What cannot be trained is refused before anything starts")
    func checks() throws {
        let splits = try Study.splits(for: .grid, sliceCount: 10, seed: 1)
        func refused(_ subject: String, _ problem: String, _ change: (inout Study) -> Void) {
            var study = Study(experiments: SmallStudy.experiments, splits: splits)
            change(&study)
            let error = #expect(throws: LungfoldError.self) { try study.check(sliceCount: 10) }
            #expect(error?.subject == subject)
            #expect(error?.problem.contains(problem) == true, "\(String(describing: error))")
        }
        try Study(experiments: SmallStudy.experiments, splits: splits).check(sliceCount: 10)
        refused("--networks", "empty") { $0.networks = [] }
        refused("--tasks", "empty") { $0.tasks = [] }
        refused("--folds", "empty") { $0.folds = [] }
        refused("--folds", "fold 2 is given twice") { $0.folds = [2, 2] }
        refused("splits_final.json", "\"fold6\"") { $0.folds = [6] }
        refused("splits_final.json", "\"holdout\"") { $0.protocol = .holdout }
        refused("splits_final.json", "outside 1...10") { $0.splits[0].test = [11] }
        refused("--epochs", "0 is outside") { $0.settings.epochs = 0 }
        refused("--image-size", "-1 is outside") { $0.settings.imageSize = -1 }
        refused("experiments of unet", "empty") { $0.experiments[.unet] = [] }
        refused("experiments of unet", "two have number 1") {
            $0.experiments[.unet]?.append(Experiment(number: 1, learningRate: 1, miniBatch: 1))
        }
        refused("experiments of segnet", "learning rate nan") {
            $0.experiments[.segnet]?[0].learningRate = .nan
        }
        refused("experiments of segnet", "mini-batch 0") {
            $0.experiments[.segnet]?[0].miniBatch = 0
        }
        refused("experiment 1 of segnet", "more than the 7 training slices of fold1") {
            $0.experiments[.segnet]?[0].miniBatch = 8
        }
    }

    @Test("An experiment that the list lacks is refused, naming the option")
    func unknownExperiment() {
        let error = #expect(throws: LungfoldError.self) {
            try Experiment.choose([10], from: Experiment.paper(.segnet), of: .segnet)
        }
        #expect(error?.description.hasPrefix("--experiments: segnet has no experiment 10.") == true)
    }
}

@Suite("The best experiment")
struct SelectionTests {
    @Test("By the mean accuracy of single slices, on validation or on test slices")
    func means() throws {
        let study = try SmallStudy.paper()
        let jobs = study.jobs()
        let results = [
            SmallStudy.result(jobs[0], validation: [8, 8], test: [2, 9]),
            SmallStudy.result(jobs[1], validation: [9, 6], test: [9, 3]),
        ]
        let byValidation = try #require(study.best(.segnet, .binary, results: results))
        #expect(byValidation.experiment.number == 1)
        #expect(byValidation.selectedOn == .validation)
        #expect(byValidation.accuracy.mean == 0.8)
        let byTest = try #require(study.best(.segnet, .binary, results: results, on: .test))
        #expect(byTest.experiment.number == 2)
        #expect(abs(byTest.accuracy.mean! - 0.6) < 1e-15)
        #expect(study.best(.unet, .binary, results: results) == nil)
    }

    @Test("Of equals the smaller number, whatever the order of the results")
    func ties() throws {
        let study = try SmallStudy.paper()
        let results = study.jobs().prefix(2).map {
            SmallStudy.result($0, validation: [7, 5], test: [1])
        }
        for order in [results, results.reversed()] {
            #expect(study.best(.segnet, .binary, results: order)?.experiment.number == 1)
        }
    }

    @Test("An experiment that lacks a fold is no candidate beside a complete one")
    func incomplete() throws {
        var study = try SmallStudy.paper()
        study.protocol = .grid
        study.folds = [1, 2]
        let jobs = study.jobs().filter { $0.network == .segnet }
        let results = [
            SmallStudy.result(jobs[0], validation: [10], test: [1]),
            SmallStudy.result(jobs[2], validation: [3], test: [1]),
            SmallStudy.result(jobs[3], validation: [4], test: [1]),
        ]
        let best = try #require(study.best(.segnet, .binary, results: results))
        #expect(best.experiment.number == 2)
        #expect(best.splitCount == 2)
        #expect(best.accuracy.mean == 0.35)
        // With the complete one gone, the other is better than none.
        #expect(
            study.best(.segnet, .binary, results: Array(results.prefix(1)))?.experiment.number == 1)
    }

    @Test("A result that is another job's, or not whole, is refused")
    func resultCheck() throws {
        let jobs = try SmallStudy.paper().jobs()
        let good = SmallStudy.result(jobs[0])
        try good.check(isOf: jobs[0], source: "result.json")
        #expect(throws: LungfoldError.self) { try good.check(isOf: jobs[1], source: "result.json") }
        var other = good
        other.split.test.reverse()
        #expect(throws: LungfoldError.self) {
            try other.check(isOf: jobs[0], source: "result.json")
        }
        var short = good
        short.testConfusion.removeLast()
        #expect(throws: LungfoldError.self) {
            try short.check(isOf: jobs[0], source: "result.json")
        }
        var negative = good
        negative.validationConfusion[0] = ConfusionMatrix(rows: [[1, -1], [0, 0]])
        #expect(throws: LungfoldError.self) {
            try negative.check(isOf: jobs[0], source: "result.json")
        }
        var classes = good
        classes.testConfusion[0] = ConfusionMatrix(classCount: 4)
        #expect(throws: LungfoldError.self) {
            try classes.check(isOf: jobs[0], source: "result.json")
        }
    }
}

/// Both networks, the binary task, experiments 1 and 2 on ten slices, with made-up results.
enum SmallStudy {
    static let experiments: [NetworkKind: [Experiment]] = {
        let list = [1, 2].map { Experiment(number: $0, learningRate: 1e-3, miniBatch: 2) }
        return [.segnet: list, .unet: list]
    }()

    static func paper() throws -> Study {
        Study(
            protocol: .paper, tasks: [.binary], experiments: experiments,
            splits: try Study.splits(for: .paper, sliceCount: 10, seed: 1))
    }

    /// A result with slices of ten pixels, of which so many are right; by default as many slices as
    /// the split has.
    static func result(_ job: Job, validation: [Int]? = nil, test: [Int]? = nil) -> JobResult {
        func matrices(_ correct: [Int]) -> [ConfusionMatrix] {
            correct.map { ConfusionMatrix(rows: [[$0, 10 - $0], [0, 0]]) }
        }
        return JobResult(
            job: job, classWeights: [1, 1], inputMean: 0,
            testConfusion: matrices(test ?? job.split.test.map { _ in 5 }),
            validationConfusion: matrices(validation ?? job.split.validation.map { _ in 5 }),
            history: History())
    }
}
