import CLungfoldKernels

/// Turns a network's layers into a plan. What may be done together is decided here and nowhere else:
/// batch normalisation and ReLU are applied by whoever reads a tensor, unpooling and concatenation
/// are never stored, and a gradient passes its ReLU on the way into memory.
struct PlanCompiler {
    /// A tensor that later layers read, with what stands between it and them.
    struct Value {
        var tensor: Tensor
        var channels: Channels
        /// Batch normalisation and ReLU are still to be applied by the reader.
        var normalisation: Normalisation?
        /// Whether a ReLU made it, so that its sign says where gradients pass.
        var rectified = true
        /// What gradients are multiplied by: 1 / (1 - p) behind a dropout.
        var factor: Float = 1
        /// The pool that made it.
        var pool: Int?
        /// Reads by anything but a pool.
        var directReads = 0
        /// The gradient, once a reader has produced it.
        var gradient: Tensor?
        /// The gradient is that of its pooled value, at these codes.
        var gradientCodes: Buffer?
        var sums: [Sums] = []
    }

    /// What a layer reads.
    enum Source {
        case image
        case value(Int)
        case unpooled(Int, pool: Int)
        case concatenated(Int, Int)
    }

    struct Pool {
        var from: Int
        var to: Int
        var codes: Buffer
    }

    /// A layer with what was merged into it, for the way back.
    enum Block {
        case convolution(ConvolutionStep, from: Source, to: Int, input: Channels, output: Channels)
        case upconvolution(UpconvolutionStep, from: Int, to: Int)
    }

    var plan: Plan
    let algorithm: Convolution
    var values: [Value] = []
    var pools: [Pool] = []
    var poolNames: [String: Int] = [:]
    var saved: [String: Int] = [:]
    var blocks: [Block] = []
    let parameterIndex: [String: Int]

    /// Compiles a network.
    /// - Precondition: the sizes divide by 2^depth (`NetworkDescription.checkSize`), and the network
    ///   has the layer whose input gradient is wanted.
    static func compile(
        _ description: NetworkDescription, purpose: Plan.Purpose, batch: Int, height: Int,
        width: Int, algorithm: Convolution
    ) -> Plan {
        var compiler = PlanCompiler(
            description, purpose: purpose, batch: batch, height: height, width: width,
            algorithm: algorithm)
        switch purpose {
        case .training:
            compiler.compileForward(description.layers)
            compiler.addLoss()
            compiler.compileBackward()
        case .inference:
            compiler.compileForward(description.layers)
            compiler.addLoss()
        case .inputGradient(let layer):
            compiler.compileForward(description.layers(through: layer))
            compiler.addAim()
            compiler.compileBackward()
        }
        return compiler.plan
    }

    private init(
        _ description: NetworkDescription, purpose: Plan.Purpose, batch: Int, height: Int,
        width: Int, algorithm: Convolution
    ) {
        let tensors = description.tensors
        plan = Plan(
            description: description, purpose: purpose, batch: batch, height: height, width: width,
            tensors: tensors, layouts: tensors.map { .vector(Channels($0.shape[0])) })
        parameterIndex = Dictionary(
            uniqueKeysWithValues: tensors.enumerated().map { ($1.name, $0) })
        self.algorithm = algorithm
        plan.image = Tensor(
            buffer: makeBuffer(bytes: batch * height * width * 4), height: height, width: width,
            channels: 1)
    }

    // MARK: Pieces

    mutating func makeBuffer(bytes: Int) -> Buffer {
        plan.bufferSizes.append(bytes)
        return Buffer(index: plan.bufferSizes.count - 1)
    }

    mutating func makeTensor(height: Int, width: Int, channels: Int) -> Tensor {
        Tensor(
            buffer: makeBuffer(bytes: plan.batch * height * width * channels * 4), height: height,
            width: width, channels: channels)
    }

    /// The place for a gradient's partial sums, of which parameters' gradients are made.
    mutating func makeGradientSums(height: Int, width: Int, channels: Int) -> Sums? {
        guard plan.purpose == .training else { return nil }
        return makeSums(height: height, width: width, channels: channels)
    }

    mutating func makeSums(height: Int, width: Int, channels: Int) -> Sums {
        let strips = Int(lf_strip_count(Int32(plan.batch), Int32(height), Int32(width)))
        return Sums(buffer: makeBuffer(bytes: strips * 2 * channels * 8), strips: strips)
    }

    func parameter(_ name: String) -> Int { parameterIndex[name]! }

    mutating func makeNormalisation(_ name: String, channels: Int) -> Normalisation {
        plan.normalisations.append(
            .init(
                channels: Channels.pad(channels), scale: parameter("\(name).weight"),
                offset: parameter("\(name).bias"), runningMean: parameter("\(name).running_mean"),
                runningVariance: parameter("\(name).running_var")))
        return Normalisation(index: plan.normalisations.count - 1)
    }

    /// The rows that a source delivers.
    func rows(_ source: Source) -> [RowPart] {
        switch source {
        case .image: [RowPart(tensor: plan.image, form: .plain, codes: nil)]
        case .value(let value): [rowPart(value, codes: nil)]
        case .unpooled(let value, let pool): [rowPart(value, codes: pools[pool].codes)]
        case .concatenated(let first, let second):
            [rowPart(first, codes: nil), rowPart(second, codes: nil)]
        }
    }

    private func rowPart(_ value: Int, codes: Buffer?) -> RowPart {
        let form = values[value].normalisation.map(RowPart.Form.normalised) ?? .plain
        return RowPart(tensor: values[value].tensor, form: form, codes: codes)
    }

    func channels(_ source: Source) -> Channels {
        switch source {
        case .image: Channels(plan.description.inputChannels)
        case .value(let value), .unpooled(let value, _): values[value].channels
        case .concatenated(let first, let second):
            Channels(segments: values[first].channels.segments + values[second].channels.segments)
        }
    }

    /// How to multiply a convolution; thin loops hold the weights of up to four channels in registers.
    func method(kernel: Int, input: Channels, output: Channels) -> ConvolutionMethod {
        let thin = 4
        if algorithm == .direct { return .direct }
        if input.segments.count == 1, input.count <= thin { return .thinIn(input.count) }
        if output.segments.count == 1, output.count <= thin { return .thinOut(output.count) }
        return kernel == 3 ? .winograd : .direct
    }
}
