/// One tensor of a network: how it is called, what it is for, and how it is trained.
public struct ParameterDescription: Sendable, Hashable {
    /// What a tensor is for.
    public enum Role: Sendable, Hashable, CaseIterable {
        /// [out, in, rows, columns].
        case convolutionWeight
        /// [out].
        case convolutionBias
        /// [in, out, 2, 2].
        case transposedConvolutionWeight
        /// [out].
        case transposedConvolutionBias
        /// Batch normalisation's factor (torch: weight), [channels].
        case scale
        /// Batch normalisation's summand (torch: bias), [channels].
        case offset
        /// The population mean that batch normalisation uses when it does not train, [channels].
        case runningMean
        /// The population variance, likewise.
        case runningVariance
    }

    /// The tensor's name in weight files, such as `encoder1_conv1.weight`.
    public let name: String
    /// Its shape in torch's layout.
    public let shape: [Int]
    /// What it is for.
    public let role: Role
    /// Inputs that one output is summed from (kernel rows x columns x input channels), for
    /// convolution weights; 0 for everything else.
    public let fanIn: Int
    /// Whether the optimiser changes it.
    public let isTrainable: Bool

    /// Values in the tensor.
    public var count: Int { shape.reduce(1, *) }

    /// What the learning rate is multiplied by for this tensor.
    public var learningRateFactor: Float {
        !isTrainable ? 0 : role == .transposedConvolutionBias ? 2 : 1
    }

    /// What the L2 penalty is multiplied by: weights, scales and offsets are penalised, biases not.
    public var l2Factor: Float {
        guard isTrainable else { return 0 }
        switch role {
        case .convolutionWeight, .transposedConvolutionWeight, .scale, .offset: return 1
        case .convolutionBias, .transposedConvolutionBias, .runningMean, .runningVariance: return 0
        }
    }
}
