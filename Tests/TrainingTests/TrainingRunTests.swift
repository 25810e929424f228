import Foundation
import LungfoldEngine
import LungfoldImaging
import LungfoldStudy
import LungfoldTraining
import Testing

@Suite("training runs") struct TrainingRunTests {
    private let slices: SliceSet

    init() throws { slices = try sampleSlices() }

    @discardableResult private func train(
        _ job: Job, threads: Int = 1,
        progress: @escaping (TrainingProgress) throws -> Void = { _ in }
    ) throws -> TrainedNetwork {
        try TrainingRun(job: job, slices: slices, threads: threads, progress: progress).run()
    }

    @Test(
        "two runs are equal bit for bit, on one thread or two", arguments: NetworkKind.allCases,
        SegmentationTask.allCases)
    func deterministic(_ network: NetworkKind, _ task: SegmentationTask) throws {
        let job = sampleJob(network, task)
        let first = try train(job)
        for threads in [1, 2] {
            let second = try train(job, threads: threads)
            #expect(second.result == first.result)
            #expect(second.weights == first.weights)
        }
    }

    @Test("what a job draws is its own: another seed, another result")
    func seeds() throws {
        var job = sampleJob()
        let first = try train(job)
        job.settings.seed = 2
        #expect(try train(job).result.history != first.result.history)
    }

    @Test("the loss falls and the accuracy rises", arguments: NetworkKind.allCases)
    func learns(_ network: NetworkKind) throws {
        var job = sampleJob(network, epochs: 25)
        // Of 4 filters, U-Net dies of its large first losses with many a seed; of 12 it did with none.
        job.settings.filters = 12
        let history = try train(job).result.history
        let (first, last) = try (
            #require(history.epochs.first), #require(history.epochs.last)
        )
        #expect(last.trainingLoss < 0.6 * first.trainingLoss)
        #expect(last.trainingAccuracy > 0.85)
        #expect(try #require(history.validations.last).accuracy > 0.85)
    }

    @Test("the curve: an entry an epoch, a validation every interval and one at the end")
    func history() throws {
        let job = sampleJob(epochs: 13)
        let result = try train(job).result
        #expect(result.history.epochs.map(\.epoch) == Array(1...13))
        let rates = result.history.epochs.map(\.learningRate)
        #expect(rates == Array(repeating: 1e-2, count: 12) + [1e-2 * 0.95])
        // Three iterations an epoch.
        let validations = result.history.validations
        #expect(validations.map(\.iteration) == Array(stride(from: 2, to: 39, by: 2)) + [39])
        #expect(validations.map(\.epoch) == validations.map { ($0.iteration + 2) / 3 })
        #expect(validations.allSatisfy { $0.dice.count == 2 })
    }

    @Test("confusion counts of each slice, and what the final validation says of them")
    func confusion() throws {
        let result = try train(sampleJob(.unet, .multiclass)).result
        #expect(result.testConfusion.count == 2 && result.validationConfusion.count == 2)
        for (number, matrix) in zip(
            [8, 5, 2, 10], result.testConfusion + result.validationConfusion)
        {
            let truth = matrix.rows.map { $0.reduce(0, +) }
            let labels = slices.labels(number)
            #expect(truth == (0..<4).map { label in labels.count { $0 == label } })
        }
        let pooled = result.validationConfusion[0] + result.validationConfusion[1]
        let last = try #require(result.history.validations.last)
        #expect(last.accuracy == pooled.accuracy)
        #expect(last.dice == (0..<4).map { pooled.scores(ofClass: $0).dice })
    }

    @Test("input mean of the training slices; class weights of them or of all")
    func inputs() throws {
        var job = sampleJob()
        let all = try train(job).result
        let values = job.split.training.flatMap { Array(slices.image($0)) }
        #expect(abs(all.inputMean - Double(values.reduce(0, +)) / Double(values.count)) < 1e-4)
        job.settings.classWeightsFrom = .train
        let training = try train(job).result
        for (result, numbers) in [(all, Array(1...10)), (training, job.split.training)] {
            let lesions = numbers.reduce(0) { $0 + slices.labels($1).count { $0 > 0 } }
            let share = Double(lesions) / Double(256 * numbers.count)
            let median = 0.5
            #expect(abs(result.classWeights[0] - median / (1 - share)) < 1e-12)
            #expect(abs(result.classWeights[1] - median / share) < 1e-12)
        }
    }

