import CLungfoldImaging
import LungfoldStudy

/// A NIfTI volume in memory: its bytes as stored, given out slice by slice.
package struct NIfTIVolume {
    package let path: String
    let header: NIfTIHeader
    /// The header, the extensions and the voxels.
    private let bytes: [UInt8]
    private let volume: LungfoldVolume

    /// The most that a byte of gzip can inflate to (RFC 1951: 258 bytes for 2 bits).
    private static let maximumInflation = 1032

    /// Reads a `.nii` or `.nii.gz` file, told apart by content and not by name.
    /// - Parameter budget: what its memory is taken from.
    init(reading path: String, within budget: inout MemoryBudget) throws {
        let file = try InputFile(reading: path, within: &budget)
        self.path = path
        (header, bytes) = try Self.checked(file, within: &budget)
        try Self.checkExtensions(bytes, header, path: path)
        guard let volume = ImagingShim.describe(header: bytes.prefix(HeaderFields.probeSize) + [])
        else {
            throw LungfoldError(
                .badData, path, "is refused by libnifti", remedy: "Write the file again")
        }
        self.volume = volume
        try checkAgreement()
    }

    /// The header's bytes, as stored.
    var headerBytes: [UInt8] { Array(bytes.prefix(header.version == 1 ? 348 : 540)) }

    /// Rows x, y and z of the affine from (i, j, k, 1) to millimetres, when the header has one: the
    /// sform, and only where there is none the qform.
    var affine: [Double]? { sform ?? qform }
    /// The affine that the header gives as a rotation, spacings and an offset.
    var qform: [Double]? { volume.qformCode > 0 ? Self.numbers(volume.qform) : nil }
    /// The affine that the header gives as a matrix.
    var sform: [Double]? { volume.sformCode > 0 ? Self.numbers(volume.sform) : nil }

    private static func numbers<Tuple>(_ tuple: Tuple) -> [Double] {
        withUnsafeBytes(of: tuple) { Array($0.bindMemory(to: Double.self)) }
    }

    private static func checked(_ file: InputFile, within budget: inout MemoryBudget) throws
        -> (NIfTIHeader, [UInt8])
    {
        guard file.bytes.starts(with: [0x1f, 0x8b]) else {
            let header = try NIfTIHeader(file.bytes, path: file.path)
            try requireSize(file.bytes.count, header, path: file.path)
            try reserve(header, inflated: 0, path: file.path, within: &budget)
            return (header, file.bytes)
        }
        let (probe, end) = ImagingShim.gunzip(file.bytes, capacity: HeaderFields.probeSize)
        try refuse(end, produced: probe.count, path: file.path)
        let header = try NIfTIHeader(probe, path: file.path)
        guard header.fileBytes / maximumInflation <= file.bytes.count else {
            throw LungfoldError(
                .badData, file.path,
                "declares \(header.fileBytes) bytes, but its \(file.bytes.count) bytes of gzip "
                    + "cannot hold more than \(maximumInflation) times their number",
                remedy: "Fetch or write the file again")
        }
        try reserve(header, inflated: header.fileBytes, path: file.path, within: &budget)
        let (bytes, wholeEnd) = ImagingShim.gunzip(file.bytes, capacity: header.fileBytes)
        if wholeEnd == .more {
            try requireSize(header.fileBytes + 1, header, path: file.path)
        }
        try refuse(wholeEnd, produced: bytes.count, path: file.path)
        try requireSize(bytes.count, header, path: file.path)
        return (header, bytes)
    }

    /// Takes what a volume unfolds into: its inflated bytes, and two slices as numbers, since no more
    /// are looked at together.
    private static func reserve(
        _ header: NIfTIHeader, inflated: Int, path: String, within budget: inout MemoryBudget
    ) throws {
        let numbers = 2 * MemoryLayout<Double>.size * header.rows * header.columns
        try budget.take(
            inflated + numbers, of: path,
            for: "\(header.rows) x \(header.columns) x \(header.slices) voxels of "
                + "\(header.voxelType)",
            remedy: "Free some memory, or split the volume")
    }

    private static func refuse(
        _ end: ImagingShim.Inflation, produced: Int, path: String
    ) throws {
        let problem: String
        switch end {
        case .complete, .more: return
        case .truncated: problem = "ends in the middle of its gzip data, after \(produced) bytes"
        case .corrupt: problem = "has damaged gzip data after \(produced) bytes"
        case .wrongChecksum: problem = "has a gzip checksum that does not match its data"
        case .trailingBytes: problem = "has something else after its gzip data"
        case .noMemory: problem = "needs more memory than there is"
        }
        throw LungfoldError(.badData, path, problem, remedy: "Fetch or write the file again")
    }

    private static func requireSize(_ size: Int, _ header: NIfTIHeader, path: String) throws {
        guard size != header.fileBytes else { return }
        let shape = "\(header.rows) x \(header.columns) x \(header.slices) \(header.voxelType)"
        let what =
            size < header.fileBytes
            ? "is truncated: it holds \(size) bytes"
            : "holds more bytes"
        throw LungfoldError(
            .badData, path,
            "\(what), its header (\(shape) from byte \(header.voxelOffset)) declares "
                + "\(header.fileBytes)",
            remedy: "Fetch or write the file again")
    }

    /// Extensions lie between the header and the voxels; each declares a size, a multiple of 16.
    /// Bytes there without the flag, or a flag without extensions, are common and harmless.
    private static func checkExtensions(
        _ bytes: [UInt8], _ header: NIfTIHeader, path: String
    ) throws {
        var offset = (header.version == 1 ? 348 : 540) + 4
        guard bytes[offset - 4] != 0 else { return }
        while offset + 8 <= header.voxelOffset {
            let word = bytes[offset..<offset + 4]
            let ordered = header.isSwapped ? Array(word) : word.reversed()
            let size = Int(Int32(bitPattern: ordered.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }))
            guard size >= 16, size % 16 == 0, size <= header.voxelOffset - offset else {
                throw LungfoldError(
                    .badData, path,
                    "has a header extension of \(size) bytes at byte \(offset); sizes are "
                        + "multiples of 16 that end before the voxels at \(header.voxelOffset)",
                    remedy: "Write the file again, without extensions")
            }
            offset += size
        }
    }

    /// Two readers of one header must see the same volume.
    private func checkAgreement() throws {
        guard Int(volume.dims.0) == header.rows, Int(volume.dims.1) == header.columns,
            Int(volume.voxelCount) == header.rows * header.columns * header.slices,
            Int(volume.voxelOffset) == header.voxelOffset,
            Int(volume.datatype) == header.voxelType.rawValue,
            Int(volume.bytesPerVoxel) == header.voxelType.bytes,
            (volume.isSwapped != 0) == header.isSwapped
        else {
            throw LungfoldError(
                .internal, path, "is read differently by libnifti and by the header check",
                remedy: "Please report this, with the header's first 540 bytes")
        }
    }
}

extension NIfTIVolume: SliceStack {
    package var rows: Int { header.rows }
    package var columns: Int { header.columns }
    package var count: Int { header.slices }
    package var nominalRange: ClosedRange<Double>? { nil }

    package func slice(_ index: Int) -> [Double] {
        let length = rows * columns * header.voxelType.bytes
        let start = header.voxelOffset + index * length
        guard
            let values = ImagingShim.slice(
                bytes[start..<start + length], of: volume, slope: header.slope,
                intercept: header.intercept)
        else { preconditionFailure("\(path): every data type was checked on reading") }
        return values
    }
}

extension SliceStack {
    /// A sentence when both stacks are placed in space, but not at the same place: voxels over
    /// voxels then are not tissue over tissue. Spacing and position agree to 0.01 mm.
    func displacement(from other: any SliceStack) -> String? {
        guard let mine = (self as? NIfTIVolume)?.affine,
            let theirs = (other as? NIfTIVolume)?.affine,
            zip(mine, theirs).contains(where: { !(abs($0 - $1) <= 0.01) })
        else { return nil }
        return "\(path) lies elsewhere in space than \(other.path): their affines differ"
    }
}
