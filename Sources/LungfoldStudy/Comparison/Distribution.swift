#if canImport(Glibc)
    import Glibc
#endif

/// Distribution functions.
public enum Distribution {
    /// The probability that a standard normal variable is at most `z`.
    public static func normal(_ z: Double) -> Double { erfc(-z / 2.0.squareRoot()) / 2 }

    /// The `z` that a standard normal variable stays at or below with a probability.
    /// - Parameter probability: between 0 and 1, neither of them.
    public static func normalQuantile(_ probability: Double) -> Double {
        // Near 1 a probability has lost the digits that tell the tail.
        guard probability <= 0.5 else { return -normalQuantile(1 - probability) }
        var (low, high) = (-40.0, 0.0)
        // Halving until the interval is as narrow as a Double can tell.
        for _ in 0..<64 {
            let middle = (low + high) / 2
            if normal(middle) < probability { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }

    /// The probability that a variable of Student's t distribution is farther from 0 than `t`.
    /// - Parameter degrees: degrees of freedom, above 0.
    public static func studentTwoSided(_ t: Double, degrees: Double) -> Double {
        incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5)
    }

    /// The regularised incomplete beta function, by its continued fraction (Abramowitz and Stegun
    /// 26.5.8) with Lentz's method.
    private static func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
        guard x > 0 else { return 0 }
        guard x < 1 else { return 1 }
        // The fraction converges fast below the mean; beyond, the function's mirror image does.
        guard x < (a + 1) / (a + b + 2) else { return 1 - incompleteBeta(1 - x, b, a) }
        let front = exp(
            lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(1 - x))
        return front * fraction(x, a, b) / a
    }

    private static func fraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
        func notZero(_ value: Double) -> Double { abs(value) < 1e-300 ? 1e-300 : value }
        var c = 1.0
        var d = 1 / notZero(1 - (a + b) * x / (a + 1))
        var value = d
        for index in 1...300 {
            let m = Double(index)
            let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
            d = 1 / notZero(1 + even * d)
            c = notZero(1 + even / c)
            value *= c * d
            let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
            d = 1 / notZero(1 + odd * d)
            c = notZero(1 + odd / c)
            value *= c * d
            if abs(c * d - 1) < 1e-15 { break }
        }
        return value
    }
}
