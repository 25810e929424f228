/// How pictures of what a network looks for are made: `lungfold dream`, and Fig. 5 of the report.
public struct DreamSettings: Codable, Hashable, Sendable {
    /// Rows and columns of the picture.
    public var size = 128
    /// Sizes at which the image is worked on, the smallest first.
    public var octaves = 3
    /// How much larger the next octave is.
    public var scale = 1.4
    /// Steps in each octave.
    public var iterations = 10
    /// Grey levels that a pixel of an average slope moves in a step.
    public var step = 8.0
    /// The seed of the noise that it starts from.
    public var seed: UInt64 = 1

    /// The default values.
    public init() {}

    /// Checks the values. Which sizes divide well, the network decides.
    /// - Throws: `LungfoldError` (`usage`) naming the option, its value and the range.
    public func check() throws {
        try Self.check("size", size, 1...2048)
        try Self.check("octaves", octaves, 1...10)
        try Self.check("iterations", iterations, 1...1000)
        try Self.check("scale", scale, 1.05...4)
        try Self.check("step", step, 0.01...255)
    }

    private static func check<Value>(
        _ option: String, _ value: Value, _ range: ClosedRange<Value>
    ) throws {
        guard range.contains(value) else {
            throw LungfoldError(
                .usage, "--\(option) \(value)",
                "is not in \(range.lowerBound)...\(range.upperBound)")
        }
    }
}
