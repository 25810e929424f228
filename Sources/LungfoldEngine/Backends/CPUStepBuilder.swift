import CLungfoldKernels

/// Turns a plan's steps into C structures with addresses.
struct CPUStepBuilder {
    let plan: Plan
    let parameters: ParameterStore
    let memory: CPUMemory
    let arena: Arena
    let base: UnsafeMutableRawPointer
    /// Vectors of each normalisation.
    let normalisations: [UnsafeMutablePointer<lf_batchnorm>]
    /// A key for each dropout, in the order of the steps.
    var dropoutKeys: [UnsafeMutablePointer<UInt64>] = []
    /// Memory that one step needs at a time.
    var sharedFloats = 0
    var scratchBytes = 0

    /// Tensors of this size are written past the caches: the next reader would not find them there.
    private static let streamedBytes = 8 << 20

    init(plan: Plan, parameters: ParameterStore, memory: CPUMemory) throws {
        self.plan = plan
        self.parameters = parameters
        self.memory = memory
        arena = plan.arena
        base = try memory.reserve(arena.byteCount)
        normalisations = try plan.normalisations.map {
            try Self.normalisation($0, plan, parameters, memory)
        }
    }

    private static func normalisation(
        _ n: Plan.NormalisationParameters, _ plan: Plan, _ parameters: ParameterStore,
        _ memory: CPUMemory
    ) throws -> UnsafeMutablePointer<lf_batchnorm> {
        let vectors = try memory.reserve(Float.self, count: 6 * n.channels)
        var op = lf_batchnorm()
        op.channels = Int32(n.channels)
        op.epsilon = Double(NetworkDescription.batchNormEpsilon)
        op.momentum = 0.1
        op.gamma = UnsafePointer(parameters.pointer(n.scale))
        op.beta = UnsafePointer(parameters.pointer(n.offset))
        op.mean = vectors
        op.inverse = vectors + n.channels
        op.scale = vectors + 2 * n.channels
        op.shift = vectors + 3 * n.channels
        op.k0 = vectors + 4 * n.channels
        op.k1 = vectors + 5 * n.channels
        op.running_mean = parameters.pointer(n.runningMean)
        op.running_variance = parameters.pointer(n.runningVariance)
        if plan.purpose == .training {
            op.dgamma = parameters.pointer(n.scale, .gradient)
            op.dbeta = parameters.pointer(n.offset, .gradient)
        }
        return memory.place(op)
    }

    // MARK: Addresses

    func address(_ buffer: Buffer) -> UnsafeMutableRawPointer {
        base + arena.offsets[buffer.index]
    }

    func floats(_ tensor: Tensor) -> UnsafeMutablePointer<Float> {
        address(tensor.buffer).assumingMemoryBound(to: Float.self)
    }

    private func bytes(_ buffer: Buffer) -> UnsafeMutablePointer<UInt8> {
        address(buffer).assumingMemoryBound(to: UInt8.self)
    }

    private func doubles(_ buffer: Buffer) -> UnsafeMutablePointer<Double> {
        address(buffer).assumingMemoryBound(to: Double.self)
    }

    private func rows(_ parts: [RowPart]) -> UnsafePointer<lf_rows>? {
        parts.reversed().reduce(nil as UnsafePointer<lf_rows>?) { beside, part in
            var rows = lf_rows()
            rows.height = Int32(part.height)
            rows.width = Int32(part.width)
            rows.channels = Int32(part.tensor.channels)
            rows.data = UnsafePointer(floats(part.tensor))
            rows.codes = part.codes.map { UnsafePointer(bytes($0)) }
            rows.beside = beside
            switch part.form {
            case .plain: rows.kind = Int32(LF_ROWS_PLAIN)
            case .normalised(let n):
                rows.kind = Int32(LF_ROWS_NORMALISED)
                rows.scale = UnsafePointer(normalisations[n.index].pointee.scale)
                rows.shift = UnsafePointer(normalisations[n.index].pointee.shift)
            case .gradient(let n, let y):
                let vectors = normalisations[n.index].pointee
                rows.kind = Int32(LF_ROWS_GRADIENT)
                rows.scale = UnsafePointer(vectors.scale)
                rows.k0 = UnsafePointer(vectors.k0)
                rows.k1 = UnsafePointer(vectors.k1)
                rows.y = UnsafePointer(floats(y))
            }
            return UnsafePointer(memory.place(rows))
        }
    }

    private mutating func sink(_ parts: [SinkPart]) -> UnsafeMutablePointer<lf_sink>? {
        var next: UnsafeMutablePointer<lf_sink>?
        for part in parts.reversed() {
            var sink = self.sink(part)
            sink.beside = next.map { UnsafePointer($0) }
            next = memory.place(sink)
        }
        return next
    }

