/// Applies one network to mini-batches of one shape, with BatchNorm's population statistics and
/// without dropout. It belongs to the thread that uses it.
public final class InferenceEngine {
    private let description: NetworkDescription
    private let pixels: Int
    private let backend: any Backend

    /// Compiles a network for inference.
    /// - Parameters:
    ///   - description: the network.
    ///   - batch: slices in a mini-batch, at least 1.
    ///   - height: rows of a slice, a multiple of 2^depth.
    ///   - width: columns of a slice, a multiple of 2^depth.
    ///   - options: threads and how convolutions are computed.
    /// - Throws: `EngineError` for sizes that do not fit, or memory or threads that are refused.
    public init(
        _ description: NetworkDescription, batch: Int, height: Int, width: Int,
        options: EngineOptions = EngineOptions()
    ) throws {
        try description.checkSize(height: height, width: width)
        let plan = PlanCompiler.compile(
            description, purpose: .inference, batch: batch, height: height, width: width,
            algorithm: options.convolution)
        self.description = description
        pixels = batch * height * width
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

    /// The class index of each pixel, N H W.
    /// - Parameter images: N H W grey values, zero-centred.
    public func classify(images: [Float]) -> [UInt8] {
        score(
            images: images, labels: Array(repeating: 0, count: pixels),
            classWeights: Array(repeating: 1, count: description.classes)
        ).predictions
    }

    /// Class-weighted cross-entropy and the predictions.
    /// - Parameters:
    ///   - images: N H W grey values, zero-centred.
    ///   - labels: N H W class indices.
    ///   - classWeights: the weight of each class.
    /// - Returns: sum(w_y CE) and sum(w_y) over all pixels, and the class index of each.
    public func score(images: [Float], labels: [UInt8], classWeights: [Float])
        -> (weightedLoss: Double, weight: Double, predictions: [UInt8])
    {
        backend.setMiniBatch(
            images: images, labels: labels, classWeights: classWeights, dropoutKey: 0)
        let outcome = backend.forward()
        return (outcome.weightedLoss, outcome.weight, backend.predictions())
    }

    /// Runs a pass and tells how long each of its parts took.
    public func measurePass(images: [Float]) -> [StepTime] {
        backend.measuresSteps = true
        defer { backend.measuresSteps = false }
        _ = classify(images: images)
        return backend.stepTimes
    }
}

extension NetworkDescription {
    /// A bias before batch normalisation has no effect in training and is not computed.
    func checkFixedBiases(_ weights: WeightSet) throws {
        for (layer, next) in zip(layers, layers.dropFirst()) {
            guard case .convolution(let name, _, _, _) = layer, case .batchNorm = next,
                let bias = weights.tensors["\(name).bias"], bias.values.contains(where: { $0 != 0 })
            else { continue }
            throw EngineError(
                "tensor '\(name).bias'",
                "is not 0, as biases before batch normalisation must be",
                remedy: "Subtract it from the running mean that follows, and set it to 0")
        }
    }
}
