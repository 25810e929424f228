import LungfoldStudy
import LungfoldTraining

/// What a rank tells rank 0 while it trains a job: how far it is, or what it had to get round.
struct RankReport: Codable, Hashable, Sendable {
    var progress: JobProgress?
    var warning: String?

    init(_ progress: JobProgress) { self.progress = progress }

    /// - Parameter warning: is cut to what a message can carry.
    init(warning: String) { self.warning = String(warning.prefix(1000)) }
}

/// How far a job is.
struct JobProgress: Codable, Hashable, Sendable {
    /// The epoch that is being trained or was just finished, 1-based.
    var epoch: Int
    /// Epochs in all.
    var epochs: Int
    /// The share of the job that is done, in 0...1.
    var share: Double
    /// The mean training loss of the epoch so far.
    var loss: Double
    /// The share of training pixels classified correctly, or of test pixels at the end.
    var accuracy: Double
    /// Slices a second over the training steps of the epoch so far; 0 at the end.
    var imagesPerSecond = 0.0
    /// Whether the epoch has ended.
    var endsEpoch = false
    /// The last validation of an epoch that has ended; nil where it had none.
    var validation: Validation?
    /// Whether `accuracy` is that of the test slices.
    var isTest = false

    /// What a validation came to.
    struct Validation: Codable, Hashable, Sendable {
        var loss: Double
        var accuracy: Double
        /// The mean Dice coefficient of the lesion classes.
        var dice: Double
    }

    /// - Parameter imagesPerSecond: the pace over the epoch so far.
    init(_ progress: TrainingProgress, imagesPerSecond: Double) {
        epoch = progress.epoch
        epochs = progress.epochs
        share = Double(progress.iteration) / Double(progress.iterations)
        loss = progress.loss
        accuracy = progress.accuracy
        self.imagesPerSecond = imagesPerSecond
        endsEpoch = progress.endsEpoch
        if endsEpoch, let last = progress.history.validations.last, last.epoch == epoch {
            validation = Validation(
                loss: last.loss, accuracy: last.accuracy, dice: last.lesionDice)
        }
    }

    /// The end of a job.
    init(_ result: JobResult) {
        epochs = result.history.epochs.count
        epoch = epochs
        share = 1
        loss = result.history.epochs.last?.trainingLoss ?? .nan
        accuracy = Statistics(result.accuracies(on: .test)).mean ?? .nan
        isTest = true
    }
}

/// The pace over an epoch: slices and the time that their training steps took.
struct EpochPace {
    private let miniBatch: Double
    private var slices = 0.0
    private var seconds = 0.0
    private var epoch = 0

    init(miniBatch: Int) { self.miniBatch = Double(miniBatch) }

    /// Takes in a training step; gives slices a second over the epoch so far.
    mutating func count(_ step: TrainingProgress) -> Double {
        if step.epoch != epoch { (epoch, slices, seconds) = (step.epoch, 0, 0) }
        if step.imagesPerSecond > 0, step.imagesPerSecond.isFinite {
            slices += miniBatch
            seconds += miniBatch / step.imagesPerSecond
        }
        return seconds > 0 ? slices / seconds : 0
    }
}
