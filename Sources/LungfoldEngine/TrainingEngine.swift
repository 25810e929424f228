/// Trains one network on mini-batches of one shape: forward, loss, backward, Adam. Everything is laid
/// out when it is made; a step allocates nothing. It belongs to the thread that uses it.
public final class TrainingEngine {
    /// What a step says about its mini-batch, before the update.
    public typealias StepOutcome = PassOutcome

    /// The L2 penalty's factor, added to the gradient before Adam sees it.
    public static let l2: Float = 1e-4

    private let description: NetworkDescription
    private let classWeights: [Float]
    private let backend: any Backend

    /// Compiles a network for training.
    /// - Parameters:
    ///   - description: the network.
    ///   - batch: slices in a mini-batch, at least 1.
    ///   - height: rows of a slice, a multiple of 2^depth.
    ///   - width: columns of a slice, a multiple of 2^depth.
    ///   - classWeights: the weight of each class in the loss.
    ///   - options: threads and how convolutions are computed.
    /// - Throws: `EngineError` for sizes that do not fit, or memory or threads that are refused.
    public init(
        _ description: NetworkDescription, batch: Int, height: Int, width: Int,
        classWeights: [Float], options: EngineOptions = EngineOptions()
    ) throws {
        try description.checkSize(height: height, width: width)
        let plan = PlanCompiler.compile(
            description, purpose: .training, batch: batch, height: height, width: width,
            algorithm: options.convolution)
        self.description = description
        self.classWeights = classWeights
        backend = try CPUBackend(plan, options: options)
    }

    /// Bytes the engine has laid out.
    public var plannedBytes: Int { backend.plannedBytes }

    /// Takes parameters and running statistics over.
    /// - Throws: `EngineError` naming the tensor that is missing, unknown or of another shape.
    public func load(_ weights: WeightSet) throws {
        try description.check(weights)
        try description.checkFixedBiases(weights)
        backend.load(weights)
    }

    /// Parameters and running statistics, in torch's names and layouts.
    public func weights() -> WeightSet { backend.weights() }

    /// Adam's moments and the number of updates.
    public var optimiser: OptimiserState {
        get { backend.optimiser }
        set { backend.optimiser = newValue }
    }

    /// One training step.
    /// - Parameters:
    ///   - images: N H W grey values, zero-centred.
    ///   - labels: N H W class indices.
    ///   - learningRate: Adam's.
    ///   - dropoutKey: what decides which values are dropped; another for every step.
    /// - Returns: loss and accuracy with the weights before the update.
    public func step(
        images: [Float], labels: [UInt8], learningRate: Float, dropoutKey: UInt64
    ) -> StepOutcome {
        backend.setMiniBatch(
            images: images, labels: labels, classWeights: classWeights, dropoutKey: dropoutKey)
        let outcome = backend.forward()
        backend.backward()
        backend.update(learningRate: learningRate, l2: Self.l2)
        return outcome
    }

    /// Forward and backward without an update, for checks of the arithmetic.
    /// - Returns: the loss, N H W K logits, and the gradient of every trained parameter in torch's
    ///   layout.
    public func gradients(images: [Float], labels: [UInt8], dropoutKey: UInt64)
        -> (loss: Double, logits: [Float], gradients: [String: WeightTensor])
    {
        backend.setMiniBatch(
            images: images, labels: labels, classWeights: classWeights, dropoutKey: dropoutKey)
        let outcome = backend.forward()
        let logits = backend.logits()
        backend.backward()
        return (outcome.loss, logits, backend.gradients())
    }

    /// Starts to gather BatchNorm's population statistics.
    public func beginPopulationStatistics() { backend.beginPopulationStatistics() }

    /// A forward pass in training mode whose statistics count.
    /// - Parameter images: a mini-batch, N H W grey values, zero-centred.
    public func accumulatePopulationStatistics(images: [Float]) {
        backend.setMiniBatch(
            images: images, labels: Array(repeating: 0, count: images.count),
            classWeights: classWeights, dropoutKey: 0)
        _ = backend.forward()
    }

    /// Replaces the running statistics by the mean and variance (divisor n) of all pixels gathered.
    public func finishPopulationStatistics() { backend.finishPopulationStatistics() }

    /// Runs a step and tells how long each of its parts took.
    public func measureStep(images: [Float], labels: [UInt8]) -> [StepTime] {
        backend.measuresSteps = true
        defer { backend.measuresSteps = false }
        _ = step(images: images, labels: labels, learningRate: 0, dropoutKey: 0)
        return backend.stepTimes
    }
}
