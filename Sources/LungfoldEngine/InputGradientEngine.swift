/// Finds how a channel of a layer changes with the image, with BatchNorm's population statistics and
/// without dropout. It belongs to the thread that uses it.
public final class InputGradientEngine {
    private let description: NetworkDescription
    private let pixels: Int
    private let channels: Int
    private let backend: any Backend

    /// Compiles a network up to a layer, and back.
    /// - Parameters:
    ///   - description: the network.
    ///   - layer: one of its `featureLayers`.
    ///   - batch: slices in a mini-batch, at least 1.
    ///   - height: rows of a slice, a multiple of 2^depth.
    ///   - width: columns of a slice, a multiple of 2^depth.
    ///   - options: threads and how convolutions are computed.
    /// - Throws: `EngineError` for a layer that is not there, sizes that do not fit, or memory or
    ///   threads that are refused.
    public init(
        _ description: NetworkDescription, layer: String, batch: Int = 1, height: Int, width: Int,
        options: EngineOptions = EngineOptions()
    ) throws {
        try description.checkSize(height: height, width: width)
        channels = try description.featureLayer(named: layer).features.channels
        let plan = PlanCompiler.compile(
            description, purpose: .inputGradient(layer: layer), batch: batch, height: height,
            width: width, algorithm: options.convolution)
        self.description = description
        pixels = batch * height * width
        backend = try CPUBackend(plan, options: options)
    }

    /// Takes parameters and running statistics over.
    /// - Throws: `EngineError` naming the tensor that is missing, unknown or of another shape.
    public func load(_ weights: WeightSet) throws {
        try description.check(weights)
        try description.checkFixedBiases(weights)
        backend.load(weights)
    }

    /// A channel's mean over all pixels of its feature maps, before the ReLU, and its gradient.
    /// - Parameters:
    ///   - images: N H W grey values, zero-centred.
    ///   - channel: of the layer, from 0.
    /// - Returns: the mean, and its derivative by each value of `images`, N H W.
    public func gradient(images: [Float], channel: Int) -> (activation: Double, gradient: [Float]) {
        precondition(images.count == pixels, "\(images.count) pixels instead of \(pixels)")
        precondition((0..<channels).contains(channel), "channel \(channel) of \(channels)")
        return backend.inputGradient(images: images, channel: channel)
    }
}
