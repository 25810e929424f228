import LungfoldStudy

/// How far a training run is. Times live here and not in results, which no clock may touch.
public struct TrainingProgress: Sendable, Hashable {
    /// The epoch that is being trained, 1-based.
    public var epoch: Int
    /// Epochs in all.
    public var epochs: Int
    /// Iterations done so far, over all epochs.
    public var iteration: Int
    /// Iterations in all.
    public var iterations: Int
    /// The mean of this epoch's mini-batch losses so far.
    public var loss: Double
    /// The share of this epoch's pixels so far that were classified correctly.
    public var accuracy: Double
    /// Slices a second in this mini-batch's training step, augmentation included, validation not.
    public var imagesPerSecond: Double
    /// The curve so far, with this epoch if it has ended.
    public var history = History()

    /// Whether this was the last mini-batch of its epoch.
    public var endsEpoch: Bool { iteration * epochs == iterations * epoch }
}
