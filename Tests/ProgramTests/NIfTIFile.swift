import Foundation

/// A NIfTI file made byte by byte, so that tests can make wrong ones.
struct NIfTIFile {
    var dimensions: [Int16] = [3, 32, 32, 10, 1, 1, 1, 1]
    var datatype: Int16 = 2
    var bitsPerVoxel: Int16 = 8
    var offset: Float = 352
    var magic = Array("n+1\0".utf8)
    var voxels: [UInt8]

    /// Bytes as voxels: a gradient, so that images are not constant.
    init(slices: Int16 = 10, rows: Int16 = 32) {
        dimensions[1] = rows
        dimensions[2] = rows
        dimensions[3] = slices
        voxels = (0..<Int(slices) * Int(rows) * Int(rows)).map { UInt8($0 % 251) }
    }

    /// Voxels of 32-bit floating point.
    init(floats: [Float]) {
        self.init()
        datatype = 16
        bitsPerVoxel = 32
        voxels = floats.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init) }
    }

    var bytes: Data {
        var header = [UInt8](repeating: 0, count: 352)
        func put(_ value: some FixedWidthInteger, _ place: Int) {
            for (index, byte) in withUnsafeBytes(of: value.littleEndian, Array.init).enumerated() {
                header[place + index] = byte
            }
        }
        put(Int32(348), 0)
        for (index, extent) in dimensions.enumerated() { put(extent, 40 + 2 * index) }
        put(datatype, 70)
        put(bitsPerVoxel, 72)
        for index in 0..<8 { put(Float(1).bitPattern, 76 + 4 * index) }
        put(offset.bitPattern, 108)
        put(Float(1).bitPattern, 112)
        for (index, byte) in magic.enumerated() { header[344 + index] = byte }
        return Data(header + voxels)
    }

    /// Writes it to a new file.
    func write(_ name: String = "volume.nii") throws -> String {
        let path = Scratch.path(name)
        try bytes.write(to: URL(fileURLWithPath: path))
        return path
    }
}
