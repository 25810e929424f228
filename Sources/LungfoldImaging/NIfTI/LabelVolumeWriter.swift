import LungfoldStudy

/// Writes predicted labels so that they lie over the images they were predicted from: the input's
/// header is kept (qform, sform, spacings, units), only what makes it labels is changed (uint8, no
/// scaling, intent LABEL = 1002), and a qform or sform that is no numbers is left out; labels of a PNG
/// folder get unit spacing and no orientation.
public struct LabelVolumeWriter: Codable, Sendable {
    /// Rows of the input's slices.
    public let rows: Int
    /// Columns of the input's slices.
    public let columns: Int
    /// Slices of the input.
    public let count: Int
    private let header: [UInt8]

    /// Reads the geometry of an input.
    /// - Parameter imagesPath: the volume or folder that was predicted from.
    public init(like imagesPath: String) throws {
        let stack = try openStack(imagesPath, as: .images)
        (rows, columns, count) = (stack.rows, stack.columns, stack.count)
        let header =
            if let volume = stack as? NIfTIVolume {
                ImagingShim.labelHeader(like: volume.headerBytes)
            } else {
                ImagingShim.newHeader(
                    rows: rows, columns: columns, slices: count, spacing: nil, isLabel: true)
            }
        guard let header else {
            throw LungfoldError(.internal, imagesPath, "has a header that libnifti cannot write")
        }
        self.header = header
    }

    /// Brings labels to the input's own resolution by nearest neighbour and writes them whole or
    /// not at all.
    /// - Parameters:
    ///   - labels: for each slice `size * size` labels, row-major.
    ///   - size: rows and columns of the labels.
    ///   - path: ends in `.nii` or `.nii.gz`.
    public func write(_ labels: [[UInt8]], size: Int, to path: String) throws {
        guard labels.count == count, labels.allSatisfy({ $0.count == size * size }) else {
            throw LungfoldError(
                .internal, path,
                "\(labels.count) label maps for \(count) slices of \(size) x \(size)")
        }
        let slices = labels.map {
            Resize.labels($0, rows: size, columns: size, toRows: rows, toColumns: columns)
        }
        try NIfTIWriter.write(slices, rows: rows, columns: columns, header: header, to: path)
    }

    /// The bytes of a `.nii.gz` file in which some slices are labelled and all others are 0.
    /// - Parameters:
    ///   - labels: by slice, 1-based, `size * size` labels each, row-major.
    ///   - size: rows and columns of the labels.
    public func encode(_ labels: [Int: [UInt8]], size: Int) throws -> [UInt8] {
        let blank = [UInt8](repeating: 0, count: rows * columns)
        let slices = (1...count).map { number in
            labels[number].map {
                Resize.labels($0, rows: size, columns: size, toRows: rows, toColumns: columns)
            } ?? blank
        }
        return try NIfTIWriter.encode(
            slices, rows: rows, columns: columns, header: header, isCompressed: true)
    }

    /// Checks an output's name before any work is done for it.
    /// - Throws: `LungfoldError` unless it ends in `.nii` or `.nii.gz`.
    public static func checkName(_ path: String) throws {
        _ = try NIfTIWriter.compression(of: path)
    }
}
