import LungfoldStudy

/// Square slices of small whole numbers as a `.nii.gz` file placed nowhere: what a study keeps for its
/// report, at the size at which its networks saw it.
public struct PixelVolume: Hashable, Sendable {
    /// Rows, and columns, of a slice.
    public var size: Int
    /// For each slice `size * size` values, row-major.
    public var slices: [[UInt8]]

    /// Makes a volume.
    public init(size: Int, slices: [[UInt8]]) {
        precondition(slices.allSatisfy { $0.count == size * size }, "slices are square")
        self.size = size
        self.slices = slices
    }

    /// Reads a file that `encoded` has made.
    /// - Throws: `LungfoldError` where it is damaged or holds something else.
    public init(contentsOf path: String) throws {
        var budget = MemoryBudget.ofThisMachine()
        let volume = try NIfTIVolume(reading: path, within: &budget)
        guard volume.rows == volume.columns else {
            throw LungfoldError(.badData, path, "has slices that are not square")
        }
        size = volume.rows
        slices = try (0..<volume.count).map { index in
            try volume.slice(index).map { value in
                guard let pixel = UInt8(exactly: value) else {
                    throw LungfoldError(.badData, path, "has the value \(value), which is no pixel")
                }
                return pixel
            }
        }
    }

    /// The file's bytes; equal volumes give equal bytes.
    /// - Parameter isLabel: whether the values are classes.
    public func encoded(isLabel: Bool) throws -> [UInt8] {
        let header = ImagingShim.newHeader(
            rows: size, columns: size, slices: slices.count, spacing: nil, isLabel: isLabel)
        guard let header else {
            throw LungfoldError(.internal, "a volume", "libnifti cannot make its header")
        }
        return try NIfTIWriter.encode(
            slices, rows: size, columns: size, header: header, isCompressed: true)
    }
}
