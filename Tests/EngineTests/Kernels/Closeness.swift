import Testing

/// How far a float32 result may lie from the definition: the root of the mean square and the largest
/// of the errors, both relative to the root of the mean square of the result, or of the length of its
/// terms, sqrt(sum((x w)^2)), where the terms cancel.
struct Tolerance {
    let rms: Double
    let largest: Double

    /// Four to eight times what F(4x4, 3x3) at these points was measured to lose.
    static let winograd = Tolerance(rms: 2e-6, largest: 3e-5)
    static let winogradWeights = Tolerance(rms: 4e-6, largest: 5e-5)
    static let direct = Tolerance(rms: 1e-6, largest: 1e-5)
}

/// Compares values with their definitions: all of them, or where there are many, some 1500.
func expectClose(
    _ values: [Double], _ tolerance: Tolerance, _ what: String,
    sourceLocation: SourceLocation = #_sourceLocation, definition: (Int) -> ProductSum
) {
    var draw = Draw(values.count)
    let indices =
        values.count <= 3000
        ? Array(values.indices)
        : [0, values.count - 1]
            + (0..<1500).map { _ in Int.random(in: values.indices, using: &draw) }
    var squares = 0.0
    var terms = 0.0
    var errors = 0.0
    var largest = 0.0
    for index in indices {
        let sum = definition(index)
        let error = abs(values[index] - sum.value)
        squares += sum.value * sum.value
        terms += sum.squares
        errors += error * error
        // Not max(): it may drop a NaN.
        largest = error <= largest ? largest : error
    }
    let count = Double(indices.count)
    let scale = (max(squares, terms) / count).squareRoot()
    let rms = (errors / count).squareRoot()
    #expect(rms <= tolerance.rms * scale, "\(what): rms", sourceLocation: sourceLocation)
    #expect(largest <= tolerance.largest * scale, "\(what): max", sourceLocation: sourceLocation)
}

/// Compares values one by one, to `relative` of each and of the largest.
func expectEqual(
    _ values: [Double], _ reference: [Double], relative: Double, _ what: String,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(values.count == reference.count, "\(what)", sourceLocation: sourceLocation)
    let largest = reference.reduce(0) { max($0, abs($1)) }
    let wrong = zip(values, reference).enumerated().first { _, pair in
        !(pair.0 == pair.1 || abs(pair.0 - pair.1) <= relative * (abs(pair.1) + largest) / 2)
    }
    #expect(
        wrong == nil,
        "\(what): at \(wrong?.offset ?? 0) \(wrong?.element.0 ?? 0), not \(wrong?.element.1 ?? 0)",
        sourceLocation: sourceLocation)
}
