import LungfoldStudy

/// 8-bit pictures as PNG.
public enum PNGWriter {
    /// Encodes grey values.
    /// - Parameters:
    ///   - grey: `rows * columns` values, row-major.
    ///   - rows: rows of the picture, at least 1.
    ///   - columns: columns of the picture, at least 1.
    public static func encode(grey: [UInt8], rows: Int, columns: Int) throws -> [UInt8] {
        try encode(grey, rows: rows, columns: columns, channels: 1)
    }

    /// Encodes red, green and blue values.
    /// - Parameters:
    ///   - rgb: `rows * columns * 3` values, row-major, red first.
    ///   - rows: rows of the picture, at least 1.
    ///   - columns: columns of the picture, at least 1.
    public static func encode(rgb: [UInt8], rows: Int, columns: Int) throws -> [UInt8] {
        try encode(rgb, rows: rows, columns: columns, channels: 3)
    }

    private static func encode(_ pixels: [UInt8], rows: Int, columns: Int, channels: Int) throws
        -> [UInt8]
    {
        precondition(rows > 0 && columns > 0 && pixels.count == rows * columns * channels)
        let encoded = ImagingShim.encodePNG(
            pixels, rows: rows, columns: columns, channels: channels)
        guard let encoded else {
            throw LungfoldError(
                .internal, "PNG", "libpng cannot encode \(rows) x \(columns) pixels")
        }
        return encoded
    }
}
