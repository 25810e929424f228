import LungfoldStudy
import LungfoldTraining

/// What a rank tells rank 0 of its job, and rank 0 the user.
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
    /// Slices a second in the last mini-batch; 0 at the end.
    var imagesPerSecond = 0.0
    /// Whether `accuracy` is that of the test slices.
    var isTest = false

    init(_ progress: TrainingProgress) {
        epoch = progress.epoch
        epochs = progress.epochs
        share = Double(progress.iteration) / Double(progress.iterations)
        loss = progress.loss
        accuracy = progress.accuracy
        imagesPerSecond = progress.imagesPerSecond
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

    /// For people.
    var text: String {
        "loss \(Text.decimal(loss, 4)), \(isTest ? "test accuracy" : "accuracy") "
            + Text.decimal(accuracy, 4)
    }
}
