import LungfoldStudy

#if canImport(Glibc)
    import Glibc
#endif

/// A smooth random field: values on a square lattice, interpolated, in three octaves.
struct NoiseField {
    private let lattices: [(side: Int, values: [Double])]

    /// - Parameter cells: lattice cells across the slice in the coarsest octave.
    init(cells: Int, using random: inout CounterRandom) {
        lattices = (0..<3).map { octave in
            let side = (cells << octave) + 2
            return (side, (0..<side * side).map { _ in random.normal() })
        }
    }

    /// The field at (x, y) in [-1, 1]: mean 0, deviation about 1.
    func value(_ x: Double, _ y: Double) -> Double {
        var sum = 0.0
        var amplitude = 1.0
        for lattice in lattices {
            sum += amplitude * Self.interpolate(lattice.values, lattice.side, x, y)
            amplitude *= 0.5
        }
        return sum
    }

    private static func interpolate(_ values: [Double], _ side: Int, _ x: Double, _ y: Double)
        -> Double
    {
        let scale = Double(side - 2) / 2
        let (u, v) = (min(max(x + 1, 0), 2) * scale, min(max(y + 1, 0), 2) * scale)
        let (column, row) = (min(Int(u), side - 2), min(Int(v), side - 2))
        let (s, t) = (smooth(u - Double(column)), smooth(v - Double(row)))
        let index = row * side + column
        let top = values[index] * (1 - s) + values[index + 1] * s
        let bottom = values[index + side] * (1 - s) + values[index + side + 1] * s
        return top * (1 - t) + bottom * t
    }

    private static func smooth(_ t: Double) -> Double { t * t * (3 - 2 * t) }
}
