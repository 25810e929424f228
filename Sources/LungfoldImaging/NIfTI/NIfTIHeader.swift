import LungfoldStudy

/// The strict guard before libnifti: what a header may declare, checked before anything is
/// allocated for it.
///
/// Scaling follows the standard and its common readers: a slope of 0 means none, and so does NaN,
/// which some writers leave there; an infinite slope, or an intercept that is not finite beside a
/// usable slope, is refused.
struct NIfTIHeader {
    let version: Int
    let isSwapped: Bool
    let rows: Int
    let columns: Int
    let slices: Int
    let voxelType: VoxelType
    /// Bytes from the start of the (inflated) file to the first voxel.
    let voxelOffset: Int
    /// Bytes of header, extensions and voxels together.
    let fileBytes: Int
    let slope: Double
    let intercept: Double

    /// The most rows or columns.
    static let maximumSide = 16384
    /// The most pixels of a slice: more of one colour fit in a few kilobytes, and take gigabytes as
    /// numbers.
    static let maximumPixels = 1 << 26

    /// Checks the first bytes of a file.
    /// - Parameters:
    ///   - bytes: at least the header; `HeaderFields.probeSize` is enough.
    ///   - path: the file, for messages.
    init(_ bytes: [UInt8], path: String) throws {
        let fields = try HeaderFields(bytes, path: path)
        version = fields.version
        isSwapped = fields.isSwapped
        (rows, columns, slices) = try Self.shape(fields)
        voxelType = try Self.voxelType(fields)
        voxelOffset = try Self.voxelOffset(fields)
        (slope, intercept) = try Self.scaling(fields)
        let voxels = Self.product([rows, columns, slices, voxelType.bytes])
        let total = voxels?.addingReportingOverflow(voxelOffset)
        guard let total, !total.overflow, total.partialValue <= InputFile.maximumBytes else {
            throw LungfoldError(
                .badData, path,
                "declares \(rows) x \(columns) x \(slices) voxels of \(voxelType), more than "
                    + "\(InputFile.maximumBytes) bytes",
                remedy: "Split the volume, or write the file again if this is not its size")
        }
        guard rows * columns <= Self.maximumPixels else {
            throw LungfoldError(
                .badData, path,
                "has slices of \(rows) x \(columns) pixels; a slice has at most "
                    + "\(Self.maximumPixels)",
                remedy: "Resample the volume to smaller slices")
        }
        fileBytes = total.partialValue
    }

    private static func shape(_ fields: HeaderFields) throws -> (Int, Int, Int) {
        let dims = fields.dims
        func refuse(_ problem: String, _ remedy: String) -> LungfoldError {
            LungfoldError(.badData, fields.path, problem, remedy: remedy)
        }
        guard (1...7).contains(dims[0]) else {
            throw refuse(
                "has dim[0] = \(dims[0]); the number of dimensions is 1 to 7",
                "Write the file again")
        }
        guard dims[0] >= 2 else {
            throw refuse("has one dimension; slices need two or three", "Give a volume")
        }
        let used = Array(dims[1...dims[0]])
        if let axis = used.firstIndex(where: { $0 < 1 }) {
            throw refuse(
                "has dim[\(axis + 1)] = \(used[axis]); a dimension is at least 1",
                "Write the file again")
        }
        if let axis = used.indices.dropFirst(3).first(where: { used[$0] != 1 }) {
            throw refuse(
                "has \(used[axis]) volumes along dimension \(axis + 1); one volume is read",
                "Split the series into volumes")
        }
        if let axis = used.prefix(2).firstIndex(where: { $0 > maximumSide }) {
            throw refuse(
                "has dim[\(axis + 1)] = \(used[axis]); a slice has at most \(maximumSide) rows "
                    + "and columns", "Write the file again")
        }
        return (used[0], used[1], used.count > 2 ? used[2] : 1)
    }

    private static func voxelType(_ fields: HeaderFields) throws -> VoxelType {
        guard let type = VoxelType(rawValue: fields.datatype) else {
            throw LungfoldError(
                .badData, fields.path,
                "has data type \(fields.datatype) "
                    + "(\(VoxelType.nameOfUnsupported(fields.datatype))); integers of 8 to 64 "
                    + "bits, float32 and float64 are read",
                remedy: "Convert it to one of these")
        }
        guard fields.bitsPerVoxel == 8 * type.bytes else {
            throw LungfoldError(
                .badData, fields.path,
                "has bitpix \(fields.bitsPerVoxel), but its data type \(type) has "
                    + "\(8 * type.bytes) bits",
                remedy: "Write the file again")
        }
        return type
    }

    private static func voxelOffset(_ fields: HeaderFields) throws -> Int {
        let least = fields.headerSize + 4
        let offset = fields.voxelOffset
        guard offset >= Double(least), offset <= Double(InputFile.maximumBytes),
            offset == offset.rounded(.down)
        else {
            throw LungfoldError(
                .badData, fields.path,
                "has vox_offset \(offset); it is a whole number, at least \(least), inside the file",
                remedy: "Write the file again")
        }
        return Int(offset)
    }

    private static func scaling(_ fields: HeaderFields) throws -> (Double, Double) {
        if fields.slope == 0 || fields.slope.isNaN { return (1, 0) }
        guard fields.slope.isFinite, fields.intercept.isFinite else {
            throw LungfoldError(
                .badData, fields.path,
                "has scl_slope \(fields.slope) and scl_inter \(fields.intercept); both are finite",
                remedy: "Set them to 1 and 0, or to what the values need")
        }
        return (fields.slope, fields.intercept)
    }

    private static func product(_ factors: [Int]) -> Int? {
        var product = 1
        for factor in factors {
            let (value, overflow) = product.multipliedReportingOverflow(by: factor)
            if overflow { return nil }
            product = value
        }
        return product
    }
}
