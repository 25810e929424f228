import LungfoldStudy

/// The fields of a NIfTI-1 or NIfTI-2 header as stored, in either byte order, bounds checked.
///
/// Offsets: nifti1.h and nifti2.h (https://nifti.nimh.nih.gov).
struct HeaderFields {
    let path: String
    /// 1 or 2.
    let version: Int
    /// Whether the file's byte order is not this machine's.
    let isSwapped: Bool
    private let bytes: [UInt8]

    /// Bytes from the start of a file that hold any header and the extension flag.
    static let probeSize = 544

    /// Recognises the format and checks its magic.
    init(_ bytes: [UInt8], path: String) throws {
        self.path = path
        self.bytes = bytes
        guard bytes.count >= 348 else {
            throw LungfoldError(
                .badData, path, "ends after \(bytes.count) bytes, a NIfTI header has 348 or 540",
                remedy: "Fetch or write the file again")
        }
        let size = Self.word(bytes, 0)
        switch (size, size.byteSwapped) {
        case (348, _): (version, isSwapped) = (1, false)
        case (540, _): (version, isSwapped) = (2, false)
        case (_, 348): (version, isSwapped) = (1, true)
        case (_, 540): (version, isSwapped) = (2, true)
        default:
            throw LungfoldError(
                .badData, path,
                "is no NIfTI file: its first four bytes are \(size), not 348 or 540 in either byte order",
                remedy: "Convert it to .nii or .nii.gz")
        }
        guard bytes.count >= headerSize else {
            throw LungfoldError(
                .badData, path, "ends after \(bytes.count) bytes, a NIfTI-2 header has 540",
                remedy: "Fetch or write the file again")
        }
        try checkMagic()
    }

    /// 348 or 540.
    var headerSize: Int { version == 1 ? 348 : 540 }

    /// `dim[0...7]`.
    var dims: [Int] { (0..<8).map { version == 1 ? int16(40 + 2 * $0) : int64(16 + 8 * $0) } }
    var datatype: Int { int16(version == 1 ? 70 : 12) }
    var bitsPerVoxel: Int { int16(version == 1 ? 72 : 14) }
    /// `vox_offset`: a float in NIfTI-1, so it may be anything.
    var voxelOffset: Double { version == 1 ? float(108) : Double(int64(168)) }
    var slope: Double { version == 1 ? float(112) : double(176) }
    var intercept: Double { version == 1 ? float(116) : double(184) }
    /// `pixdim[0...3]`: qfac and the spacings.
    var spacings: [Double] { reals(version == 1 ? 76 : 104, 4) }
    /// `quatern_b`, `c` and `d`, `qoffset_x`, `y` and `z`.
    var quaternion: [Double] { reals(version == 1 ? 256 : 352, 6) }
    /// `srow_x`, `y` and `z`, four numbers each.
    var affineRows: [Double] { reals(version == 1 ? 280 : 400, 12) }

    private func checkMagic() throws {
        let magic = version == 1 ? bytes[344..<348] : bytes[4..<8]
        let known = version == 1 ? ("n+1", "ni1") : ("n+2", "ni2")
        let text = String(decoding: magic.prefix { $0 != 0 }, as: UTF8.self)
        if text == known.0 {
            guard version == 1 || Array(bytes[8..<12]) == [13, 10, 26, 10] else {
                throw LungfoldError(
                    .badData, path, "has a NIfTI-2 magic whose line ends were changed",
                    remedy: "Transfer the file in binary mode")
            }
            return
        }
        let what =
            text == known.1
            ? "is the header of a .hdr/.img pair; only single files are read"
            : "has the magic \"\(text.filter { $0.isASCII && !$0.isNewline })\", not "
                + "\"\(known.0)\" (ANALYZE 7.5 files have none)"
        throw LungfoldError(.badData, path, what, remedy: "Convert it to .nii or .nii.gz")
    }

    private func int16(_ offset: Int) -> Int { Int(Int16(truncatingIfNeeded: integer(offset, 2))) }
    private func int64(_ offset: Int) -> Int { Int(truncatingIfNeeded: integer(offset, 8)) }
    private func float(_ offset: Int) -> Double {
        Double(Float(bitPattern: UInt32(truncatingIfNeeded: integer(offset, 4))))
    }
    private func double(_ offset: Int) -> Double { Double(bitPattern: integer(offset, 8)) }
    private func reals(_ offset: Int, _ count: Int) -> [Double] {
        (0..<count).map { version == 1 ? float(offset + 4 * $0) : double(offset + 8 * $0) }
    }

    /// Hosts of Swift on Linux are little-endian: so "swapped" means most significant byte first.
    private func integer(_ offset: Int, _ count: Int) -> UInt64 {
        (0..<count).reduce(UInt64(0)) { value, index in
            value << 8 | UInt64(bytes[offset + (isSwapped ? index : count - 1 - index)])
        }
    }

    private static func word(_ bytes: [UInt8], _ offset: Int) -> Int32 {
        (0..<4).reduce(Int32(0)) { $0 << 8 | Int32(bytes[offset + 3 - $1]) }
    }
}
