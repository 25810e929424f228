/// Holm's correction for several tests (Scand. J. Statist. 6:65, 1979, jstor.org/stable/4615733).
public enum Holm {
    /// Corrected p values, in the order given: comparing them with a level keeps the probability of
    /// any false finding among all tests below it. Tests that could not be made stay nil, uncounted.
    public static func adjusted(_ pValues: [Double?]) -> [Double?] {
        let order = pValues.indices.filter { pValues[$0] != nil }.sorted {
            (pValues[$0] ?? 1, $0) < (pValues[$1] ?? 1, $1)
        }
        var adjusted = [Double?](repeating: nil, count: pValues.count)
        var largest = 0.0
        for (place, index) in order.enumerated() {
            largest = max(largest, min(1, Double(order.count - place) * (pValues[index] ?? 1)))
            adjusted[index] = largest
        }
        return adjusted
    }
}
