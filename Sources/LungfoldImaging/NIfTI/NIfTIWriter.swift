import LungfoldStudy

/// Writes uint8 volumes as `.nii` or, compressed, `.nii.gz`: whole or not at all, and equal volumes
/// as equal bytes.
enum NIfTIWriter {
    /// Writes a volume.
    /// - Parameters:
    ///   - slices: each `rows * columns` values, row-major.
    ///   - header: the header and extension flag that declare them.
    ///   - path: ends in `.nii` or `.nii.gz`.
    static func write(
        _ slices: [[UInt8]], rows: Int, columns: Int, header: [UInt8], to path: String
    ) throws {
        try WholeFile.write(
            encode(
                slices, rows: rows, columns: columns, header: header,
                isCompressed: compression(of: path)),
            to: path)
    }

    /// The bytes of a volume's file.
    static func encode(
        _ slices: [[UInt8]], rows: Int, columns: Int, header: [UInt8], isCompressed: Bool
    ) throws -> [UInt8] {
        var bytes = header
        bytes.reserveCapacity(header.count + slices.count * rows * columns)
        for slice in slices { append(slice, rows: rows, columns: columns, to: &bytes) }
        guard isCompressed else { return bytes }
        guard let packed = ImagingShim.gzip(bytes) else {
            throw LungfoldError(.io, "a volume", "cannot be compressed: not enough memory")
        }
        return packed
    }

    /// Whether the name asks for gzip.
    /// - Throws: `LungfoldError` for a name that is no volume's.
    static func compression(of path: String) throws -> Bool {
        let name = path.lowercased()
        guard name.hasSuffix(".nii") || name.hasSuffix(".nii.gz") else {
            throw LungfoldError(
                .usage, path, "a volume's name ends in .nii or .nii.gz",
                remedy: "Name the output for instance labels.nii.gz")
        }
        return name.hasSuffix(".gz")
    }

    /// The first axis, a slice's row, runs fastest in the file.
    private static func append(
        _ slice: [UInt8], rows: Int, columns: Int, to bytes: inout [UInt8]
    ) {
        precondition(slice.count == rows * columns)
        for column in 0..<columns {
            for row in 0..<rows { bytes.append(slice[row * columns + column]) }
        }
    }
}
