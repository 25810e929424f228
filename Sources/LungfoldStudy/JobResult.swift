/// The training curve of a job.
public struct History: Codable, Hashable, Sendable {
    /// One epoch of training.
    public struct Epoch: Codable, Hashable, Sendable {
        /// 1-based.
        public var epoch: Int
        /// The learning rate in this epoch.
        public var learningRate: Double
        /// The mean of the epoch's mini-batch losses (class-weighted cross-entropy).
        public var trainingLoss: Double
        /// The share of the epoch's training pixels that were classified correctly.
        public var trainingAccuracy: Double

        /// Makes an epoch's record.
        public init(
            epoch: Int, learningRate: Double, trainingLoss: Double, trainingAccuracy: Double
        ) {
            self.epoch = epoch
            self.learningRate = learningRate
            self.trainingLoss = trainingLoss
            self.trainingAccuracy = trainingAccuracy
        }
    }

    /// One validation during training.
    public struct Validation: Codable, Hashable, Sendable {
        /// The epoch it fell into, 1-based.
        public var epoch: Int
        /// Iterations done so far.
        public var iteration: Int
        /// Class-weighted cross-entropy over all validation pixels.
        public var loss: Double
        /// The share of validation pixels classified correctly.
        public var accuracy: Double
        /// The Dice coefficient of each class from the pooled confusion matrix; nil where it is 0/0.
        public var dice: [Double?]

        /// Makes a validation's record.
        public init(epoch: Int, iteration: Int, loss: Double, accuracy: Double, dice: [Double?]) {
            self.epoch = epoch
            self.iteration = iteration
            self.loss = loss
            self.accuracy = accuracy
            self.dice = dice
        }

        /// How well the lesions were found: the mean Dice coefficient of all classes but the first, in
        /// 0...1. A class that is neither there nor predicted is left out; 1 where none is.
        public var lesionDice: Double {
            let known = dice.dropFirst().compactMap(\.self)
            return known.isEmpty ? 1 : known.reduce(0, +) / Double(known.count)
        }
    }

    /// Epochs in order.
    public var epochs: [Epoch] = []
    /// Validations in order; the last is made with the finished network.
    public var validations: [Validation] = []

    /// The validation with the highest `lesionDice`, the earlier of equal ones; nil before the first.
    public var best: Validation? {
        validations.reduce(nil) { best, next in
            guard let best, best.lesionDice >= next.lesionDice else { return next }
            return best
        }
    }

    /// Makes an empty history.
    public init() {}
}

/// What a finished job leaves behind, apart from its weights: integers and curves, no times.
public struct JobResult: Codable, Hashable, Sendable {
    /// The job's key.
    public var key: String
    /// The network that was trained.
    public var network: NetworkKind
    /// What it was asked to tell apart.
    public var task: SegmentationTask
    /// The hyperparameters.
    public var experiment: Experiment
    /// The slices.
    public var split: Split
    /// The weight of each class in the loss.
    public var classWeights: [Double]
    /// The scalar that was taken off every pixel: the mean of the training slices.
    public var inputMean: Double
    /// A confusion matrix for each test slice, in the order of `split.test`.
    public var testConfusion: [ConfusionMatrix]
    /// A confusion matrix for each validation slice, in the order of `split.validation`.
    public var validationConfusion: [ConfusionMatrix]
    /// The training curve.
    public var history: History

    /// Makes a result.
    public init(
        job: Job, classWeights: [Double], inputMean: Double, testConfusion: [ConfusionMatrix],
        validationConfusion: [ConfusionMatrix], history: History
    ) {
        key = job.key
        network = job.network
        task = job.task
        experiment = job.experiment
        split = job.split
        self.classWeights = classWeights
        self.inputMean = inputMean
        self.testConfusion = testConfusion
        self.validationConfusion = validationConfusion
        self.history = history
    }
}

/// A job that ended without a result.
public struct JobFailure: Codable, Hashable, Sendable {
    /// The job's key.
    public var key: String
    /// Why, in a sentence that names the epoch where there is one.
    public var reason: String

    /// Makes a failure.
    public init(key: String, reason: String) {
        self.key = key
        self.reason = reason
    }
}
