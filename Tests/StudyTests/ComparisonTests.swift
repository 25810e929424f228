import LungfoldStudy
import Testing

/// The expected values are SciPy 1.17's, or counted by hand.
@Suite("Comparing networks: tests, intervals, optimism")
struct ComparisonTests {
    private func isNear(_ value: Double?, _ expected: Double, within tolerance: Double = 1e-12)
        -> Bool
    {
        value.map { abs($0 - expected) <= tolerance * max(1e-6, abs(expected)) } ?? false
    }

    @Test("Wilcoxon, exact: scipy.stats.wilcoxon(method='exact') of SciPy's own example")
    func wilcoxonExact() {
        let test = WilcoxonSignedRank(
            differences: [6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75])
        #expect(test.negativeRankSum == 24 && test.positiveRankSum == 96)
        #expect(isNear(test.pValue, 0.041259765625))
    }

    @Test("Wilcoxon, exact with ties and zeros: every sign pattern counted by brute force")
    func wilcoxonTies() {
        let test = WilcoxonSignedRank(differences: [15, 0, -7, 5, 20, -9, 17, 0, -12, 5, -10])
        #expect(test.count == 9 && test.zeroCount == 2)
        #expect(test.positiveRankSum == 27 && test.negativeRankSum == 18)
        #expect(isNear(test.pValue, 0.6328125))
    }

    @Test("Wilcoxon of the smallest samples, by hand")
    func wilcoxonSmall() {
        #expect(WilcoxonSignedRank(differences: [0, 0]).pValue == nil)
        #expect(WilcoxonSignedRank(differences: [3]).pValue == 1)
        // All of five positive: 2 of 32 patterns are as extreme.
        #expect(WilcoxonSignedRank(differences: [1, 2, 3, 4, 5]).pValue == 0.0625)
        // Equal but for rounding: 0.1 + 0.2 - 0.3 is not 0 in binary.
        #expect(WilcoxonSignedRank(differences: [0.1 + 0.2 - 0.3]).zeroCount == 1)
    }

    @Test("Wilcoxon of many: SciPy's normal approximation with ties, no continuity correction")
    func wilcoxonMany() {
        let values = [
            -5, 0, 4, -4, 1, 6, -2, 2, 7, -1, 3, -5, 0, 5, -3, 1, 6, -2, 2, 7, -1, 4, -4, 0, 5, -3,
            2, 6, -2, 3, 8, 0, 4, -4, 1, 5, -3, 2, 7, -1, 3, -5, 0, 4, -4, 1, 6, -2, 2, 7, -1, 4,
            -4, 0, 5, -3, 2, 6, -2, 3,
        ]
        let test = WilcoxonSignedRank(differences: values.map(Double.init))
        #expect(test.count == 54)
        #expect(test.negativeRankSum == 467.5)
        #expect(isNear(test.pValue, 0.01755599493164466, within: 1e-10))
    }