    @Test("an iteration is reported each; what the receiver throws ends the run")
    func progress() throws {
        var seen: [TrainingProgress] = []
        let history = try train(sampleJob(epochs: 3)) { seen.append($0) }.result.history
        #expect(seen.map(\.iteration) == Array(1...9))
        #expect(seen.map(\.epoch) == [1, 1, 1, 2, 2, 2, 3, 3, 3])
        #expect(seen.filter(\.endsEpoch).map(\.loss) == history.epochs.map(\.trainingLoss))
        #expect(seen.allSatisfy { $0.imagesPerSecond > 0 && $0.iterations == 9 })
        struct Stop: Error {}
        #expect(throws: Stop.self) {
            try train(sampleJob()) { if $0.iteration == 2 { throw Stop() } }
        }
    }

    @Test("a loss that is not finite fails the job and names job and epoch")
    func diverges() {
        let error = #expect(throws: LungfoldError.self) {
            try train(sampleJob(.unet, learningRate: 1e30, epochs: 3))
        }
        #expect(error?.subject == "job unet-binary-e1-fold1")
        #expect(error?.problem.contains("epoch 1, iteration") == true)
    }

    @Test("jobs that do not fit the slices are refused, naming the figures")
    func refusals() {
        let miniBatch = #expect(throws: LungfoldError.self) { try train(sampleJob(miniBatch: 7)) }
        #expect(miniBatch?.problem == "a mini-batch of 7 slices, but 6 to train on")
        for change: (inout Job) -> Void in [
            { $0.experiment.miniBatch = 0 }, { $0.split.training[0] = 11 },
            { $0.settings.epochs = 0 },
            { $0.settings.depth = 5 }, { $0.settings.depth = 0 }, { $0.settings.filters = -1 },
            { $0.settings.validationInterval = 0 }, { $0.split.test = [] },
        ] {
            var job = sampleJob()
            change(&job)
            let error = #expect(throws: LungfoldError.self) { try train(job) }
            #expect(error?.subject == "job segnet-binary-e1-fold1")
        }
    }

    @Test("slices without labels are refused")
    func unlabelled() throws {
        let images = (1...slices.count).flatMap { Array(slices.image($0)) }
        let unlabelled = try SliceSet(size: 16, images: images)
        #expect(throws: LungfoldError.self) {
            try TrainingRun(job: sampleJob(), slices: unlabelled, threads: 1).run()
        }
    }

    @Test("a weight file gives back the network that was tested", arguments: NetworkKind.allCases)
    func weightFile(_ network: NetworkKind) throws {
        let trained = try train(sampleJob(network, .multiclass))
        let url = FileManager.default.temporaryDirectory
            .appendingPathComponent("lungfold-\(UUID()).safetensors")
        defer { try? FileManager.default.removeItem(at: url) }
        try Data(trained.weights.encoded()).write(to: url)
        let file = try NetworkFile(contentsOf: url.path)
        #expect(file.task == .multiclass && file.imageSize == 16)
        #expect(Double(file.inputMean) == trained.result.inputMean)
        let classifier = try SliceClassifier(
            file.network, inputMean: file.inputMean, size: 16, options: EngineOptions())
        try classifier.load(file.weights)
        let evaluation = classifier.evaluate(
            [8, 5], in: slices, task: file.task,
            classWeights: trained.result.classWeights.map { Float($0) })
        #expect(evaluation.confusion == trained.result.testConfusion)
        #expect(classifier.classify(slices.image(8)).count == 256)
    }

    @Test("a weight file whose metadata is wrong is refused by name")
    func wrongMetadata() throws {
        let weights = try train(sampleJob(epochs: 1)).weights
        for (key, value) in [
            ("architecture", "vnet"), ("classes", "3"), ("filters", "many"), ("input_mean", "nan"),
            ("task", "multiclass"), ("encoder_depth", "-1"),
        ] {
            var changed = weights
            changed.metadata[key] = value
            let url = FileManager.default.temporaryDirectory
                .appendingPathComponent("lungfold-\(UUID()).safetensors")
            defer { try? FileManager.default.removeItem(at: url) }
            try Data(changed.encoded()).write(to: url)
            let error = #expect(throws: LungfoldError.self) {
                try NetworkFile(contentsOf: url.path)
            }
            #expect(error?.kind == .badData, "\(key)")
        }
    }
}
