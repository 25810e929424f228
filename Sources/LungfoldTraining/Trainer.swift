import LungfoldEngine
import LungfoldImaging
import LungfoldStudy

/// The parts of a training run, and the loop over mini-batches.
final class Trainer {
    private let job: Job
    private let slices: SliceSet
    private let network: NetworkDescription
    private let classWeights: [Double]
    private let engine: TrainingEngine
    private let classifier: SliceClassifier
    private let heartbeat: () throws -> Void
    private var miniBatches: MiniBatches
    private var state = TrainingState()
    /// The weights, running statistics among them, that `state.history.best` was made with.
    private var best: WeightSet?

    /// - Parameter heartbeat: called before every slice that is evaluated and every mini-batch of the
    ///   statistics; what it throws ends that.
    init(
        job: Job, slices: SliceSet, threads: Int, heartbeat: @escaping () throws -> Void
    ) throws {
        try Self.check(job, slices)
        self.heartbeat = heartbeat
        self.job = job
        self.slices = slices
        let settings = job.settings
        network = try settings.network(job.network, task: job.task)
        classWeights = Self.classWeights(job, slices)
        miniBatches = MiniBatches(
            job: job, slices: slices, inputMean: Self.inputMean(job, slices))
        let options = settings.engineOptions(threads: threads)
        engine = try TrainingEngine(
            network, batch: job.experiment.miniBatch, height: slices.size, width: slices.size,
            classWeights: classWeights.map { Float($0) }, options: options)
        classifier = try SliceClassifier(
            network, inputMean: miniBatches.inputMean, size: slices.size, options: options)
        var random = CounterRandom(seed: settings.seed, stream: "\(job.key) initial weights")
        try engine.load(network.initialWeights { random.normal() })
    }

    /// Where the run stands now.
    var checkpoint: Checkpoint {
        Checkpoint(
            weights: engine.weights(), best: best, optimiser: engine.optimiser, state: state)
    }

    /// Goes back, or on, to where another run of the same job stood.
    func resume(from checkpoint: Checkpoint) throws {
        try checkpoint.check(
            network, epochs: job.settings.epochs, countPerEpoch: miniBatches.countPerEpoch,
            job: job.key)
        try engine.load(checkpoint.weights)
        engine.optimiser = checkpoint.optimiser
        state = checkpoint.state
        best = checkpoint.best
    }

    /// Whether all epochs are done.
    var isTrained: Bool { state.epoch > job.settings.epochs }

    /// The curve so far.
    var history: History { state.history }

    /// Mini-batches in all.
    private var iterations: Int { miniBatches.countPerEpoch * job.settings.epochs }

    /// Trains one mini-batch, after which a validation may be due.
    func advance() throws -> TrainingProgress {
        let (epoch, rate) = (state.epoch, job.learningRate(inEpoch: state.epoch))
        let start = ContinuousClock.now
        let batch = miniBatches.training(position: state.position, epoch: epoch)
        let outcome = engine.step(
            images: batch.images, labels: batch.labels, learningRate: Float(rate),
            dropoutKey: dropoutKey())
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        try requireFinite(outcome.loss, "training loss", epoch, state.iteration + 1)
        state.add(
            loss: outcome.loss, correctPixels: outcome.correctPixels, pixels: batch.labels.count)
        let progress = TrainingProgress(
            epoch: epoch, epochs: job.settings.epochs, iteration: state.iteration,
            iterations: iterations, loss: state.meanLoss, accuracy: state.accuracy,
            imagesPerSecond: Double(job.experiment.miniBatch) / seconds)
        if state.position == miniBatches.countPerEpoch { state.endEpoch(learningRate: rate) }
        return progress
    }

    /// Validates when it is time to and has not been done. Interrupted, it leaves the run as it was,
    /// and is made up for by whoever goes on from there.
    func validateIfDue() throws {
        let iteration = state.iteration
        // The very last iteration's validation is the finished network's.
        guard iteration > 0, iteration < iterations,
            iteration % job.settings.validationInterval == 0,
            state.history.validations.last?.iteration != iteration
        else { return }
        _ = try validate(
            engine.weights(), epoch: (iteration - 1) / miniBatches.countPerEpoch + 1)
    }

    /// Recomputes batch normalisation's statistics and evaluates the finished network.
    func finish() throws -> TrainedNetwork {
        if !network.statistics.isEmpty { try measurePopulation() }
        let weights = engine.weights()
        let validation = try validate(weights, epoch: job.settings.epochs)
        let test = try evaluate(job.split.test)
        let result = JobResult(
            job: job, classWeights: classWeights, inputMean: Double(miniBatches.inputMean),
            testConfusion: test.confusion, validationConfusion: validation.confusion,
            history: state.history)
        return TrainedNetwork(
            result: result, weights: file(weights).weights, bestWeights: bestFile().weights,
            testPredictions: test.predictions, validationPredictions: validation.predictions)
    }

    private func file(_ weights: WeightSet) -> NetworkFile {
        NetworkFile(
            network: network, task: job.task, inputMean: miniBatches.inputMean,
            imageSize: slices.size, weights: weights)
    }

    /// The best network so far, with where it comes from as metadata. To be called after a validation.
    private func bestFile() -> NetworkFile {
        guard let best, let validation = state.history.best else {
            preconditionFailure("the best network before the first validation")
        }
        var file = file(best)
        file.weights.metadata["epoch"] = String(validation.epoch)
        file.weights.metadata["iteration"] = String(validation.iteration)
        file.weights.metadata["validation_dice"] = String(validation.lesionDice)
        return file
    }

    private func measurePopulation() throws {
        engine.beginPopulationStatistics()
        for batch in miniBatches.population() {
            try heartbeat()
            engine.accumulatePopulationStatistics(images: batch.images)
        }
        engine.finishPopulationStatistics()
    }

    /// Puts a network's figures for the validation slices on record, and keeps it if it is the best.
    private func validate(_ weights: WeightSet, epoch: Int) throws -> Evaluation {
        try classifier.load(weights)
        let evaluation = try evaluate(job.split.validation)
        try requireFinite(evaluation.loss, "validation loss", epoch, state.iteration)
        let pooled = evaluation.pooled
        state.history.validations.append(
            .init(
                epoch: epoch, iteration: state.iteration, loss: evaluation.loss,
                accuracy: pooled.accuracy ?? 0,
                dice: (0..<job.task.classCount).map { pooled.scores(ofClass: $0).dice }))
        if state.history.best?.iteration == state.iteration { best = weights }
        return evaluation
    }

    private func evaluate(_ numbers: [Int]) throws -> Evaluation {
        try classifier.evaluate(
            numbers, in: slices, task: job.task, classWeights: classWeights.map { Float($0) },
            heartbeat: heartbeat)
    }

    private func dropoutKey() -> UInt64 {
        var random = CounterRandom(
            seed: job.settings.seed, stream: "\(job.key) dropout iteration \(state.iteration + 1)")
        return random.next()
    }

    private func requireFinite(_ loss: Double, _ what: String, _ epoch: Int, _ iteration: Int)
        throws
    {
        guard loss.isFinite else {
            throw LungfoldError(
                .jobsFailed, "job \(job.key)",
                "the \(what) is \(loss) in epoch \(epoch), iteration \(iteration)",
                remedy:
                    "Lower the learning rate (\(job.experiment.learningRate)) or take another seed")
        }
    }
}
