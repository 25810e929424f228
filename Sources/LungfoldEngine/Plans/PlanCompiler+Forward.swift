extension PlanCompiler {
    /// Walks the layers, merging each convolution with the normalisation, ReLU and dropout behind it.
    mutating func compileForward(_ network: [Layer]) {
        var layers = network[...]
        var source = Source.image
        var poolDropout = 0.0
        while let layer = layers.popFirst() {
            switch layer {
            case .convolution(let name, let filters, let kernel, _):
                source = .value(
                    addConvolution(name, filters, kernel, from: source, followers: &layers))
            case .transposedConvolution(let name, let filters):
                source = .value(
                    addUpconvolution(name, filters, from: source, followers: &layers))
            case .save(let name): saved[name] = single(source)
            case .dropout(_, let probability):
                guard case .maxPool = layers.first else {
                    preconditionFailure("a dropout follows a ReLU or stands before a pool")
                }
                poolDropout = probability
            case .maxPool(let name):
                source = .value(addPool(name, of: single(source), dropout: poolDropout))
                poolDropout = 0
            case .maxUnpool(let pool):
                source = .unpooled(single(source), pool: poolNames[pool]!)
            case .concatenate(let name):
                source = .concatenated(single(source), saved[name]!)
            case .batchNorm, .relu:
                preconditionFailure("\(layer) must follow a convolution")
            }
        }
        precondition(single(source) == values.count - 1, "a network ends with a convolution")
    }

    private func single(_ source: Source) -> Int {
        guard case .value(let value) = source else {
            preconditionFailure("only a convolution reads what is unpooled or concatenated")
        }
        return value
    }

    private mutating func noteReads(of source: Source) {
        switch source {
        case .image: break
        case .value(let value), .unpooled(let value, _): values[value].directReads += 1
        case .concatenated(let first, let second):
            values[first].directReads += 1
            values[second].directReads += 1
        }
    }

    private func size(_ source: Source) -> (height: Int, width: Int) {
        let first = rows(source)[0]
        return (first.height, first.width)
    }

    private mutating func addConvolution(
        _ name: String, _ filters: Int, _ kernel: Int, from source: Source,
        followers: inout ArraySlice<Layer>
    ) -> Int {
        noteReads(of: source)
        let input = channels(source)
        let output = Channels(filters)
        let weight = parameter("\(name).weight")
        plan.layouts[weight] = .convolution(kernel: kernel, input: input, output: output)
        let (height, width) = size(source)
        var value = Value(
            tensor: makeTensor(height: height, width: width, channels: output.padded),
            channels: output)
        let sink = makeSink(for: &value, name: name, followers: &followers)
        let shape = ConvolutionShape(
            name: name, method: method(kernel: kernel, input: input, output: output),
            kernel: kernel, height: height, width: width, inChannels: input.padded,
            outChannels: output.padded, weight: weight)
        let step = ConvolutionStep(
            shape: shape, input: rows(source), sink: [sink], adjoint: false)
        plan.steps.append(.convolution(step))
        if let normalisation = value.normalisation, let sums = value.sums.popLast() {
            let count = plan.batch * height * width
            plan.steps.append(.normalise(normalisation, sums: sums, count: count))
        }
        values.append(value)
        let to = values.count - 1
        blocks.append(.convolution(step, from: source, to: to, input: input, output: output))
        return to
    }

    /// What happens to a convolution's rows: the layers behind it decide.
    private mutating func makeSink(
        for value: inout Value, name: String, followers: inout ArraySlice<Layer>
    ) -> SinkPart {
        let tensor = value.tensor
        var sink = SinkPart(
            kind: .store, out: tensor, height: tensor.height, width: tensor.width)
        if case .batchNorm(let normName) = followers.first {
            followers.removeFirst()
            value.rectified = takeReLU(&followers)
            precondition(
                value.rectified || plan.purpose.isInputGradient && followers.isEmpty,
                "\(normName) is followed by a ReLU")
            value.normalisation = makeNormalisation(normName, channels: value.channels.count)
            if plan.purpose == .training {
                let sums = makeSums(
                    height: tensor.height, width: tensor.width, channels: tensor.channels)
                sink.kind = .statistics
                sink.sums = sums.buffer
                value.sums = [sums]
            }
            return sink
        }
        value.rectified = takeReLU(&followers)
        var dropout = 0.0
        if case .dropout(_, let probability) = followers.first, value.rectified,
            !isMaxPool(followers.dropFirst().first)
        {
            followers.removeFirst()
            dropout = plan.purpose == .training ? probability : 0
            value.factor = Float(1 / (1 - dropout))
        }
        sink.kind = .activate(
            bias: parameter("\(name).bias"), relu: value.rectified, dropout: dropout)
        return sink
    }

    private func takeReLU(_ followers: inout ArraySlice<Layer>) -> Bool {
        guard followers.first == .relu else { return false }
        followers.removeFirst()
        return true
    }

    private func isMaxPool(_ layer: Layer?) -> Bool {
        if case .maxPool = layer { return true }
        return false
    }

    private mutating func addUpconvolution(
        _ name: String, _ filters: Int, from source: Source, followers: inout ArraySlice<Layer>
    ) -> Int {
        noteReads(of: source)
        let from = single(source)
        let input = values[from].channels
        let output = Channels(filters)
        let weight = parameter("\(name).weight")
        plan.layouts[weight] = .transposedConvolution(input: input, output: output)
        let small = values[from].tensor
        var value = Value(
            tensor: makeTensor(
                height: 2 * small.height, width: 2 * small.width, channels: output.padded),
            channels: output)
        let sink = makeSink(for: &value, name: name, followers: &followers)
        precondition(value.normalisation == nil, "\(name): not followed by batch normalisation")
        let step = UpconvolutionStep(
            name: name, height: small.height, width: small.width, inChannels: input.padded,
            outChannels: output.padded, weight: weight, input: rows(source), sink: [sink])
        plan.steps.append(.upconvolution(step))
        values.append(value)
        blocks.append(.upconvolution(step, from: from, to: values.count - 1))
        return values.count - 1
    }

    private mutating func addPool(_ name: String, of from: Int, dropout: Double) -> Int {
        let large = values[from].tensor
        let training = plan.purpose == .training
        var value = values[from]
        precondition(
            dropout == 0 || value.rectified && value.normalisation == nil,
            "a dropout before '\(name)' follows a ReLU without batch normalisation")
        value.tensor = makeTensor(
            height: large.height / 2, width: large.width / 2, channels: large.channels)
        value.pool = pools.count
        value.directReads = 0
        value.factor *= Float(1 / (1 - (training ? dropout : 0)))
        values.append(value)
        let codes = makeBuffer(
            bytes: plan.batch * value.tensor.height * value.tensor.width * large.channels)
        plan.steps.append(
            .pooling(
                PoolingStep(
                    input: large, normalisation: value.normalisation,
                    dropout: training ? dropout : 0, out: value.tensor, codes: codes)))
        pools.append(Pool(from: from, to: values.count - 1, codes: codes))
        poolNames[name] = pools.count - 1
        return values.count - 1
    }

    /// The loss of the network's output.
    mutating func addLoss() {
        guard let last = values.last else { preconditionFailure("a network has layers") }
        let logits = last.tensor
        var loss = LossStep(
            logits: logits, normalisation: last.normalisation,
            classes: plan.description.classes, gradient: nil,
            sums: makeSums(height: logits.height, width: logits.width, channels: 1).buffer)
        if plan.purpose == .training {
            loss.gradient = makeTensor(
                height: logits.height, width: logits.width, channels: logits.channels)
        }
        plan.steps.append(.loss(loss))
        plan.loss = loss
        plan.forwardEnd = plan.steps.count
    }

    /// In place of a loss: the mean of a channel of the last layer.
    mutating func addAim() {
        guard let last = values.last else { preconditionFailure("a network has layers") }
        let tensor = last.tensor
        let gradient = makeTensor(
            height: tensor.height, width: tensor.width, channels: tensor.channels)
        plan.steps.append(
            .aim(
                AimStep(
                    activation: tensor, normalisation: last.normalisation, gradient: gradient)))
        values[values.count - 1].gradient = gradient
        plan.forwardEnd = plan.steps.count
    }
}
