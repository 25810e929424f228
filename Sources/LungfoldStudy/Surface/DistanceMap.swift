/// Squared Euclidean distances of the pixels of a square from a set of them, exact (Felzenszwalb and
/// Huttenlocher, Theory of Computing 8:415, 2012, doi:10.4086/toc.2012.v008a019).
struct DistanceMap {
    /// The squared distance of each pixel, row-major, in pixels; infinite where the set is empty.
    let squares: [Double]

    /// Measures distances.
    /// - Parameters:
    ///   - isSource: whether a pixel is in the set, row-major.
    ///   - size: rows, and columns.
    init(from isSource: [Bool], size: Int) {
        var squares = isSource.map { $0 ? 0 : Double.infinity }
        var line = [Double](repeating: 0, count: size)
        for column in 0..<size {
            for row in 0..<size { line[row] = squares[row * size + column] }
            let lower = Self.lowerEnvelope(line)
            for row in 0..<size { squares[row * size + column] = lower[row] }
        }
        for row in 0..<size {
            let range = row * size..<(row + 1) * size
            squares.replaceSubrange(range, with: Self.lowerEnvelope(Array(squares[range])))
        }
        self.squares = squares
    }

    /// At each place p the least of heights[q] + (p - q)^2.
    private static func lowerEnvelope(_ heights: [Double]) -> [Double] {
        var places: [Int] = []
        var starts: [Double] = []
        for q in heights.indices where heights[q].isFinite {
            var start = -Double.infinity
            while let last = places.last {
                let (a, b) = (Double(last), Double(q))
                start = ((heights[q] + b * b) - (heights[last] + a * a)) / (2 * (b - a))
                guard start <= starts[starts.count - 1] else { break }
                places.removeLast()
                starts.removeLast()
                start = -.infinity
            }
            places.append(q)
            starts.append(start)
        }
        guard !places.isEmpty else { return heights }
        var index = 0
        return heights.indices.map { p in
            while index + 1 < places.count, starts[index + 1] <= Double(p) { index += 1 }
            let offset = Double(p - places[index])
            return heights[places[index]] + offset * offset
        }
    }
}
