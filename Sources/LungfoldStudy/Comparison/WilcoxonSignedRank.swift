/// Wilcoxon's signed-rank test of paired differences (Biometrics Bulletin 1:80, 1945,
/// doi:10.2307/3001968), two-sided: do the differences lie symmetrically about 0?
///
/// Differences of 0 are left out, equal magnitudes share their mean rank. Up to 50 differences the
/// p value is exact, with ties too: every pattern of signs is counted. Beyond, the normal
/// approximation with the variance corrected for ties, without a continuity correction.
public struct WilcoxonSignedRank: Hashable, Sendable {
    /// The largest number of differences whose p value is exact.
    public static let exactLimit = 50

    /// Differences that are not 0.
    public let count: Int
    /// Differences that are 0, left out.
    public let zeroCount: Int
    /// The sum of the ranks of positive differences.
    public let positiveRankSum: Double
    /// The sum of the ranks of negative differences.
    public let negativeRankSum: Double
    /// The two-sided p value, in 0...1; nil without a difference that is not 0.
    public let pValue: Double?

    /// Tests differences, a pair each. Magnitudes that differ by rounding alone (less than 1e-12) are
    /// equal, for the values are quotients of counts.
    public init(differences: [Double]) {
        let rounded = differences.map { ($0 * 1e12).rounded() / 1e12 }
        let ranked = Self.ranked(rounded.filter { $0 != 0 })
        count = ranked.count
        zeroCount = differences.count - ranked.count
        let positive = ranked.reduce(0) { $1.isPositive ? $0 + $1.doubledRank : $0 }
        let total = count * (count + 1)
        positiveRankSum = Double(positive) / 2
        negativeRankSum = Double(total - positive) / 2
        let smaller = min(positive, total - positive)
        guard count > 0 else {
            pValue = nil
            return
        }
        let ranks = ranked.map(\.doubledRank)
        pValue =
            count <= Self.exactLimit
            ? Self.exact(ranks, smaller) : Self.approximate(ranks, smaller, total)
    }

    private struct Ranked {
        /// Twice the rank, which is whole where ranks are shared.
        let doubledRank: Int
        let isPositive: Bool
    }

    private static func ranked(_ differences: [Double]) -> [Ranked] {
        let sorted = differences.sorted { abs($0) < abs($1) }
        var ranked: [Ranked] = []
        var start = 0
        while start < sorted.count {
            var end = start
            while end < sorted.count, abs(sorted[end]) == abs(sorted[start]) { end += 1 }
            // Ranks start + 1 to end; their mean, doubled.
            for value in sorted[start..<end] {
                ranked.append(Ranked(doubledRank: start + 1 + end, isPositive: value > 0))
            }
            start = end
        }
        return ranked
    }

    /// The share of all sign patterns whose smaller rank sum is at most `smaller`.
    private static func exact(_ ranks: [Int], _ smaller: Int) -> Double {
        let total = ranks.reduce(0, +)
        // Patterns by their (doubled) sum of positive ranks; up to 2^50, exact as Double.
        var patterns = [Double](repeating: 0, count: total + 1)
        patterns[0] = 1
        for rank in ranks {
            for sum in stride(from: total, through: rank, by: -1) {
                patterns[sum] += patterns[sum - rank]
            }
        }
        let all = patterns.reduce(0, +)
        return min(1, 2 * patterns[0...smaller].reduce(0, +) / all)
    }

    private static func approximate(_ ranks: [Int], _ smaller: Int, _ total: Int) -> Double {
        let mean = Double(total) / 4
        let variance = ranks.reduce(0) { $0 + Double($1 * $1) } / 16
        let z = (Double(smaller) / 2 - mean) / variance.squareRoot()
        return min(1, 2 * Distribution.normal(z))
    }
}