    private mutating func sink(_ part: SinkPart) -> lf_sink {
        var sink = lf_sink()
        sink.height = Int32(part.height)
        sink.width = Int32(part.width)
        sink.channels = Int32(part.out.channels)
        sink.out = floats(part.out)
        sink.streams = plan.bufferSizes[part.out.buffer.index] >= Self.streamedBytes ? 1 : 0
        sink.y = part.mask.map { UnsafePointer(floats($0)) }
        sink.factor = part.factor
        sink.sums = part.sums.map { doubles($0) }
        if let n = part.normalisation {
            let vectors = normalisations[n.index].pointee
            sink.scale = UnsafePointer(vectors.scale)
            sink.shift = UnsafePointer(vectors.shift)
            sink.mean = UnsafePointer(vectors.mean)
        }
        switch part.kind {
        case .store: sink.kind = Int32(LF_SINK_STORE)
        case .statistics: sink.kind = Int32(LF_SINK_STATISTICS)
        case .gradient: sink.kind = Int32(LF_SINK_GRADIENT)
        case .gather(let codes):
            sink.kind = Int32(LF_SINK_GATHER)
            sink.codes = UnsafePointer(bytes(codes))
        case .scatter(let codes):
            sink.kind = Int32(LF_SINK_SCATTER)
            sink.codes = UnsafePointer(bytes(codes))
        case .activate(let bias, let relu, let dropout):
            sink.kind = Int32(LF_SINK_ACTIVATE)
            sink.bias = bias.map { UnsafePointer(parameters.pointer($0)) }
            sink.relu = relu ? 1 : 0
            (sink.drop_below, sink.factor, sink.dropout_key) = self.dropout(dropout)
        }
        return sink
    }

    private mutating func dropout(_ probability: Double)
        -> (UInt32, Float, UnsafePointer<UInt64>?)
    {
        guard probability > 0 else { return (0, 1, nil) }
        let key = memory.place(UInt64(0))
        dropoutKeys.append(key)
        return (
            UInt32(probability * 0x1p32), Float(1 / (1 - probability)), UnsafePointer(key)
        )
    }

    private func sums(_ all: [Sums]) -> UnsafeMutablePointer<lf_sums>? {
        var next: UnsafeMutablePointer<lf_sums>?
        for part in all.reversed() {
            next = memory.place(
                lf_sums(
                    values: UnsafePointer(doubles(part.buffer)), strips: Int32(part.strips),
                    more: next.map { UnsafePointer($0) }))
        }
        return next
    }

    // MARK: Steps

    mutating func build(_ step: Step) -> CPUStep {
        switch step {
        case .convolution(let s): .convolution(convolution(s))
        case .convolutionGradient(let s): .convolutionGradient(convolutionGradient(s))
        case .upconvolution(let s): .upconvolution(upconvolution(s))
        case .upconvolutionBackward(let s): .upconvolutionBackward(upconvolution(s))
        case .upconvolutionGradient(let s): .upconvolutionGradient(upconvolution(s))
        case .pooling(let s): .pooling(pooling(s))
        case .normalise(let n, let part, let count):
            .normalise(batchNorm(n, sums: [part], count: count))
        case .normaliseGradient(let n, let parts, let count):
            .normaliseGradient(batchNorm(n, sums: parts, count: count))
        case .biasGradient(let parameter, let channels, let parts):
            .biasGradient(
                sums(parts)!, channels: Int32(channels), parameters.pointer(parameter, .gradient))
        case .clear(let tensor):
            .clear(address(tensor.buffer), bytes: plan.bufferSizes[tensor.buffer.index])
        case .loss: .loss
        case .aim(let s): .aim(aim(s))
        case .sink(let tensor, let parts): .sink(floats(tensor), sink(parts)!)
        }
    }

    /// The structure that a step runs with shares its vectors with the readers, not its sums.
    private func batchNorm(_ n: Normalisation, sums parts: [Sums], count: Int)
        -> UnsafeMutablePointer<lf_batchnorm>
    {
        var op = normalisations[n.index].pointee
        op.sums = sums(parts).map { UnsafePointer($0) }
        op.count = Double(count)
        return memory.place(op)
    }

    private mutating func convolution(_ s: ConvolutionStep) -> UnsafeMutablePointer<lf_conv> {
        let shape = s.shape
        var op = lf_conv()
        (op.algorithm, op.thin) = shape.method.codes
        op.kernel = Int32(shape.kernel)
        op.batch = Int32(plan.batch)
        op.height = Int32(shape.height)
        op.width = Int32(shape.width)
        op.in = Int32(shape.inChannels)
        op.out = Int32(shape.outChannels)
        op.adjoint = s.adjoint ? 1 : 0
        op.input = rows(s.input)
        op.sink = sink(s.sink).map { UnsafePointer($0) }
        op.weights = UnsafePointer(parameters.pointer(shape.weight))
        sharedFloats = max(
            sharedFloats, Int(lf_conv_transformed_floats(&op) + lf_conv_shared_floats(&op)))
        scratchBytes = max(scratchBytes, Int(lf_conv_scratch_bytes(&op)))
        return memory.place(op)
    }

