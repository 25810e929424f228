#if canImport(Glibc)
    import Glibc
#endif

/// A point in the slice: x to the right (columns) and y down (rows), both in [-1, 1].
struct Point {
    var x: Double
    var y: Double
}

/// An ellipse of the slice's plane, turned by an angle in radians.
struct Ellipse {
    var centre: Point
    var radiusX: Double
    var radiusY: Double
    var angle = 0.0

    /// Less than 1 inside, 1 on the border.
    func distance(_ point: Point) -> Double {
        let (dx, dy) = (point.x - centre.x, point.y - centre.y)
        let (c, s) = (cos(angle), sin(angle))
        let u = (dx * c + dy * s) / radiusX
        let v = (dy * c - dx * s) / radiusY
        return (u * u + v * v).squareRoot()
    }

    /// Visits the pixels whose centres lie inside, in a slice of `size` rows and columns.
    func forEachPixel(size: Int, _ body: (_ index: Int, _ point: Point) -> Void) {
        let reach = max(radiusX, radiusY)
        for row in Self.span(centre.y, reach, size) {
            for column in Self.span(centre.x, reach, size) {
                let index = row * size + column
                let point = Canvas.point(index, size: size)
                if distance(point) <= 1 { body(index, point) }
            }
        }
    }

    private static func span(_ centre: Double, _ reach: Double, _ size: Int) -> Range<Int> {
        let scale = Double(size) / 2
        let low = min(max(((centre - reach + 1) * scale).rounded(.down), 0), Double(size))
        let high = min(max(((centre + reach + 1) * scale).rounded(.up), 0), Double(size))
        return Int(low)..<Int(high)
    }

    /// The same shape, larger or smaller.
    func scaled(_ factor: Double) -> Ellipse {
        Ellipse(centre: centre, radiusX: radiusX * factor, radiusY: radiusY * factor, angle: angle)
    }
}

/// Grey values that shapes are painted on, one over the other.
struct Canvas {
    let size: Int
    var values: [Double]

    init(size: Int) {
        self.size = size
        values = Array(repeating: 0, count: size * size)
    }

    /// The centre of a pixel.
    static func point(_ index: Int, size: Int) -> Point {
        Point(
            x: (2 * Double(index % size) + 1) / Double(size) - 1,
            y: (2 * Double(index / size) + 1) / Double(size) - 1)
    }

    /// Paints an ellipse.
    mutating func fill(_ ellipse: Ellipse, _ value: Double) {
        ellipse.forEachPixel(size: size) { index, _ in values[index] = value }
    }

    /// Blurs by a Gaussian: the scanner's point spread, which also gives borders their partial
    /// volume.
    mutating func blur(sigma: Double) {
        let reach = max(1, Int((3 * sigma).rounded(.up)))
        var kernel = (-reach...reach).map { exp(-Double($0 * $0) / (2 * sigma * sigma)) }
        let sum = kernel.reduce(0, +)
        kernel = kernel.map { $0 / sum }
        values = convolve(values, kernel, step: 1)
        values = convolve(values, kernel, step: size)
    }

    private func convolve(_ input: [Double], _ kernel: [Double], step: Int) -> [Double] {
        let reach = kernel.count / 2
        var output = [Double](repeating: 0, count: input.count)
        for index in input.indices {
            let position = index / step % size
            let start = index - position * step
            var sum = 0.0
            for offset in -reach...reach {
                let clamped = min(max(position + offset, 0), size - 1)
                sum += kernel[offset + reach] * input[start + clamped * step]
            }
            output[index] = sum
        }
        return output
    }
}
