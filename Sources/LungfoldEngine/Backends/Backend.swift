/// What a forward pass says about its mini-batch.
public struct PassOutcome: Sendable, Hashable {
    /// sum(w_y CE) over the pixels of the mini-batch, w_y being the weight of a pixel's true class.
    public var weightedLoss: Double
    /// sum(w_y).
    public var weight: Double
    /// Pixels whose largest logit is their true class.
    public var correctPixels: Int

    /// sum(w_y CE) / sum(w_y).
    public var loss: Double { weightedLoss / weight }
}

/// Runs a plan on some device. The engine says what is computed, the backend where and how.
protocol Backend: AnyObject {
    /// Copies parameters and running statistics in; the set has been checked against the network.
    func load(_ weights: WeightSet)
    /// Parameters and running statistics in torch's layouts.
    func weights() -> WeightSet
    /// The gradients of the last backward pass, in torch's layouts, by the names of the parameters.
    func gradients() -> [String: WeightTensor]
    /// Adam's first and second moments and the number of updates.
    var optimiser: OptimiserState { get set }

    /// Copies a mini-batch in.
    /// - Parameters:
    ///   - images: N H W grey values, zero-centred.
    ///   - labels: N H W class indices.
    ///   - classWeights: a weight for each class.
    ///   - dropoutKey: what decides which values are dropped.
    func setMiniBatch(
        images: [Float], labels: [UInt8], classWeights: [Float], dropoutKey: UInt64)
    func forward() -> PassOutcome
    func backward()
    /// One Adam update with the gradients of the last backward pass.
    func update(learningRate: Float, l2: Float)

    /// Forward and backward in a plan for the image's gradient.
    /// - Returns: the mean of a channel of the plan's layer, and its gradient by the images.
    func inputGradient(images: [Float], channel: Int) -> (activation: Double, gradient: [Float])

    /// N H W K logits of the last forward pass.
    func logits() -> [Float]
    /// N H W class indices of the last forward pass.
    func predictions() -> [UInt8]

    /// From here on forward passes gather BatchNorm's sums instead of moving the running statistics.
    func beginPopulationStatistics()
    /// The running statistics become those of all pixels gathered.
    func finishPopulationStatistics()

    /// Bytes the plan's memory takes.
    var plannedBytes: Int { get }
    /// Seconds each step took when last run, with its name, when asked for by `measuresSteps`.
    var stepTimes: [StepTime] { get }
    var measuresSteps: Bool { get set }
}

/// How long one operation of a pass took.
public struct StepTime: Sendable, Hashable {
    /// What it did, such as `encoder1_conv2 forward`.
    public var name: String
    /// By the clock on the wall.
    public var seconds: Double
    /// Two for every multiply-add of the operation's definition; 0 where there are none.
    public var directFLOPs: Int
}

/// Adam's memory, in torch's layouts.
public struct OptimiserState: Sendable, Hashable {
    /// Updates done.
    public var updates = 0
    /// First moments by parameter name.
    public var first: [String: WeightTensor] = [:]
    /// Second moments by parameter name.
    public var second: [String: WeightTensor] = [:]

    /// Before the first update.
    public init() {}
}
