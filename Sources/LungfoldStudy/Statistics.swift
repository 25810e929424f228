/// The mean and spread of some values, of which some may be undefined.
///
/// Sums run in the order of the values, so that the same values give the same bits on any number of
/// ranks. Undefined values are left out of the mean and counted.
public struct Statistics: Codable, Hashable, Sendable {
    /// The number of defined values.
    public var count: Int
    /// The number of undefined values.
    public var undefinedCount: Int
    /// Their mean; nil without a defined value.
    public var mean: Double?
    /// The sample variance, with n - 1; nil for fewer than two defined values.
    public var variance: Double?

    /// The sample standard deviation; nil for fewer than two defined values.
    public var deviation: Double? { variance?.squareRoot() }

    /// Summarises values; nil is an undefined one.
    public init(_ values: some Sequence<Double?>) {
        let all = Array(values)
        let defined = all.compactMap { $0 }
        count = defined.count
        undefinedCount = all.count - defined.count
        guard !defined.isEmpty else { return }
        let mean = defined.reduce(0, +) / Double(count)
        self.mean = mean
        guard count > 1 else { return }
        variance = defined.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count - 1)
    }
}
