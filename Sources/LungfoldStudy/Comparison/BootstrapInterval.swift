/// A bootstrap interval of a mean (Efron, Ann. Statist. 7:1, 1979, doi:10.1214/aos/1176344552), by
/// percentiles. Its draws are a function of seed and name, so the same values give the same bits.
public struct BootstrapInterval: Hashable, Sendable {
    /// Resamples drawn.
    public static let resamples = 10_000

    /// The lower end.
    public let low: Double
    /// The upper end.
    public let high: Double

    /// Draws the interval that covers 95 %; nil for fewer than two values.
    /// - Parameters:
    ///   - values: the values whose mean is meant.
    ///   - seed: the study's seed.
    ///   - name: what the values are, which names the stream of random numbers.
    public init?(meanOf values: [Double], seed: UInt64, name: String) {
        guard values.count > 1 else { return nil }
        var random = CounterRandom(seed: seed, stream: "bootstrap \(name)")
        let count = values.count
        let means = (0..<Self.resamples).map { _ -> Double in
            var sum = 0.0
            for _ in 0..<count { sum += values[Int(random.uniform() * Double(count))] }
            return sum / Double(count)
        }.sorted()
        low = percentile(means, 0.025)
        high = percentile(means, 0.975)
    }
}

/// A percentile of sorted values, interpolated linearly between the two nearest (type 7 of Hyndman and
/// Fan, the default of NumPy and R).
/// - Parameters:
///   - sorted: at least one value, ascending.
///   - share: in 0...1.
public func percentile(_ sorted: [Double], _ share: Double) -> Double {
    let position = share * Double(sorted.count - 1)
    let lower = Int(position)
    let upper = min(lower + 1, sorted.count - 1)
    return sorted[lower] + (position - Double(lower)) * (sorted[upper] - sorted[lower])
}
