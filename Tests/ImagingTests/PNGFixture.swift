import CLungfoldImaging

/// A PNG file put together chunk by chunk, of any colour type and depth.
struct PNGFixture {
    var rows: UInt32
    var columns: UInt32
    var bitDepth: UInt8 = 8
    /// 0 grey, 2 RGB, 3 palette, 4 grey with alpha, 6 RGBA.
    var colourType: UInt8 = 0
    var palette: [UInt8] = []
    /// Whether the lines are those of Adam7's seven passes.
    var isInterlaced = false
    /// Chunks between the header and the pixels.
    var extra: [UInt8] = []
    /// The packed scanlines, without their filter bytes.
    var lines: [[UInt8]]
    /// A zlib stream in the place of the lines.
    var compressed: [UInt8]?

    var bytes: [UInt8] {
        var header = Self.word(columns) + Self.word(rows)
        header += [bitDepth, colourType, 0, 0, isInterlaced ? 1 : 0]
        var file: [UInt8] = [137, 80, 78, 71, 13, 10, 26, 10] + Self.chunk("IHDR", header) + extra
        if !palette.isEmpty { file += Self.chunk("PLTE", palette) }
        file += Self.chunk("IDAT", compressed ?? zlib(lines.flatMap { [0] + $0 }))
        return file + Self.chunk("IEND", [])
    }

    /// A zlib stream of zeros, as small as deflate can make it.
    static func zlib(zeros count: Int) -> [UInt8] {
        let packed = gzip([UInt8](repeating: 0, count: count))
        // Between gzip's header and trailer lies the same deflate stream.
        return [0x78, 0x9c] + packed[10..<packed.count - 8]
            + word(UInt32(count % 65521) << 16 | 1)
    }

    /// A chunk with its length and checksum.
    static func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
        let body = Array(name.utf8) + data
        return word(UInt32(data.count)) + body + word(lungfold_crc32(body, body.count))
    }

    /// A zlib stream of one stored block.
    private func zlib(_ data: [UInt8]) -> [UInt8] {
        let count = UInt16(data.count)
        let lengths = [UInt8(count & 255), UInt8(count >> 8)]
        return [0x78, 0x01, 1] + lengths + lengths.map { ~$0 } + data + Self.word(adler(data))
    }

    private func adler(_ data: [UInt8]) -> UInt32 {
        let (a, b) = data.reduce((UInt32(1), UInt32(0))) { sums, byte in
            let a = (sums.0 + UInt32(byte)) % 65521
            return (a, (sums.1 + a) % 65521)
        }
        return b << 16 | a
    }

    private static func word(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
    }
}
