/// Everything that training depends on besides network, task, experiment, split and the slices.
public struct TrainingSettings: Codable, Hashable, Sendable {
    /// Where the class weights are counted: the job's training slices, or all slices as the paper did.
    public enum ClassWeightSource: String, Codable, CaseIterable, Sendable {
        case train
        case all
    }

    /// How 3x3 convolutions are computed.
    public enum ConvolutionAlgorithm: String, Codable, CaseIterable, Sendable {
        /// Winograd F(4x4, 3x3) in all three directions.
        case winograd
        /// The reference: nine multiply-adds an output, through OpenBLAS.
        case direct
    }

    /// Epochs, each a pass over the training slices.
    public var epochs = 160
    /// Rows and columns of a slice as the network sees it.
    public var imageSize = 256
    /// Encoder stages, each of which halves the resolution.
    public var depth = 3
    /// Filters of the first encoder stage.
    public var filters = 64
    /// The seed of every random draw of the study.
    public var seed: UInt64 = 1
    /// Whether training slices are flipped, rotated and shifted at random.
    public var augment = true
    /// Where the class weights are counted.
    public var classWeightsFrom = ClassWeightSource.all
    /// How 3x3 convolutions are computed.
    public var convolution = ConvolutionAlgorithm.winograd
    /// Iterations between two validations during training (the paper used 10).
    public var validationInterval = 10

    /// The paper's settings.
    public init() {}
}

/// One training run: the unit that is handed to a rank. Its result depends on this value and the
/// slices alone.
public struct Job: Codable, Hashable, Sendable {
    /// The network that is trained.
    public var network: NetworkKind
    /// What it is asked to tell apart.
    public var task: SegmentationTask
    /// The hyperparameters.
    public var experiment: Experiment
    /// The slices it trains on, validates on and is tested on.
    public var split: Split
    /// Everything else the result depends on.
    public var settings: TrainingSettings

    /// Makes a job.
    public init(
        network: NetworkKind, task: SegmentationTask, experiment: Experiment, split: Split,
        settings: TrainingSettings
    ) {
        self.network = network
        self.task = task
        self.experiment = experiment
        self.split = split
        self.settings = settings
    }

    /// The job's name in files, messages and random draws, such as `segnet-binary-e4-fold2`.
    public var key: String {
        "\(network.rawValue)-\(task.rawValue)-e\(experiment.number)-\(split.name)"
    }
}
