import Glibc
import LungfoldStudy

/// A stack of axial slices of one size: a NIfTI volume or a folder of PNG files.
package protocol SliceStack {
    /// The file or folder.
    var path: String { get }
    var rows: Int { get }
    var columns: Int { get }
    var count: Int { get }
    /// The range that the format fixes, if it does: 0...255 for 8-bit PNG.
    var nominalRange: ClosedRange<Double>? { get }
    /// The values of a slice (0-based), row-major: an image's row is the volume's first axis.
    func slice(_ index: Int) -> [Double]
}

extension SliceStack {
    /// For messages: "rows x columns x slices".
    package var shape: String { "\(rows) x \(columns) x \(count)" }

    /// Throws when another stack has another shape; names both files and shapes.
    package func requireShape(of other: any SliceStack) throws {
        guard rows == other.rows, columns == other.columns, count == other.count else {
            throw LungfoldError(
                .badData, path,
                "has shape \(shape), but \(other.path) has \(other.shape); they must be equal",
                remedy: "Give files of the same scan at the same resolution")
        }
    }
}

/// What the values of a stack mean, as far as reading depends on it.
package enum SliceRole {
    case images, labels, lungs
}

/// Opens a NIfTI file or a folder of PNG slices.
package func openStack(_ path: String, as role: SliceRole) throws -> any SliceStack {
    var budget = MemoryBudget.ofThisMachine()
    return try openStack(path, as: role, within: &budget)
}

/// Opens a NIfTI file or a folder of PNG slices, whose memory is taken from a budget.
package func openStack(
    _ path: String, as role: SliceRole, within budget: inout MemoryBudget
) throws -> any SliceStack {
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
        return try PNGStack(
            reading: path, stretchesLowDepths: role == .images, within: &budget)
    }
    return try NIfTIVolume(reading: path, within: &budget)
}
