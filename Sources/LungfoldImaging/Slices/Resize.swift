/// Square slices brought to another size, row-major.
///
/// Both rules put pixel centres at half-integers: pixel i of n covers [i/n, (i+1)/n] of the side.
package enum Resize {
    /// Area averaging when a side shrinks: every output pixel is the exact mean over the square it
    /// covers, for any ratio. A side that grows is interpolated linearly between pixel centres.
    package static func image(_ values: [Double], from side: Int, to size: Int) -> [Double] {
        guard side != size else { return values }
        let taps = (0..<size).map { Self.taps(of: $0, from: side, to: size) }
        let narrow = alongRows(values, side: side, taps: taps)
        return alongColumns(narrow, size: size, taps: taps)
    }

    /// Nearest neighbour: 512 to 256 takes the odd rows and columns (0-based).
    package static func labels<Value>(
        _ values: [Value], rows: Int, columns: Int, toRows: Int, toColumns: Int
    ) -> [Value] {
        guard rows != toRows || columns != toColumns else { return values }
        let sourceColumns = (0..<toColumns).map { nearest($0, from: columns, to: toColumns) }
        return (0..<toRows).flatMap { row in
            let start = nearest(row, from: rows, to: toRows) * columns
            return sourceColumns.map { values[start + $0] }
        }
    }

    /// The pixel whose area holds the centre of output pixel `index`: floor((index + 1/2) from/to).
    package static func nearest(_ index: Int, from side: Int, to size: Int) -> Int {
        (2 * index + 1) * side / (2 * size)
    }

    /// First input pixel and the weights of it and its successors; they sum to 1.
    private struct Taps {
        let start: Int
        let weights: [Double]
    }

    private static func taps(of index: Int, from side: Int, to size: Int) -> Taps {
        size < side ? area(index, side, size) : linear(index, side, size)
    }

    /// In units of 1/(side size) of the side everything is an integer, hence exact: the output
    /// pixel covers [index side, (index + 1) side], input pixel i covers [i size, (i + 1) size].
    private static func area(_ index: Int, _ side: Int, _ size: Int) -> Taps {
        let (low, high) = (index * side, (index + 1) * side)
        let start = low / size
        let end = (high + size - 1) / size
        let weights = (start..<end).map {
            Double(min(high, ($0 + 1) * size) - max(low, $0 * size)) / Double(side)
        }
        return Taps(start: start, weights: weights)
    }

    private static func linear(_ index: Int, _ side: Int, _ size: Int) -> Taps {
        let centre = Double((2 * index + 1) * side) / Double(2 * size) - 0.5
        let position = min(max(centre, 0), Double(side - 1))
        let start = min(Int(position), max(side - 2, 0))
        let fraction = position - Double(start)
        return Taps(start: start, weights: side == 1 ? [1] : [1 - fraction, fraction])
    }

    private static func alongRows(_ values: [Double], side: Int, taps: [Taps]) -> [Double] {
        var output: [Double] = []
        output.reserveCapacity(side * taps.count)
        for row in 0..<side {
            for tap in taps {
                var sum = 0.0
                for (offset, weight) in tap.weights.enumerated() {
                    sum += weight * values[row * side + tap.start + offset]
                }
                output.append(sum)
            }
        }
        return output
    }

    private static func alongColumns(_ values: [Double], size: Int, taps: [Taps]) -> [Double] {
        var output = [Double](repeating: 0, count: size * taps.count)
        for (row, tap) in taps.enumerated() {
            for (offset, weight) in tap.weights.enumerated() {
                let source = (tap.start + offset) * size
                for column in 0..<size {
                    output[row * size + column] += weight * values[source + column]
                }
            }
        }
        return output
    }
}
