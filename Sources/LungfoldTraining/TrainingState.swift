import LungfoldStudy

/// Where a training run stands, apart from what the engine holds (weights and Adam's moments).
///
/// The run is driven by this value alone, and random draws come from streams named by epoch,
/// iteration and slice; so a run that goes on from a stored state does what it would have done.
struct TrainingState: Codable, Hashable, Sendable {
    /// The epoch that is being trained, 1-based.
    var epoch = 1
    /// Mini-batches of this epoch done so far.
    var position = 0
    /// Mini-batches done so far, over all epochs.
    var iteration = 0
    /// The sum of this epoch's mini-batch losses.
    var lossSum = 0.0
    /// This epoch's pixels that were classified correctly.
    var correctPixels = 0
    /// This epoch's pixels.
    var pixels = 0
    /// The curve so far.
    var history = History()

    /// The mean of this epoch's mini-batch losses.
    var meanLoss: Double { lossSum / Double(position) }
    /// The share of this epoch's pixels that were classified correctly.
    var accuracy: Double { Double(correctPixels) / Double(pixels) }

    /// Counts a mini-batch.
    mutating func add(loss: Double, correctPixels: Int, pixels: Int) {
        position += 1
        iteration += 1
        lossSum += loss
        self.correctPixels += correctPixels
        self.pixels += pixels
    }

    /// Puts the epoch on record and begins the next one.
    mutating func endEpoch(learningRate: Double) {
        history.epochs.append(
            .init(
                epoch: epoch, learningRate: learningRate, trainingLoss: meanLoss,
                trainingAccuracy: accuracy))
        epoch += 1
        (position, lossSum, correctPixels, pixels) = (0, 0, 0, 0)
    }
}
