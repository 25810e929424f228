#if canImport(Glibc)
    import Glibc
#endif

/// The axis of a loss: logarithmic where the values span a decade or more, with labels where they lie.
struct LossAxis {
    /// The places of the labels, ascending, at least three; empty for a linear axis, where gnuplot
    /// finds them itself.
    let tics: [Double]

    /// Fits the axis to values, of which those that are not finite do not count.
    init(_ values: [Double]) {
        let finite = values.filter(\.isFinite)
        guard let least = finite.min(), let most = finite.max(), least > 0, most >= 10 * least
        else {
            tics = []
            return
        }
        tics = Self.tics(least...most)
    }

    /// Powers of ten; with 2 and 5 between them where there are few. Of these three, whatever decade
    /// they are in, at least three lie in a range of a decade.
    private static func tics(_ range: ClosedRange<Double>) -> [Double] {
        let exponents =
            Int(log10(range.lowerBound).rounded(.down))...Int(log10(range.upperBound).rounded(.up))
        let steps = exponents.count > 5 ? [1] : [1, 2, 5]
        return exponents.flatMap { exponent in
            // Read from text, for 5 * 0.001 is not the number that is printed 0.005.
            steps.compactMap { Double("\($0)e\(exponent)") }
        }.filter(range.contains)
    }

    /// gnuplot's commands.
    var commands: String {
        guard !tics.isEmpty else { return "set ylabel \"Loss\"" }
        return """
            set ylabel "Loss (logarithmic)"
            set logscale y
            set autoscale yfix
            set ytics (\(tics.map { "\($0)" }.joined(separator: ", ")))
            """
    }
}
