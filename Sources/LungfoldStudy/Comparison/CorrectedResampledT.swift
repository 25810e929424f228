/// The corrected resampled t test of Nadeau and Bengio (Machine Learning 52:239, 2003,
/// doi:10.1023/A:1024068626366): are the differences of two learners over folds 0 on average?
///
/// Folds share most of their training slices, so their differences vary less than independent ones
/// would; the variance is multiplied by `1/k + test/training` instead of `1/k`.
public struct CorrectedResampledT: Hashable, Sendable {
    /// The mean difference.
    public let mean: Double
    /// The statistic; nil where all folds differ by the same.
    public let t: Double?
    /// Degrees of freedom: folds less one.
    public let degrees: Int
    /// The two-sided p value; nil where `t` is.
    public let pValue: Double?

    /// Tests differences, a fold each; nil for fewer than two.
    /// - Parameters:
    ///   - differences: of the same score in each fold.
    ///   - testShare: test slices over training slices, above 0.
    public init?(differences: [Double], testShare: Double) {
        let statistics = Statistics(differences)
        guard let mean = statistics.mean, let variance = statistics.variance else { return nil }
        self.mean = mean
        degrees = differences.count - 1
        let corrected = (1 / Double(differences.count) + testShare) * variance
        // Equal differences leave a variance of rounding errors.
        let isConstant = variance <= 1e-24 * max(1, mean * mean)
        t = isConstant ? nil : mean / corrected.squareRoot()
        pValue = t.map {
            Distribution.studentTwoSided($0, degrees: Double(differences.count - 1))
        }
    }
}
