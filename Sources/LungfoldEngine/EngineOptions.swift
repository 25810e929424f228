/// How 3x3 convolutions are computed.
public enum Convolution: String, Sendable, Hashable, CaseIterable {
    /// Winograd F(4x4, 3x3) in all three directions; convolutions with few channels have loops of
    /// their own.
    case winograd
    /// The reference: a matrix product for each of the nine taps, through OpenBLAS.
    case direct
}

/// The loops that a CPU runs.
public enum InstructionSet: String, Sendable, Hashable, CaseIterable {
    case avx512
    case avx2
    case portable
}

/// What the engine may use, and how it computes.
public struct EngineOptions: Sendable, Hashable {
    /// Threads of this process, the caller included. The bits of a result do not depend on it.
    public var threads = 1
    /// How 3x3 convolutions are computed.
    public var convolution = Convolution.winograd
    /// The loops to use; nil: the best that this CPU has.
    public var instructionSet: InstructionSet?

    /// One thread, Winograd, the best loops.
    public init(
        threads: Int = 1, convolution: Convolution = .winograd,
        instructionSet: InstructionSet? = nil
    ) {
        self.threads = threads
        self.convolution = convolution
        self.instructionSet = instructionSet
    }
}
