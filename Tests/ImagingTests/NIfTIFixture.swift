import Testing

/// A NIfTI file of any header, right or wrong, written field by field.
struct NIfTIFixture {
    var version = 1
    var isBigEndian = false
    var sizeofHeader: Int32?
    var dims: [Int] = [3, 4, 4, 2, 1, 1, 1, 1]
    var datatype: Int16 = 2
    var bitsPerVoxel: Int16 = 8
    var voxelOffset: Double?
    var slope: Double = 1
    var intercept: Double = 0
    var magic: [UInt8]?
    var pixdim: [Double] = [1, 1, 1, 1, 0, 0, 0, 0]
    var qformCode: Int16 = 0
    var sformCode: Int16 = 0
    /// `quatern_b`, `c` and `d`, `qoffset_x`, `y` and `z`.
    var quaternion: [Double] = Array(repeating: 0, count: 6)
    var srow: [Double] = Array(repeating: 0, count: 12)
    var units: UInt8 = 0
    /// The extension flag and extensions, padded up to the voxels.
    var afterHeader: [UInt8] = [0, 0, 0, 0]
    var voxels: [UInt8] = (0..<32).map { UInt8($0 * 8) }

    var headerSize: Int { version == 1 ? 348 : 540 }

    var bytes: [UInt8] {
        var header = [UInt8](repeating: 0, count: headerSize)
        put(sizeofHeader ?? Int32(headerSize), at: 0, in: &header)
        let offset = voxelOffset ?? Double(headerSize + afterHeader.count)
        if version == 1 { putVersion1(offset, &header) } else { putVersion2(offset, &header) }
        return header + afterHeader + voxels
    }

    private func putVersion1(_ offset: Double, _ header: inout [UInt8]) {
        for (index, dim) in dims.enumerated() {
            put(Int16(truncatingIfNeeded: dim), at: 40 + 2 * index, in: &header)
        }
        put(datatype, at: 70, in: &header)
        put(bitsPerVoxel, at: 72, in: &header)
        for index in 0..<8 { put(Float(pixdim[index]), at: 76 + 4 * index, in: &header) }
        put(Float(offset), at: 108, in: &header)
        put(Float(slope), at: 112, in: &header)
        put(Float(intercept), at: 116, in: &header)
        header[123] = units
        put(qformCode, at: 252, in: &header)
        put(sformCode, at: 254, in: &header)
        for index in 0..<6 { put(Float(quaternion[index]), at: 256 + 4 * index, in: &header) }
        for index in 0..<12 { put(Float(srow[index]), at: 280 + 4 * index, in: &header) }
        header.replaceSubrange(344..<348, with: magic ?? Array("n+1\0".utf8))
    }

    private func putVersion2(_ offset: Double, _ header: inout [UInt8]) {
        header.replaceSubrange(4..<12, with: magic ?? Array("n+2\0\r\n".utf8) + [0x1a, 0x0a])
        put(datatype, at: 12, in: &header)
        put(bitsPerVoxel, at: 14, in: &header)
        for (index, dim) in dims.enumerated() {
            put(Int64(dim), at: 16 + 8 * index, in: &header)
        }
        for index in 0..<8 { put(pixdim[index], at: 104 + 8 * index, in: &header) }
        put(Int64(offset), at: 168, in: &header)
        put(slope, at: 176, in: &header)
        put(intercept, at: 184, in: &header)
        put(Int32(qformCode), at: 344, in: &header)
        put(Int32(sformCode), at: 348, in: &header)
        for index in 0..<6 { put(quaternion[index], at: 352 + 8 * index, in: &header) }
        for index in 0..<12 { put(srow[index], at: 400 + 8 * index, in: &header) }
        put(Int32(units), at: 500, in: &header)
    }

    private func put(_ value: some FixedWidthInteger, at offset: Int, in header: inout [UInt8]) {
        header.replaceSubrange(offset..<offset + value.bitWidth / 8, with: encode(value))
    }

    private func put(_ value: Float, at offset: Int, in header: inout [UInt8]) {
        put(value.bitPattern, at: offset, in: &header)
    }

    private func put(_ value: Double, at offset: Int, in header: inout [UInt8]) {
        put(value.bitPattern, at: offset, in: &header)
    }

    /// The bytes of a value in the fixture's byte order.
    func encode(_ value: some FixedWidthInteger) -> [UInt8] {
        let bytes = (0..<value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        return isBigEndian ? bytes.reversed() : bytes
    }

    /// Replaces the voxels by values of a data type: NIfTI's code and the values in file order.
    mutating func setVoxels(_ values: [Double], datatype code: Int16) {
        datatype = code
        let encoded = values.map { encode($0, code) }
        bitsPerVoxel = Int16(8 * (encoded.first?.count ?? 1))
        voxels = Array(encoded.joined())
    }

    private func encode(_ value: Double, _ code: Int16) -> [UInt8] {
        switch code {
        case 2: encode(UInt8(value))
        case 4: encode(Int16(value))
        case 8: encode(Int32(value))
        case 16: encode(Float(value).bitPattern)
        case 64: encode(value.bitPattern)
        case 256: encode(Int8(value))
        case 512: encode(UInt16(value))
        case 768: encode(UInt32(value))
        case 1024: encode(Int64(value))
        default: encode(UInt64(value))
        }
    }
}

/// What is wrong with a file, and the words that a message about it has.
struct NIfTIFlaw: Sendable, CustomTestStringConvertible {
    let name: String
    let says: String
    let change: @Sendable (inout NIfTIFixture) -> Void
    var testDescription: String { name }

    init(
        _ name: String, _ says: String,
        _ change: @escaping @Sendable (inout NIfTIFixture) -> Void
    ) {
        (self.name, self.says, self.change) = (name, says, change)
    }
}