    private mutating func convolutionGradient(_ s: ConvolutionGradientStep)
        -> UnsafeMutablePointer<lf_conv_gradient>
    {
        let shape = s.shape
        var op = lf_conv_gradient()
        (op.algorithm, op.thin) = shape.method.codes
        op.kernel = Int32(shape.kernel)
        op.batch = Int32(plan.batch)
        op.height = Int32(shape.height)
        op.width = Int32(shape.width)
        op.in = Int32(shape.inChannels)
        op.out = Int32(shape.outChannels)
        op.input = rows(s.input)
        op.gradient = rows(s.gradient)
        op.dweights = parameters.pointer(shape.weight, .gradient)
        sharedFloats = max(sharedFloats, Int(lf_conv_gradient_shared_floats(&op)))
        scratchBytes = max(scratchBytes, Int(lf_conv_gradient_scratch_bytes(&op)))
        return memory.place(op)
    }

    private mutating func upconvolution(_ s: UpconvolutionStep)
        -> UnsafeMutablePointer<lf_upconv>
    {
        var op = lf_upconv()
        op.batch = Int32(plan.batch)
        op.height = Int32(s.height)
        op.width = Int32(s.width)
        op.in = Int32(s.inChannels)
        op.out = Int32(s.outChannels)
        op.input = rows(s.input)
        op.gradient = rows(s.gradient)
        op.sink = sink(s.sink).map { UnsafePointer($0) }
        op.weights = UnsafePointer(parameters.pointer(s.weight))
        if plan.purpose == .training { op.dweights = parameters.pointer(s.weight, .gradient) }
        sharedFloats = max(sharedFloats, Int(lf_upconv_shared_floats(&op)))
        scratchBytes = max(scratchBytes, Int(lf_upconv_scratch_bytes(&op)))
        return memory.place(op)
    }

    private mutating func pooling(_ s: PoolingStep) -> UnsafeMutablePointer<lf_pooling> {
        var op = lf_pooling()
        op.batch = Int32(plan.batch)
        op.height = Int32(s.input.height)
        op.width = Int32(s.input.width)
        op.channels = Int32(s.input.channels)
        op.y = UnsafePointer(floats(s.input))
        if let n = s.normalisation {
            op.scale = UnsafePointer(normalisations[n.index].pointee.scale)
            op.shift = UnsafePointer(normalisations[n.index].pointee.shift)
        }
        (op.drop_below, op.factor, op.dropout_key) = dropout(s.dropout)
        op.out = floats(s.out)
        op.codes = bytes(s.codes)
        return memory.place(op)
    }

    private func aim(_ s: AimStep) -> CPUAim {
        let vectors = s.normalisation.map { normalisations[$0.index].pointee }
        return CPUAim(
            activation: UnsafePointer(floats(s.activation)),
            scale: vectors.map { UnsafePointer($0.scale) },
            shift: vectors.map { UnsafePointer($0.shift) }, gradient: floats(s.gradient),
            pixels: plan.batch * s.activation.height * s.activation.width,
            channels: s.activation.channels)
    }

    /// The loss; labels, class weights and predictions are filled in by the backend.
    func loss(_ s: LossStep) -> lf_loss {
        var op = lf_loss()
        op.batch = Int32(plan.batch)
        op.height = Int32(s.logits.height)
        op.width = Int32(s.logits.width)
        op.classes = Int32(s.classes)
        op.channels = Int32(s.logits.channels)
        op.y = UnsafePointer(floats(s.logits))
        if let n = s.normalisation {
            op.scale = UnsafePointer(normalisations[n.index].pointee.scale)
            op.shift = UnsafePointer(normalisations[n.index].pointee.shift)
        }
        op.gradient = s.gradient.map { floats($0) }
        op.sums = doubles(s.sums)
        return op
    }
}

extension ConvolutionMethod {
    /// The kernels' number for it, and the channels of the thin side.
    fileprivate var codes: (Int32, Int32) {
        switch self {
        case .winograd: (Int32(LF_CONV_WINOGRAD), 0)
        case .direct: (Int32(LF_CONV_DIRECT), 0)
        case .thinIn(let channels): (Int32(LF_CONV_THIN_IN), Int32(channels))
        case .thinOut(let channels): (Int32(LF_CONV_THIN_OUT), Int32(channels))
        }
    }
}