    @Test(
        "Student's t: 2 * scipy.stats.t.sf",
        arguments: [
            (2.5, 4.0, 0.06676654481198814), (0.3, 4, 0.7791214282774598),
            (12, 9, 7.699886222985653e-07), (1.96, 99, 0.052807113750970754), (0, 3, 1),
        ])
    func studentT(t: Double, degrees: Double, expected: Double) {
        #expect(
            isNear(Distribution.studentTwoSided(t, degrees: degrees), expected, within: 1e-11))
        #expect(
            isNear(Distribution.studentTwoSided(-t, degrees: degrees), expected, within: 1e-11))
    }

    @Test("The normal distribution: scipy.stats.norm.cdf")
    func normal() {
        #expect(Distribution.normal(0) == 0.5)
        #expect(isNear(Distribution.normal(-1.3), 0.09680048458561036))
    }

    @Test(
        "The normal distribution's inverse: scipy.stats.norm.ppf",
        arguments: [
            (0.5, 0), (0.8, 0.8416212335729143), (0.975, 1.959963984540054),
            (0.3, -0.5244005127080409), (0.00625, -2.497705474412373),
            (1e-10, -6.361340902404056),
        ])
    func normalQuantile(probability: Double, expected: Double) {
        #expect(abs(Distribution.normalQuantile(probability) - expected) < 1e-12)
    }

    @Test("The detectable difference: quantiles by SciPy, the rest by hand")
    func detectable() {
        #expect(isNear(DetectableDifference.factor(tests: 1), 2.8015852181129683))
        // norm.ppf(1 - 0.05 / 12) + norm.ppf(0.8): six tests under Holm's correction.
        #expect(isNear(DetectableDifference.factor(tests: 6), 3.479878507049665))
        // 1 to 9: the variance is 60/8, the deviation over the root of 9 is sqrt(7.5)/3.
        let differences = (1...9).map(Double.init)
        #expect(
            isNear(
                DetectableDifference.among(differences, tests: 6),
                3.479878507049665 * 7.5.squareRoot() / 3))
        // All of nine positive: p = 2/512, below 0.05/12 and not below 0.05/13.
        #expect(DetectableDifference.among(differences, tests: 12) != nil)
        #expect(DetectableDifference.among(differences, tests: 13) == nil)
        // 28 of 34 pairs alike: their spread is no forecast.
        let zeros = [Double](repeating: 0, count: 28) + [0.01, 0.02, -0.01, 0.01, 0.03, 0.01]
        #expect(DetectableDifference.among(zeros, tests: 1) == nil)
        #expect(DetectableDifference.among([], tests: 1) == nil)
    }

    @Test("Nadeau and Bengio's t: the formula in NumPy, the tail in SciPy")
    func correctedT() throws {
        let test = try #require(
            CorrectedResampledT(differences: [0.02, 0.01, -0.005, 0.03, 0.015], testShare: 0.25))
        #expect(isNear(test.t, 1.6125543944185385))
        #expect(isNear(test.pValue, 0.18213629892372246, within: 1e-10))
        #expect(CorrectedResampledT(differences: [1], testShare: 0.25) == nil)
        let constant = try #require(
            CorrectedResampledT(differences: [0.1, 0.1, 0.1], testShare: 0.25))
        #expect(constant.t == nil && constant.pValue == nil)
    }

    @Test("Holm, by hand; tests that could not be made do not count")
    func holm() throws {
        let adjusted = Holm.adjusted([0.01, nil, 0.04, 0.03, 0.005])
        let expected = [0.03, nil, 0.06, 0.06, 0.02]
        for (value, wanted) in zip(adjusted, expected) {
            #expect(value == nil ? wanted == nil : isNear(value, wanted ?? -1))
        }
        #expect(Holm.adjusted([0.9, 0.8]) == [1, 1])
        #expect(Holm.adjusted([]).isEmpty)
    }

    @Test("The bootstrap: scipy.stats.bootstrap's interval, to the noise of 10,000 resamples")
    func bootstrap() throws {
        let values = (0..<20).map { Double($0) * Double($0).squareRoot() }
        let interval = try #require(
            BootstrapInterval(meanOf: values, seed: 1, name: "example"))
        #expect(abs(interval.low - 22.4477) < 0.35)
        #expect(abs(interval.high - 45.1917) < 0.35)
        #expect(BootstrapInterval(meanOf: values, seed: 1, name: "example") == interval)
        #expect(BootstrapInterval(meanOf: values, seed: 2, name: "example") != interval)
        #expect(BootstrapInterval(meanOf: [1], seed: 1, name: "one") == nil)
    }

    @Test("Percentiles, numpy.percentile's default")
    func percentiles() {
        #expect(percentile([1, 2, 3, 4], 0.5) == 2.5)
        #expect(percentile([7], 0.95) == 7)
        #expect(isNear(percentile([0, 10], 0.95), 9.5))
    }

    @Test("The optimism of the best on test slices, by hand")
    func optimism() throws {
        // Experiment 1 looks best (0.6), but is chosen only where block 1 is seen.
        let optimism = try #require(
            SelectionOptimism(scores: [[[1.0], [0.2]], [[0.5], [0.6]], [[0.9], []]]))
        #expect(isNear(optimism.apparent, 0.6))
        #expect(isNear(optimism.honest, 0.35))
        #expect(isNear(optimism.optimism, 0.25))
        #expect(optimism.candidateCount == 2 && optimism.blockCount == 2)
        #expect(SelectionOptimism(scores: [[[1.0]]]) == nil)
        #expect(SelectionOptimism(scores: []) == nil)
    }
}
