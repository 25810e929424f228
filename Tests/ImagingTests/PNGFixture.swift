import CLungfoldImaging

/// A PNG file put together chunk by chunk, of any colour type and depth.
struct PNGFixture {
    var rows: UInt32
    var columns: UInt32
    var bitDepth: UInt8 = 8
    /// 0 grey, 2 RGB, 3 palette, 4 grey with alpha, 6 RGBA.
    var colourType: UInt8 = 0
    var palette: [UInt8] = []
    /// The packed scanlines, without their filter bytes.
    var lines: [[UInt8]]

    var bytes: [UInt8] {
        var header = word(columns) + word(rows)
        header += [bitDepth, colourType, 0, 0, 0]
        var file: [UInt8] = [137, 80, 78, 71, 13, 10, 26, 10] + chunk("IHDR", header)
        if !palette.isEmpty { file += chunk("PLTE", palette) }
        return file + chunk("IDAT", zlib(lines.flatMap { [0] + $0 })) + chunk("IEND", [])
    }

    private func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
        let body = Array(name.utf8) + data
        return word(UInt32(data.count)) + body + word(lungfold_crc32(body, body.count))
    }

    /// A zlib stream of one stored block.
    private func zlib(_ data: [UInt8]) -> [UInt8] {
        let count = UInt16(data.count)
        let lengths = [UInt8(count & 255), UInt8(count >> 8)]
        return [0x78, 0x01, 1] + lengths + lengths.map { ~$0 } + data + word(adler(data))
    }

    private func adler(_ data: [UInt8]) -> UInt32 {
        let (a, b) = data.reduce((UInt32(1), UInt32(0))) { sums, byte in
            let a = (sums.0 + UInt32(byte)) % 65521
            return (a, (sums.1 + a) % 65521)
        }
        return b << 16 | a
    }

    private func word(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
    }
}
