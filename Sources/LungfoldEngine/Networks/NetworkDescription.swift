import CLungfoldKernels

/// A network for one-channel images: a name, its sizes and its layers. What can be computed from the
/// layers (parameters, operations, sizes that fit) is.
public struct NetworkDescription: Sendable, Hashable {
    /// What weight files call the architecture, such as `segnet`.
    public let name: String
    /// The number of classes, background included.
    public let classes: Int
    /// Encoder stages, each of which halves the resolution.
    public let depth: Int
    /// Filters of the first encoder stage.
    public let filters: Int
    /// Channels of the image.
    public let inputChannels = 1
    /// The layers in the order of computation. The last output has a channel for each class and goes
    /// through softmax.
    public let layers: [Layer]

    /// The most classes that the loss takes.
    public static let largestClassCount = Int(LF_MAX_CLASSES)

    /// What batch normalisation adds to the variance.
    public static let batchNormEpsilon: Float = 1e-5

    /// Describes a network.
    /// - Precondition: what `maxUnpool` and `concatenate` refer to comes before them, at their
    ///   resolution; the output has `classes` channels, at most `largestClassCount`, at the image's
    ///   resolution.
    public init(name: String, classes: Int, depth: Int, filters: Int, layers: [Layer]) {
        precondition(classes <= Self.largestClassCount, "\(name): \(classes) classes")
        self.name = name
        self.classes = classes
        self.depth = depth
        self.filters = filters
        self.layers = layers
        let output = flow().last!.output
        precondition(
            output == Features(channels: classes, level: 0),
            "\(name) ends with \(output.channels) channels at level \(output.level)")
    }
}

/// What flows between two layers.
public struct Features: Sendable, Hashable {
    /// Feature maps.
    public var channels: Int
    /// How often the image's resolution has been halved.
    public var level: Int
}

extension NetworkDescription {
    /// What goes into each layer and what comes out of it, in the order of `layers`.
    public func flow() -> [(layer: Layer, input: Features, output: Features)] {
        var marks: [String: Features] = [:]
        var current = Features(channels: inputChannels, level: 0)
        return layers.map { layer in
            let input = current
            current = output(of: layer, from: input, marks: &marks)
            return (layer, input, current)
        }
    }

    private func output(of layer: Layer, from input: Features, marks: inout [String: Features])
        -> Features
    {
        var output = input
        switch layer {
        case .batchNorm, .relu, .dropout: break
        case .convolution(_, let filters, _, _): output.channels = filters
        case .save(let name): marks[name] = input
        case .maxPool(let name):
            marks[name] = input
            output.level += 1
        case .maxUnpool(let pool):
            output.level -= 1
            precondition(marks[pool] == output, "\(name): no pool '\(pool)' of this shape")
        case .transposedConvolution(_, let filters):
            output = Features(channels: filters, level: input.level - 1)
        case .concatenate(let saved):
            guard let mark = marks[saved], mark.level == input.level else {
                preconditionFailure("\(name): nothing saved as '\(saved)' at this resolution")
            }
            output.channels += mark.channels
        }
        return output
    }

    /// The largest side of an image, in pixels.
    public static let largestSide = 16384

    /// Checks that an image's sides survive `depth` halvings.
    /// - Throws: `EngineError` naming the nearest sizes that do.
    public func checkSize(height: Int, width: Int) throws {
        let unit = 1 << depth
        for (side, size) in [("height", height), ("width", width)] {
            guard size <= Self.largestSide else {
                throw EngineError(
                    "image \(side) \(size)", "is more than \(Self.largestSide) pixels")
            }
            guard size > 0, size % unit == 0 else {
                let below = max(size, 0) / unit * unit
                throw EngineError(
                    "image \(side) \(size)",
                    "does not divide by \(unit), as \(depth) encoder stages need",
                    remedy: "Nearest: "
                        + (below > 0 ? "\(below) or \(below + unit)" : "\(unit)"))
            }
        }
    }

    /// Floating-point operations of the convolutions for one image: two a multiply-add. A training
    /// step takes three times as many.
    public func forwardFLOPs(height: Int, width: Int) -> Int {
        flow().reduce(0) { sum, step in
            let outputs = (height >> step.output.level) * (width >> step.output.level)
            switch step.layer {
            case .convolution(_, let filters, let kernel, _):
                return sum + 2 * outputs * filters * kernel * kernel * step.input.channels
            case .transposedConvolution(_, let filters):
                return sum + 2 * outputs * filters * step.input.channels
            default: return sum
            }
        }
    }
}
