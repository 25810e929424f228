extension PlanCompiler {
    /// Walks the blocks backwards. Each finds the gradient of its output made, and makes that of its
    /// input; a value's gradient is masked by its ReLU as it is stored.
    mutating func compileBackward() {
        startWithLoss()
        for block in blocks.reversed() {
            switch block {
            case .convolution(let step, let source, let to, let input, let output):
                addConvolutionBackward(
                    step, from: source, to: to, input: input, output: output)
            case .upconvolution(let step, let from, let to):
                addUpconvolutionBackward(step, from: from, to: to)
            }
        }
    }

    /// The loss leaves the gradient of the logits; a sink takes it through their ReLU, in place.
    private mutating func startWithLoss() {
        guard let gradient = plan.loss?.gradient else { return }
        let last = values.count - 1
        let tensor = values[last].tensor
        let sums = makeSums(height: tensor.height, width: tensor.width, channels: tensor.channels)
        let sink = gradientSink(
            .gradient, of: last, out: gradient, sums: sums, height: tensor.height,
            width: tensor.width)
        plan.steps.append(.sink(gradient, [sink]))
        values[last].gradient = gradient
        values[last].sums.append(sums)
    }

    private func gradientSink(
        _ kind: SinkPart.Kind, of value: Int, out: Tensor, sums: Sums?, height: Int, width: Int
    ) -> SinkPart {
        let v = values[value]
        return SinkPart(
            kind: kind, out: out, height: height, width: width,
            mask: v.rectified ? v.tensor : nil, normalisation: v.normalisation, factor: v.factor,
            sums: sums?.buffer)
    }

    private mutating func note(_ sums: Sums?, of value: Int) {
        if let sums { values[value].sums.append(sums) }
    }

    /// The sink for a gradient that arrives at a value.
    private mutating func arrival(at value: Int) -> SinkPart {
        let tensor = values[value].tensor
        let sums = makeGradientSums(
            height: tensor.height, width: tensor.width, channels: tensor.channels)
        guard let pool = values[value].pool else {
            precondition(values[value].gradient == nil, "a value is read by one convolution")
            let out = makeTensor(
                height: tensor.height, width: tensor.width, channels: tensor.channels)
            values[value].gradient = out
            note(sums, of: value)
            return gradientSink(
                .gradient, of: value, out: out, sums: sums, height: tensor.height,
                width: tensor.width)
        }
        return pooledArrival(at: value, pool: pools[pool], sums: sums)
    }

    /// A pooled value's gradient belongs to the value before the pool. Where only the pool reads
    /// that, and one layer what was pooled, it stays small, and who needs it large unpools it; else
    /// it is added to what the other readers left.
    private mutating func pooledArrival(at value: Int, pool: Pool, sums: Sums?) -> SinkPart {
        let small = values[value].tensor
        let large = values[pool.from].tensor
        note(sums, of: pool.from)
        if values[pool.from].directReads == 0, values[value].directReads == 1,
            values[pool.from].normalisation != nil
        {
            let out = makeTensor(
                height: small.height, width: small.width, channels: small.channels)
            values[pool.from].gradient = out
            values[pool.from].gradientCodes = pool.codes
            return gradientSink(
                .gradient, of: value, out: out, sums: sums, height: small.height,
                width: small.width)
        }
        if values[pool.from].gradient == nil {
            let out = makeTensor(
                height: large.height, width: large.width, channels: large.channels)
            values[pool.from].gradient = out
            plan.steps.append(.clear(out))
        }
        return gradientSink(
            .scatter(codes: pool.codes), of: value, out: values[pool.from].gradient!, sums: sums,
            height: small.height, width: small.width)
    }

    /// The sinks for the gradient of a convolution's input.
    private mutating func arrivals(at source: Source) -> [SinkPart] {
        switch source {
        case .image: imageArrival().map { [$0] } ?? []
        case .value(let value): [arrival(at: value)]
        case .concatenated(let first, let second): [arrival(at: first), arrival(at: second)]
        case .unpooled(let value, let pool): [gatherArrival(at: value, pool: pools[pool])]
        }
    }

    /// Training has no use for the image's gradient.
    private mutating func imageArrival() -> SinkPart? {
        guard plan.purpose.isInputGradient else { return nil }
        let channels = Channels.pad(plan.description.inputChannels)
        let gradient = makeTensor(height: plan.height, width: plan.width, channels: channels)
        plan.imageGradient = gradient
        return SinkPart(kind: .store, out: gradient, height: plan.height, width: plan.width)
    }

    private mutating func gatherArrival(at value: Int, pool: Pool) -> SinkPart {
        let small = values[value].tensor
        let height = 2 * small.height
        let width = 2 * small.width
        let sums = makeGradientSums(height: height, width: width, channels: small.channels)
        let codes = SinkPart.Kind.gather(codes: pool.codes)
        guard let before = values[value].pool.map({ pools[$0].from }) else {
            let out = makeTensor(
                height: small.height, width: small.width, channels: small.channels)
            values[value].gradient = out
            note(sums, of: value)
            return gradientSink(
                codes, of: value, out: out, sums: sums, height: height, width: width)
        }
        // The innermost unpooling reads the innermost pool: its gradient is that of the pooled value.
        precondition(
            values[before].directReads == 0 && values[value].directReads == 1
                && values[before].normalisation != nil,
            "unpooling alone reads what was pooled, which batch normalisation made")
        let out = makeTensor(height: small.height, width: small.width, channels: small.channels)
        values[before].gradient = out
        values[before].gradientCodes = pools[values[value].pool!].codes
        note(sums, of: before)
        return gradientSink(codes, of: value, out: out, sums: sums, height: height, width: width)
    }

    /// The rows of the gradient of what a block computed, before normalisation and ReLU. The
    /// population's statistics do not depend on the image: its normalisation is a factor.
    private mutating func outputGradient(of value: Int, bias: Int?) -> [RowPart] {
        let v = values[value]
        guard let gradient = v.gradient else { preconditionFailure("nothing reads a value") }
        let isTraining = plan.purpose == .training
        guard let normalisation = v.normalisation else {
            if let bias, isTraining {
                plan.steps.append(
                    .biasGradient(parameter: bias, channels: v.tensor.channels, sums: v.sums))
            }
            return [RowPart(tensor: gradient, form: .plain, codes: nil)]
        }
        if isTraining {
            let count = plan.batch * v.tensor.height * v.tensor.width
            plan.steps.append(.normaliseGradient(normalisation, sums: v.sums, count: count))
        }
        return [
            RowPart(
                tensor: gradient, form: .gradient(normalisation, y: v.tensor),
                codes: v.gradientCodes)
        ]
    }

    private mutating func addConvolutionBackward(
        _ step: ConvolutionStep, from source: Source, to: Int, input: Channels, output: Channels
    ) {
        let shape = step.shape
        let gradient = outputGradient(of: to, bias: parameter("\(shape.name).bias"))
        if plan.purpose == .training {
            plan.steps.append(
                .convolutionGradient(
                    ConvolutionGradientStep(shape: shape, input: step.input, gradient: gradient)))
        }
        let sink = arrivals(at: source)
        guard !sink.isEmpty else { return }
        var adjoint = shape
        adjoint.method = adjointMethod(shape, input: input, output: output)
        (adjoint.inChannels, adjoint.outChannels) = (shape.outChannels, shape.inChannels)
        plan.steps.append(
            .convolution(
                ConvolutionStep(shape: adjoint, input: gradient, sink: sink, adjoint: true)))
    }

    /// Backwards a thin output is a thin input; what would be a thin output is padded instead.
    private func adjointMethod(
        _ shape: ConvolutionShape, input: Channels, output: Channels
    ) -> ConvolutionMethod {
        let method = method(kernel: shape.kernel, input: output, output: input)
        if case .thinOut = method { return shape.kernel == 3 ? .winograd : .direct }
        return method
    }

    private mutating func addUpconvolutionBackward(
        _ step: UpconvolutionStep, from: Int, to: Int
    ) {
        var backward = step
        backward.gradient = outputGradient(of: to, bias: parameter("\(step.name).bias"))
        backward.sink = []
        if plan.purpose == .training { plan.steps.append(.upconvolutionGradient(backward)) }
        backward.input = []
        backward.sink = [arrival(at: from)]
        plan.steps.append(.upconvolutionBackward(backward))
    }
}
