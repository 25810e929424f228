/// The keys that an object has had so far.
struct ObjectKeys {
    fileprivate var seen: Set<String> = []
}

/// Walks over the few kinds of JSON value that a safetensors header holds: objects, strings, and
/// arrays of non-negative integers. Nothing nests by recursion.
struct JSONScanner {
    private let text: ArraySlice<UInt8>
    private var position: Int
    private let file: String

    /// - Parameters:
    ///   - text: the JSON's bytes.
    ///   - file: what errors call the file.
    init(_ text: ArraySlice<UInt8>, file: String) {
        self.text = text
        position = text.startIndex
        self.file = file
    }

    /// Whether an object starts right here.
    var startsObject: Bool { byte == UInt8(ascii: "{") }

    /// The key of the object's next member, its colon passed; nil, the object passed, at its end.
    mutating func nextKey(_ keys: inout ObjectKeys) throws -> String? {
        if keys.seen.isEmpty {
            try expect("{")
            if take("}") { return nil }
        } else {
            if take("}") { return nil }
            try expect(",")
        }
        let key = try string()
        guard keys.seen.insert(key).inserted else { throw fault("the key '\(key)' comes twice") }
        try expect(":")
        return key
    }

    /// An array of non-negative integers.
    mutating func integers() throws -> [Int] {
        try expect("[")
        if take("]") { return [] }
        var values = [try integer()]
        while !take("]") {
            try expect(",")
            values.append(try integer())
        }
        return values
    }

    /// A string.
    mutating func string() throws -> String {
        try expect("\"")
        var utf8: [UInt8] = []
        while true {
            switch try next() {
            case UInt8(ascii: "\""):
                guard let string = String(validating: utf8, as: UTF8.self) else {
                    throw fault("a string is not valid UTF-8")
                }
                return string
            case UInt8(ascii: "\\"): utf8 += try escape()
            case ..<0x20: throw fault("a string holds a control character")
            case let byte: utf8.append(byte)
            }
        }
    }

    /// Checks that nothing but white space is left.
    mutating func expectEnd() throws {
        skipSpace()
        guard byte == nil else { throw fault("text follows the header's object") }
    }

    private var byte: UInt8? { position < text.endIndex ? text[position] : nil }

    private mutating func next() throws -> UInt8 {
        guard let byte else { throw fault("the text ends too early") }
        position += 1
        return byte
    }

    private mutating func skipSpace() {
        while let byte, [0x20, 0x09, 0x0a, 0x0d].contains(byte) { position += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard byte == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar) throws {
        guard take(character) else { throw fault("'\(character)' was due") }
    }

    private mutating func integer() throws -> Int {
        skipSpace()
        let start = position
        while let byte, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        let digits = text[start..<position]
        guard !digits.isEmpty, digits.count == 1 || digits.first != UInt8(ascii: "0") else {
            throw fault("a non-negative integer was due")
        }
        guard let value = Int(String(decoding: digits, as: UTF8.self)) else {
            throw fault("an integer of \(digits.count) digits overflows")
        }
        return value
    }

    private mutating func escape() throws -> [UInt8] {
        switch try next() {
        case UInt8(ascii: "\""): [UInt8(ascii: "\"")]
        case UInt8(ascii: "\\"): [UInt8(ascii: "\\")]
        case UInt8(ascii: "/"): [UInt8(ascii: "/")]
        case UInt8(ascii: "b"): [0x08]
        case UInt8(ascii: "f"): [0x0c]
        case UInt8(ascii: "n"): [0x0a]
        case UInt8(ascii: "r"): [0x0d]
        case UInt8(ascii: "t"): [0x09]
        case UInt8(ascii: "u"): try unicodeEscape()
        default: throw fault("an unknown escape in a string")
        }
    }

    /// The UTF-8 of `\uXXXX`, or of the surrogate pair that it begins.
    private mutating func unicodeEscape() throws -> [UInt8] {
        var code = try hexadecimal()
        if (0xd800..<0xdc00).contains(code), try next() == UInt8(ascii: "\\"),
            try next() == UInt8(ascii: "u")
        {
            let low = try hexadecimal()
            guard (0xdc00..<0xe000).contains(low) else { throw fault("half a surrogate pair") }
            code = 0x10000 + (code - 0xd800) << 10 + (low - 0xdc00)
        }
        guard let scalar = Unicode.Scalar(code) else { throw fault("half a surrogate pair") }
        return Array(String(Character(scalar)).utf8)
    }

    private mutating func hexadecimal() throws -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(try next())).hexDigitValue else {
                throw fault("four hexadecimal digits were due")
            }
            code = code << 4 | UInt32(digit)
        }
        return code
    }

    private func fault(_ rule: String) -> EngineError {
        EngineError(
            file, "its header is no valid JSON at byte \(position): \(rule)",
            remedy: "The file is damaged, or no safetensors file")
    }
}
