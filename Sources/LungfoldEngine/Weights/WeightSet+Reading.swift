import Foundation

extension WeightSet {
    /// Reads a safetensors file.
    /// - Parameter path: the file's path; it is named in every error.
    /// - Throws: `EngineError` if the file cannot be read or breaks a rule of the format.
    public init(contentsOf path: String) throws {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            throw EngineError(path, "no such weight file", remedy: "Check the path")
        }
        guard !isDirectory.boolValue else {
            throw EngineError(path, "is a folder, not a weight file", remedy: "Name a file in it")
        }
        // A pipe would be waited for, and a device has no end.
        let target = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        let type = try? FileManager.default.attributesOfItem(atPath: target)[.type]
        guard type as? FileAttributeType == .typeRegular else {
            throw EngineError(path, "is no regular file", remedy: "Name a safetensors file")
        }
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw EngineError(
                path, "cannot be read (\(error.localizedDescription))",
                remedy: "Check its permissions")
        }
        try self.init(safetensors: [UInt8](data), file: path)
    }

    /// Decodes the bytes of a safetensors file
    /// (https://github.com/huggingface/safetensors#format), strictly: float32 only, tensors that
    /// cover the data without overlap or hole, nothing after them.
    /// - Parameters:
    ///   - bytes: the whole file.
    ///   - file: what errors call it.
    /// - Throws: `EngineError` naming the file, the tensor and the rule.
    public init(safetensors bytes: [UInt8], file: String) throws {
        let headerEnd = try Self.headerEnd(of: bytes, file: file)
        var parser = SafetensorsHeaderParser(bytes[8..<headerEnd], file: file)
        let header = try parser.parse()
        let data = bytes[headerEnd...]
        try header.checkCoverage(ofDataBytes: data.count, file: file)
        self.init(metadata: header.metadata)
        for entry in header.entries {
            let start = data.startIndex + entry.begin
            tensors[entry.name] = WeightTensor(
                shape: entry.shape, values: Self.floats(data[start..<start + entry.byteCount]))
        }
    }

    /// The metadata of a safetensors file, from as many of its first bytes as hold the header.
    /// - Parameters:
    ///   - bytes: the header's length (8 bytes), the header, and whatever follows.
    ///   - file: what errors call the file.
    /// - Throws: `EngineError` as `init(safetensors:file:)` does for the header.
    public static func metadata(ofSafetensors bytes: [UInt8], file: String) throws
        -> [String: String]
    {
        var parser = SafetensorsHeaderParser(
            bytes[8..<(try headerEnd(of: bytes, file: file))], file: file)
        return try parser.parse().metadata
    }

    /// The header's largest length in bytes, as the format's reference implementation has it.
    private static let largestHeader: UInt64 = 100_000_000

    private static func headerEnd(of bytes: [UInt8], file: String) throws -> Int {
        guard bytes.count >= 8 else {
            throw EngineError(
                file, "has \(bytes.count) bytes, fewer than the 8 of a safetensors header length",
                remedy: incomplete)
        }
        let length = bytes[0..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= largestHeader else {
            throw EngineError(
                file, "claims a header of \(length) bytes, more than the \(largestHeader) allowed",
                remedy: "It is no safetensors file, or a damaged one")
        }
        guard length <= UInt64(bytes.count - 8) else {
            throw EngineError(
                file, "claims a header of \(length) bytes but ends after \(bytes.count - 8)",
                remedy: incomplete)
        }
        return 8 + Int(length)
    }

    private static let incomplete = "The file is incomplete: copy or write it again"

    /// Little-endian float32 values; the hosts we build for (x86-64, arm64) are little-endian.
    private static func floats(_ bytes: ArraySlice<UInt8>) -> [Float] {
        Array(unsafeUninitializedCapacity: bytes.count / 4) { buffer, count in
            UnsafeMutableRawBufferPointer(buffer).copyBytes(from: bytes)
            count = bytes.count / 4
        }
    }
}
