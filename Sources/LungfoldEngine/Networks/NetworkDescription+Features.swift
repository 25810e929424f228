/// A layer whose feature maps can be asked for: a convolution with the batch normalisation behind it,
/// before the ReLU.
public struct FeatureLayer: Sendable, Hashable {
    /// The convolution's name, as in weight files.
    public let name: String
    /// What it is, such as `3x3 convolution, batch normalisation`.
    public let kind: String
    /// Feature maps.
    public let features: Features
}

extension NetworkDescription {
    /// The layers with feature maps, in the order of computation. The last gives the classes' scores.
    public var featureLayers: [FeatureLayer] {
        let flow = flow()
        return flow.indices.compactMap { index in
            let (layer, _, output) = flow[index]
            guard let name = layer.convolutionName else { return nil }
            var kind = "transposed 2x2 convolution"
            if case .convolution(_, _, let kernel, _) = layer {
                kind = "\(kernel)x\(kernel) convolution"
            }
            if index + 1 < flow.count, case .batchNorm = flow[index + 1].layer {
                kind += ", batch normalisation"
            }
            return FeatureLayer(name: name, kind: kind, features: output)
        }
    }

    /// The layer of that name that has feature maps.
    /// - Throws: `EngineError` naming those there are.
    public func featureLayer(named name: String) throws -> FeatureLayer {
        let all = featureLayers
        guard let layer = all.first(where: { $0.name == name }) else {
            throw EngineError(
                "layer \(name)", "is not in this \(self.name)",
                remedy: "There are " + all.map(\.name).joined(separator: ", "))
        }
        return layer
    }

    /// The network up to a layer with feature maps.
    func layers(through name: String) -> [Layer] {
        guard let end = layers.firstIndex(where: { $0.convolutionName == name }) else {
            preconditionFailure("\(self.name) has no layer '\(name)'")
        }
        guard end + 1 < layers.count, case .batchNorm = layers[end + 1] else {
            return Array(layers[...end])
        }
        return Array(layers[...(end + 1)])
    }
}

extension Layer {
    /// The name of a convolution of either kind.
    fileprivate var convolutionName: String? {
        switch self {
        case .convolution(let name, _, _, _), .transposedConvolution(let name, _): name
        case .batchNorm, .relu, .maxPool, .maxUnpool, .dropout, .save, .concatenate: nil
        }
    }
}
