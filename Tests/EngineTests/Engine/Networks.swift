import LungfoldEngine

/// Networks that nobody trains: each brings layers together as the two of the study do not.
enum TestNetworks {
    private static func normalised(_ name: String, _ filters: Int, kernel: Int = 3) -> [Layer] {
        [
            .convolution(name: name, filters: filters, kernel: kernel, trainsBias: false),
            .batchNorm(name: "\(name)_bn"), .relu,
        ]
    }

    private static func rectified(_ name: String, _ filters: Int, kernel: Int = 3) -> [Layer] {
        [.convolution(name: name, filters: filters, kernel: kernel, trainsBias: true), .relu]
    }

    private static func network(_ name: String, depth: Int, _ layers: [Layer])
        -> NetworkDescription
    {
        NetworkDescription(name: name, classes: 3, depth: depth, filters: 5, layers: layers)
    }

    /// A convolution between pool and unpooling.
    static let bottleneck = network(
        "bottleneck", depth: 1,
        normalised("a", 5) + [.maxPool(name: "pool")] + normalised("b", 5)
            + [.maxUnpool(pool: "pool")] + normalised("c", 3))

    static let dropout = network(
        "dropout", depth: 0,
        rectified("a", 6) + [.dropout(name: "drop", probability: 0.25)]
            + rectified("b", 7) + [.dropout(name: "drop again", probability: 0.5)]
            + [.convolution(name: "c", filters: 3, kernel: 1, trainsBias: true)])

    static let pointwise = network(
        "pointwise", depth: 0,
        rectified("a", 6, kernel: 1) + normalised("b", 7, kernel: 1) + rectified("c", 18, kernel: 1)
            + [.convolution(name: "d", filters: 3, kernel: 3, trainsBias: true)])

    /// U-Net with batch normalisation: what is saved is normalised by its readers, and pooled.
    static let normalisedUNet = network(
        "normalised U-Net", depth: 1,
        normalised("a", 5) + normalised("b", 6) + [.save(name: "skip"), .maxPool(name: "pool")]
            + normalised("c", 18)
            + [.transposedConvolution(name: "up", filters: 5), .relu, .concatenate(saved: "skip")]
            + normalised("d", 5)
            + [.convolution(name: "e", filters: 3, kernel: 1, trainsBias: true)])

    /// What was pooled is read twice.
    static let pooledSkip = network(
        "pooled skip", depth: 1,
        normalised("a", 5) + [.maxPool(name: "pool"), .save(name: "skip")] + normalised("b", 6)
            + [.concatenate(saved: "skip")] + normalised("c", 5)
            + [
                .transposedConvolution(name: "up", filters: 4),
                .convolution(name: "d", filters: 3, kernel: 3, trainsBias: true),
            ])

    /// The same without normalisation.
    static let plainPooledSkip = network(
        "plain pooled skip", depth: 1,
        rectified("a", 5) + [.maxPool(name: "pool"), .save(name: "skip")] + rectified("b", 6)
            + [.concatenate(saved: "skip")] + rectified("c", 5)
            + [.transposedConvolution(name: "up", filters: 3)])

    static let all = [
        bottleneck, dropout, pointwise, normalisedUNet, pooledSkip, plainPooledSkip,
        .segnet(classes: 3, depth: 2, filters: 5), .unet(classes: 3, depth: 2, filters: 3),
    ]
}

/// A mini-batch and weights that look like any other.
struct TestBatch {
    let images: Maps
    let labels: [UInt8]
    let classWeights: [Double]

    init(_ network: NetworkDescription, _ batch: Int, _ height: Int, _ width: Int, seed: Int = 1) {
        var draw = Draw(seed)
        images = Maps(batch, height, width, 1) { 2 * draw.uniform() }
        labels = (0..<batch * height * width).map { _ in
            UInt8.random(in: 0..<UInt8(network.classes), using: &draw)
        }
        classWeights = (0..<network.classes).map { 0.5 + Double($0) }
    }

    var floats: [Float] { images.values.map { Float($0) } }

    func engine(_ network: NetworkDescription, options: EngineOptions = EngineOptions()) throws
        -> TrainingEngine
    {
        let engine = try TrainingEngine(
            network, batch: images.batch, height: images.height, width: images.width,
            classWeights: classWeights.map { Float($0) }, options: options)
        try engine.load(network.randomWeights())
        return engine
    }
}

extension NetworkDescription {
    /// Fresh weights, with scales of both signs, and offsets and trained biases about 0.
    func randomWeights(seed: Int = 3) -> WeightSet {
        var draw = Draw(seed)
        var weights = initialWeights { 1.7 * draw.uniform() }
        for tensor in parameters where tensor.isTrainable && tensor.shape.count == 1 {
            let middle: Float = tensor.role == .scale ? 0.6 : 0
            weights.tensors[tensor.name]?.values = (0..<tensor.count).map { _ in
                middle + Float(draw.uniform())
            }
        }
        return weights
    }
}
