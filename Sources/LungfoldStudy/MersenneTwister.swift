/// MT19937 (Matsumoto and Nishimura, ACM TOMACS 1998, doi:10.1145/272991.272995).
///
/// Only the paper's hold-out is drawn with it, because MATLAB drew that with it; everything of our own
/// comes from `CounterRandom`.
struct MersenneTwister {
    private static let size = 624
    private static let shift = 397
    private var state: [UInt32]
    private var index = size

    /// Seeds the generator (the authors' `init_genrand`); MATLAB's `rng(0)` is seed 5489.
    init(seed: UInt32) {
        state = [seed]
        for i in 1..<UInt32(Self.size) {
            let last = state[Int(i) - 1]
            state.append(1_812_433_253 &* (last ^ (last >> 30)) &+ i)
        }
    }

    /// A number from the uniform distribution on [0, 1) with 53 random bits (`genrand_res53`).
    mutating func uniform() -> Double {
        let high = Double(next() >> 5)
        let low = Double(next() >> 6)
        return (high * 0x1p26 + low) * 0x1p-53
    }

    /// The next 32 random bits.
    mutating func next() -> UInt32 {
        if index == Self.size { twist() }
        var bits = state[index]
        index += 1
        bits ^= bits >> 11
        bits ^= (bits << 7) & 0x9d2c_5680
        bits ^= (bits << 15) & 0xefc6_0000
        return bits ^ (bits >> 18)
    }

    private mutating func twist() {
        for i in 0..<Self.size {
            let joined =
                (state[i] & 0x8000_0000) | (state[(i + 1) % Self.size] & 0x7fff_ffff)
            let odd: UInt32 = joined & 1 == 0 ? 0 : 0x9908_b0df
            state[i] = state[(i + Self.shift) % Self.size] ^ (joined >> 1) ^ odd
        }
        index = 0
    }
}
