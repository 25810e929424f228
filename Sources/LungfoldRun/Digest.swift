/// A 64-bit digest that tells accidents from equality: another file, a damaged copy. It is no defence
/// against somebody who wants a collision.
enum Digest {
    /// The digest of bytes: FNV-1a over words of eight bytes, then the SplitMix64 finaliser, which
    /// carries every bit into all others.
    static func of(_ bytes: [UInt8]) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325 ^ UInt64(bytes.count)
        var index = 0
        while index < bytes.count {
            var word: UInt64 = 0
            for byte in bytes[index..<min(index + 8, bytes.count)] {
                word = word << 8 | UInt64(byte)
            }
            hash = mixed(hash ^ word)
            index += 8
        }
        return hash
    }

    private static func mixed(_ value: UInt64) -> UInt64 {
        var hash = value &* 0x100_0000_01b3
        hash = (hash ^ (hash >> 30)) &* 0xbf58_476d_1ce4_e5b9
        hash = (hash ^ (hash >> 27)) &* 0x94d0_49bb_1331_11eb
        return hash ^ (hash >> 31)
    }
}
