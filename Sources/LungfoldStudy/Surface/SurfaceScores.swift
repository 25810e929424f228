/// How well the outline of a region was found on a slice.
public struct SurfaceScores: Hashable, Sendable {
    /// The 95th percentile of the distances between the outlines, in pixels: the greater of the two
    /// directions, as MONAI has it. Nil where truth or prediction is empty.
    public let hd95: Double?
    /// Boundary F1 (Csurka et al., BMVC 2013, doi:10.5244/C.27.32): the harmonic mean of the shares of
    /// both outlines that lie within the tolerance of the other; 0 where one is empty, nil where both.
    public let boundaryF1: Double?

    /// The tolerance of boundary F1 in pixels: 0.75 % of the slice's diagonal, as in MATLAB's
    /// `bfscore`.
    public static func tolerance(size: Int) -> Double { 0.0075 * 2.0.squareRoot() * Double(size) }

    /// Compares two regions of a slice.
    /// - Parameters:
    ///   - truth: whether a pixel is in the true region; `size * size`, row-major.
    ///   - prediction: the same of the predicted one.
    ///   - size: rows, and columns.
    public init(truth: [Bool], prediction: [Bool], size: Int) {
        let outlines = [truth, prediction].map { Self.outline(of: $0, size: size) }
        let (isTrue, isPredicted) = (outlines[0].contains(true), outlines[1].contains(true))
        guard isTrue, isPredicted else {
            hd95 = nil
            boundaryF1 = isTrue || isPredicted ? 0 : nil
            return
        }
        let misses = Self.distances(from: outlines[0], to: outlines[1], size: size)
        let strays = Self.distances(from: outlines[1], to: outlines[0], size: size)
        hd95 = max(percentile(misses, 0.95), percentile(strays, 0.95))
        let tolerance = Self.tolerance(size: size)
        let recall = Self.share(of: misses, within: tolerance)
        let precision = Self.share(of: strays, within: tolerance)
        boundaryF1 = recall + precision == 0 ? 0 : 2 * recall * precision / (recall + precision)
    }

    /// The region's pixels that have a neighbour (of four) outside it, or lie on the slice's edge.
    private static func outline(of region: [Bool], size: Int) -> [Bool] {
        region.indices.map { index in
            guard region[index] else { return false }
            let (row, column) = (index / size, index % size)
            guard row > 0, row < size - 1, column > 0, column < size - 1 else { return true }
            return !region[index - 1] || !region[index + 1] || !region[index - size]
                || !region[index + size]
        }
    }

    private static func distances(from outline: [Bool], to other: [Bool], size: Int) -> [Double] {
        let map = DistanceMap(from: other, size: size)
        return outline.indices.filter { outline[$0] }.map { map.squares[$0].squareRoot() }.sorted()
    }

    private static func share(of distances: [Double], within tolerance: Double) -> Double {
        Double(distances.count { $0 <= tolerance }) / Double(distances.count)
    }
}
