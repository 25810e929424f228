/// A sum of products, and the length of its terms: rounding is measured by that, for a sum may
/// cancel to nothing.
struct ProductSum {
    private(set) var value = 0.0
    private(set) var squares = 0.0

    mutating func add(_ a: Double, _ b: Double) {
        value += a * b
        squares += a * b * a * b
    }
}

/// Convolutions and their gradients by definition, one value at a time.
enum NaiveConvolution {
    /// Stride 1, zero padding that keeps the size.
    static func forward(_ maps: Maps, _ w: Filters, _ n: Int, _ y: Int, _ x: Int, _ o: Int)
        -> ProductSum
    {
        let pad = w.kernel / 2
        var sum = ProductSum()
        for row in 0..<w.kernel {
            for column in 0..<w.kernel {
                for i in 0..<w.input {
                    let pixel = maps.bordered(n, y + row - pad, x + column - pad, i)
                    sum.add(pixel, w[row, column, i, o])
                }
            }
        }
        return sum
    }

    static func inputGradient(
        _ gradient: Maps, _ w: Filters, _ n: Int, _ y: Int, _ x: Int, _ i: Int
    ) -> ProductSum {
        let pad = w.kernel / 2
        var sum = ProductSum()
        for row in 0..<w.kernel {
            for column in 0..<w.kernel {
                for o in 0..<w.output {
                    let of = gradient.bordered(n, y - row + pad, x - column + pad, o)
                    sum.add(of, w[row, column, i, o])
                }
            }
        }
        return sum
    }

    static func weightGradient(
        _ maps: Maps, _ gradient: Maps, kernel: Int, _ row: Int, _ column: Int, _ i: Int, _ o: Int
    ) -> ProductSum {
        let pad = kernel / 2
        var sum = ProductSum()
        for n in 0..<maps.batch {
            for y in 0..<maps.height {
                for x in 0..<maps.width {
                    let pixel = maps.bordered(n, y + row - pad, x + column - pad, i)
                    sum.add(pixel, gradient[n, y, x, o])
                }
            }
        }
        return sum
    }
}

/// Transposed 2x2 convolutions of stride 2 by definition: every pixel becomes a 2x2 of its own.
enum NaiveUpconvolution {
    static func forward(_ maps: Maps, _ w: Filters, _ n: Int, _ y: Int, _ x: Int, _ o: Int)
        -> ProductSum
    {
        var sum = ProductSum()
        for i in 0..<w.input { sum.add(maps[n, y / 2, x / 2, i], w[y % 2, x % 2, i, o]) }
        return sum
    }

    static func inputGradient(
        _ gradient: Maps, _ w: Filters, _ n: Int, _ y: Int, _ x: Int, _ i: Int
    ) -> ProductSum {
        var sum = ProductSum()
        for row in 0..<2 {
            for column in 0..<2 {
                for o in 0..<w.output {
                    sum.add(gradient[n, 2 * y + row, 2 * x + column, o], w[row, column, i, o])
                }
            }
        }
        return sum
    }

    static func weightGradient(
        _ maps: Maps, _ gradient: Maps, _ row: Int, _ column: Int, _ i: Int, _ o: Int
    ) -> ProductSum {
        var sum = ProductSum()
        for n in 0..<maps.batch {
            for y in 0..<maps.height {
                for x in 0..<maps.width {
                    sum.add(maps[n, y, x, i], gradient[n, 2 * y + row, 2 * x + column, o])
                }
            }
        }
        return sum
    }
}
