/// Reads the header's JSON, and only the JSON that a header may hold.
///
/// A general JSON reader would not do: it takes the last of two equal keys without a word, and it
/// follows nesting as deep as a hostile file likes.
struct SafetensorsHeaderParser {
    private var json: JSONScanner
    private let file: String

    /// - Parameters:
    ///   - text: the header's bytes.
    ///   - file: what errors call the file.
    init(_ text: ArraySlice<UInt8>, file: String) {
        json = JSONScanner(text, file: file)
        self.file = file
    }

    /// Parses the whole header.
    mutating func parse() throws -> SafetensorsHeader {
        guard json.startsObject else {
            throw EngineError(
                file, "its header does not begin with '{'", remedy: "It is no safetensors file")
        }
        var keys = ObjectKeys()
        var header = SafetensorsHeader()
        while let name = try json.nextKey(&keys) {
            if name == "__metadata__" {
                header.metadata = try metadata()
            } else {
                header.entries.append(try entry(name))
            }
        }
        try json.expectEnd()
        return header
    }

    private mutating func metadata() throws -> [String: String] {
        var keys = ObjectKeys()
        var metadata: [String: String] = [:]
        while let key = try json.nextKey(&keys) { metadata[key] = try json.string() }
        return metadata
    }

    private mutating func entry(_ name: String) throws -> SafetensorsHeader.Entry {
        var keys = ObjectKeys()
        var dtype: String?
        var shape: [Int]?
        var offsets: [Int]?
        while let key = try json.nextKey(&keys) {
            switch key {
            case "dtype": dtype = try json.string()
            case "shape": shape = try json.integers()
            case "data_offsets": offsets = try json.integers()
            default:
                throw EngineError("\(file), tensor '\(name)'", "has the unknown field '\(key)'")
            }
        }
        guard let dtype, let shape, let offsets else {
            throw EngineError(
                "\(file), tensor '\(name)'", "lacks one of dtype, shape and data_offsets")
        }
        return try .init(name: name, dtype: dtype, shape: shape, offsets: offsets, file: file)
    }
}
