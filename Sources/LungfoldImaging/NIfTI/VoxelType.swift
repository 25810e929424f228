/// The data types of NIfTI that are real numbers; the raw value is the header's `datatype`.
enum VoxelType: Int, CaseIterable, Sendable {
    case uint8 = 2
    case int16 = 4
    case int32 = 8
    case float32 = 16
    case float64 = 64
    case int8 = 256
    case uint16 = 512
    case uint32 = 768
    case int64 = 1024
    case uint64 = 1280

    /// Bytes of one voxel.
    var bytes: Int {
        switch self {
        case .uint8, .int8: 1
        case .int16, .uint16: 2
        case .int32, .uint32, .float32: 4
        case .int64, .uint64, .float64: 8
        }
    }

    /// The name of a data type that is not read, for the message.
    static func nameOfUnsupported(_ code: Int) -> String {
        switch code {
        case 0: "unknown"
        case 1: "binary"
        case 32: "complex64"
        case 128: "RGB24"
        case 1536: "float128"
        case 1792: "complex128"
        case 2048: "complex256"
        case 2304: "RGBA32"
        default: "not in the standard"
        }
    }
}
