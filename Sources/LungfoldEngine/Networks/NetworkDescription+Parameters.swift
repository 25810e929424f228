extension NetworkDescription {
    /// What training works on, in the order of the layers; biases that are fixed are among them.
    public var parameters: [ParameterDescription] {
        tensors.filter { $0.role != .runningMean && $0.role != .runningVariance }
    }

    /// Batch normalisation's running means and variances, in the order of the layers.
    public var statistics: [ParameterDescription] {
        tensors.filter { $0.role == .runningMean || $0.role == .runningVariance }
    }

    /// Everything a weight file holds, in the order of the layers.
    public var tensors: [ParameterDescription] {
        flow().flatMap { step -> [ParameterDescription] in
            let channels = step.input.channels
            switch step.layer {
            case .convolution(let name, let filters, let kernel, let trainsBias):
                return convolution(name, channels, filters, kernel, trainsBias)
            case .transposedConvolution(let name, let filters):
                return transposedConvolution(name, channels, filters)
            case .batchNorm(let name): return batchNorm(name, channels)
            case .relu, .maxPool, .maxUnpool, .dropout, .save, .concatenate: return []
            }
        }
    }

    /// The number of values in all parameters, fixed biases included, running statistics not.
    public var parameterCount: Int { parameters.reduce(0) { $0 + $1.count } }

    private func convolution(
        _ name: String, _ channels: Int, _ filters: Int, _ kernel: Int, _ trainsBias: Bool
    ) -> [ParameterDescription] {
        [
            .init(
                name: "\(name).weight", shape: [filters, channels, kernel, kernel],
                role: .convolutionWeight, fanIn: kernel * kernel * channels, isTrainable: true),
            .init(
                name: "\(name).bias", shape: [filters], role: .convolutionBias, fanIn: 0,
                isTrainable: trainsBias),
        ]
    }

    private func transposedConvolution(_ name: String, _ channels: Int, _ filters: Int)
        -> [ParameterDescription]
    {
        [
            .init(
                name: "\(name).weight", shape: [channels, filters, 2, 2],
                role: .transposedConvolutionWeight, fanIn: 4 * channels, isTrainable: true),
            .init(
                name: "\(name).bias", shape: [filters], role: .transposedConvolutionBias, fanIn: 0,
                isTrainable: true),
        ]
    }

    private func batchNorm(_ name: String, _ channels: Int) -> [ParameterDescription] {
        let tensors: [(String, ParameterDescription.Role, Bool)] = [
            ("weight", .scale, true), ("bias", .offset, true),
            ("running_mean", .runningMean, false), ("running_var", .runningVariance, false),
        ]
        return tensors.map { suffix, role, isTrainable in
            .init(
                name: "\(name).\(suffix)", shape: [channels], role: role, fanIn: 0,
                isTrainable: isTrainable)
        }
    }
}

extension NetworkDescription {
    /// Fresh weights: convolution weights from N(0, 2 / fan-in) (He et al., ICCV 2015,
    /// doi:10.1109/ICCV.2015.123), biases and offsets 0, scales 1, running means 0, variances 1.
    /// - Parameter normal: gives the next number from the standard normal distribution; called for
    ///   the weights in the order of the layers, in torch's layout.
    public func initialWeights(using normal: () -> Double) -> WeightSet {
        var weights = WeightSet()
        for tensor in tensors {
            let values: [Float]
            switch tensor.role {
            case .convolutionWeight, .transposedConvolutionWeight:
                let deviation = (2 / Double(tensor.fanIn)).squareRoot()
                values = (0..<tensor.count).map { _ in Float(normal() * deviation) }
            case .scale, .runningVariance: values = Array(repeating: 1, count: tensor.count)
            case .convolutionBias, .transposedConvolutionBias, .offset, .runningMean:
                values = Array(repeating: 0, count: tensor.count)
            }
            weights.tensors[tensor.name] = WeightTensor(shape: tensor.shape, values: values)
        }
        return weights
    }

    /// Checks that a set holds this network's tensors and no others, of the right shapes, finite,
    /// with variances that are not negative.
    /// - Parameters:
    ///   - weights: the set.
    ///   - source: what errors call it, such as its file.
    /// - Throws: `EngineError` naming the tensor.
    public func check(_ weights: WeightSet, source: String = "weights") throws {
        let expected = tensors
        for tensor in expected {
            let subject = "\(source), tensor '\(tensor.name)'"
            guard let found = weights.tensors[tensor.name] else {
                throw EngineError(subject, "is missing; \(title) has it", remedy: wrongNetwork)
            }
            guard found.shape == tensor.shape else {
                throw EngineError(
                    subject, "has the shape \(found.shape); \(title) needs \(tensor.shape)",
                    remedy: wrongNetwork)
            }
            let least = tensor.role == .runningVariance ? 0 : -Float.greatestFiniteMagnitude
            guard found.values.allSatisfy({ $0.isFinite && $0 >= least }) else {
                throw EngineError(
                    subject, "holds a value that is not finite, or a variance below 0")
            }
        }
        let unknown = Set(weights.tensors.keys).subtracting(expected.map(\.name)).min()
        if let unknown {
            throw EngineError(
                "\(source), tensor '\(unknown)'", "is unknown to \(title)", remedy: wrongNetwork)
        }
    }

    private var title: String {
        "\(name) with \(classes) classes, depth \(depth), \(filters) filters"
    }

    private var wrongNetwork: String { "Take the weights of the same network and sizes" }
}
