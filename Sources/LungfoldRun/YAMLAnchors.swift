/// Finds YAML's anchors (`&name`) and aliases (`*name`) before a parser follows them: a few hundred
/// bytes of aliases of aliases stand for more nodes than any machine can hold.
///
/// It knows no more of YAML than that a comment ends with its line and begins with a `#` that stands
/// first or after a blank, unless it stands in quotes. So it takes `&` and `*` in comments for what they
/// are only where nothing is quoted outside of comments, and would rather find one too many.
enum YAMLAnchors {
    /// The first sign of an anchor or alias, and its line, 1-based; nil where there is none.
    static func first(in text: String) -> (sign: Character, line: Int)? {
        // At least the line ends that the parser knows.
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        let bare = lines.map(withoutComment)
        let quotes: Set = [UInt8(ascii: "'"), UInt8(ascii: "\"")]
        let isQuoted = bare.contains { $0.utf8.contains(where: quotes.contains) }
        let signs: Set = [UInt8(ascii: "&"), UInt8(ascii: "*")]
        for (index, line) in (isQuoted ? lines : bare).enumerated() {
            if let sign = line.utf8.first(where: signs.contains) {
                return (Character(Unicode.Scalar(sign)), index + 1)
            }
        }
        return nil
    }

    private static func withoutComment(_ line: Substring) -> Substring {
        var isAfterBlank = true
        for index in line.utf8.indices {
            let byte = line.utf8[index]
            if byte == UInt8(ascii: "#"), isAfterBlank { return line[..<index] }
            isAfterBlank = byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
        }
        return line
    }
}
