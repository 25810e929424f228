#if canImport(Glibc)
    import Glibc
#endif

/// Random numbers that are a function of a name: Philox4x32-10 (Salmon et al., SC 2011,
/// doi:10.1145/2063384.2063405) keyed by a seed and the name of a stream.
///
/// Two streams of the same seed and name give the same numbers on any rank, thread or day; streams of
/// different names are independent. So a draw belongs to what it is for ("segnet-binary-e4-fold2
/// shuffle epoch 3"), and an interrupted job draws on as if nothing had happened.
public struct CounterRandom: RandomNumberGenerator, Sendable {
    private let key: (UInt32, UInt32)
    private let stream: UInt64
    private var counter: UInt64 = 0
    private var spare: UInt64?
    private var spareNormal: Double?

    /// Opens the stream of a name.
    /// - Parameters:
    ///   - seed: the study's seed.
    ///   - stream: what the numbers are for.
    public init(seed: UInt64, stream: String) {
        key = (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
        // FNV-1a, then the SplitMix64 finaliser: names that differ in one letter end far apart.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in stream.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        hash = (hash ^ (hash >> 30)) &* 0xbf58_476d_1ce4_e5b9
        hash = (hash ^ (hash >> 27)) &* 0x94d0_49bb_1331_11eb
        self.stream = hash ^ (hash >> 31)
    }

    /// The next 64 random bits.
    public mutating func next() -> UInt64 {
        if let bits = spare {
            spare = nil
            return bits
        }
        let (low, high) = Self.philox(counter: counter, stream: stream, key: key)
        counter += 1
        spare = high
        return low
    }

    /// A number from the uniform distribution on [0, 1), with 53 random bits.
    public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// A number from the uniform distribution on a range.
    public mutating func uniform(in range: ClosedRange<Double>) -> Double {
        range.lowerBound + uniform() * (range.upperBound - range.lowerBound)
    }

    /// A number from the standard normal distribution (Marsaglia's polar method).
    public mutating func normal() -> Double {
        if let value = spareNormal {
            spareNormal = nil
            return value
        }
        while true {
            let u = 2 * uniform() - 1
            let v = 2 * uniform() - 1
            let s = u * u + v * v
            if s > 0, s < 1 {
                let scale = (-2 * log(s) / s).squareRoot()
                spareNormal = v * scale
                return u * scale
            }
        }
    }

    private static func philox(counter: UInt64, stream: UInt64, key: (UInt32, UInt32))
        -> (UInt64, UInt64)
    {
        var c0 = UInt32(truncatingIfNeeded: counter)
        var c1 = UInt32(truncatingIfNeeded: counter >> 32)
        var c2 = UInt32(truncatingIfNeeded: stream)
        var c3 = UInt32(truncatingIfNeeded: stream >> 32)
        var (k0, k1) = key
        for _ in 0..<10 {
            let p0 = UInt64(0xd251_1f53) * UInt64(c0)
            let p1 = UInt64(0xcd9e_8d57) * UInt64(c2)
            (c0, c1, c2, c3) = (
                UInt32(truncatingIfNeeded: p1 >> 32) ^ c1 ^ k0, UInt32(truncatingIfNeeded: p1),
                UInt32(truncatingIfNeeded: p0 >> 32) ^ c3 ^ k1, UInt32(truncatingIfNeeded: p0)
            )
            k0 = k0 &+ 0x9e37_79b9
            k1 = k1 &+ 0xbb67_ae85
        }
        return (UInt64(c1) << 32 | UInt64(c0), UInt64(c3) << 32 | UInt64(c2))
    }
}
