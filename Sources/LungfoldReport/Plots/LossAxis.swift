#if canImport(Glibc)
    import Glibc
#endif

/// The axis of a loss: logarithmic where the values span a decade or more, with labels where they lie.
struct LossAxis {
    /// The places of the labels, ascending, at least three, the last at or above the greatest value;
    /// empty for a linear axis, where gnuplot finds them itself.
    let tics: [Double]
    /// Where the axis begins and ends; nil where there is nothing to show.
    let range: ClosedRange<Double>?

    /// Fits the axis to values, of which those that are not finite do not count.
    init(_ values: [Double]) {
        let finite = values.filter(\.isFinite)
        guard let least = finite.min(), let most = finite.max() else {
            (tics, range) = ([], nil)
            return
        }
        guard least > 0, most >= 10 * least else {
            tics = []
            range = most > 0 ? min(0, least)...1.05 * most : nil
            return
        }
        let found = Self.tics(least...most)
        tics = found
        range = least...max(most, found.last ?? most)
    }

    /// Powers of ten; with 2 and 5 between them where there are few. Of these three, whatever decade
    /// they are in, at least three lie in a range of a decade.
    private static func tics(_ range: ClosedRange<Double>) -> [Double] {
        let first = Int(log10(range.lowerBound).rounded(.down))
        let last = Int(log10(range.upperBound).rounded(.up))
        let steps = last - first > 4 ? [1] : [1, 2, 5]
        // A decade more than there should be need of: a logarithm may be rounded to a whole number.
        let places = (first...last + 1).flatMap { exponent in
            // Read from text, for 5 * 0.001 is not the number that is printed 0.005.
            steps.compactMap { Double("\($0)e\(exponent)") }
        }
        let top = places.first { $0 >= range.upperBound } ?? range.upperBound
        return places.filter { $0 >= range.lowerBound && $0 <= top }
    }

    /// gnuplot's commands.
    var commands: String {
        let limits = range.map { "\nset yrange [\($0.lowerBound):\($0.upperBound)]" } ?? ""
        guard !tics.isEmpty else { return "set ylabel \"Loss\"" + limits }
        return """
            set ylabel "Loss (logarithmic)"
            set logscale y\(limits)
            set ytics (\(tics.map { "\($0)" }.joined(separator: ", ")))
            """
    }
}
