/// A 64-bit digest that tells accidents from equality: another file, a damaged copy. It is no defence
/// against somebody who wants a collision.
enum Digest {
    /// The digest of bytes: FNV-1a over words of eight bytes, then the SplitMix64 finaliser, which
    /// carries every bit into all others. Each step can be undone, so two byte strings of one length
    /// that differ within one word never have the same digest.
    static func of(_ bytes: [UInt8]) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325 ^ UInt64(bytes.count)
        let words = bytes.count / 8
        let raw = bytes.span.bytes
        for index in 0..<words {
            let word = raw.unsafeLoadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)
            hash = mixed(hash ^ word.bigEndian)
        }
        if words * 8 < bytes.count {
            hash = mixed(hash ^ bytes[(words * 8)...].reduce(0) { $0 << 8 | UInt64($1) })
        }
        return hash
    }

    /// The digest as 16 hexadecimal digits.
    static func text(of bytes: [UInt8]) -> String {
        let digits = String(of(bytes), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    private static func mixed(_ value: UInt64) -> UInt64 {
        var hash = value &* 0x100_0000_01b3
        hash = (hash ^ (hash >> 30)) &* 0xbf58_476d_1ce4_e5b9
        hash = (hash ^ (hash >> 27)) &* 0x94d0_49bb_1331_11eb
        return hash ^ (hash >> 31)
    }
}
