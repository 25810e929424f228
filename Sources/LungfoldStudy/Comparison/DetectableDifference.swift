/// The least true mean difference that a comparison over so many pairs would find, which says what a
/// finding of no difference is worth.
///
/// Of two-sided tests of a mean by the normal approximation: `(z(1 - level/2m) + z(power)) s / sqrt(n)`,
/// with the differences' deviation s, n pairs and m tests (Lehr, Statist. Med. 11:1099, 1992,
/// doi:10.1002/sim.4780110811, has the formula for one test). `level/m` is the first and strictest step
/// of Holm's correction. Wilcoxon's test needs hardly more: of many pairs whose differences are spread
/// symmetrically, at most 1.16 times as many (Hodges and Lehmann, Ann. Math. Statist. 27:324, 1956,
/// doi:10.1214/aoms/1177728261).
public enum DetectableDifference {
    /// The probability of a false finding among all tests that is put up with.
    public static let level = 0.05
    /// The probability with which the difference is found.
    public static let power = 0.8

    /// The difference; nil where nothing can be said: for so few pairs that even all of one sign could
    /// not pass the test, and where most differences are exactly 0, whose spread says nothing of what
    /// others would be.
    /// - Parameters:
    ///   - differences: of the same measure, a pair each.
    ///   - tests: the number of tests that are corrected for together, 1 or more.
    public static func among(_ differences: [Double], tests: Int) -> Double? {
        let statistics = Statistics(differences)
        guard let deviation = statistics.deviation, canPass(differences.count, tests: tests),
            2 * differences.count(where: { $0 == 0 }) <= differences.count
        else { return nil }
        return factor(tests: tests) * deviation / Double(differences.count).squareRoot()
    }

    /// How many standard errors of the mean the difference is: 2.80 for one test.
    public static func factor(tests: Int) -> Double {
        Distribution.normalQuantile(power) - Distribution.normalQuantile(level / Double(2 * tests))
    }

    /// Whether Wilcoxon's least p value of so many pairs, `2^(1 - n)`, passes the strictest step.
    private static func canPass(_ count: Int, tests: Int) -> Bool {
        var least = 2.0
        for _ in 0..<count { least /= 2 }
        return least < level / Double(tests)
    }
}
