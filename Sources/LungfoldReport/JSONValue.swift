/// A JSON value with one text: keys sorted, two spaces of indentation, lists of plain values on one
/// line, numbers in their shortest form that reads back the same. (What Foundation's encoder writes is
/// its own affair and may change; these bytes are compared across ranks and versions.)
enum JSONValue {
    case null
    case bool(Bool)
    case integer(Int)
    /// A number; one that is not finite is written as null, since JSON has no word for it.
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// A number, or null for nil.
    static func optional(_ value: Double?) -> Self { value.map { .number($0) } ?? .null }

    /// A list of whole numbers.
    static func integers(_ values: [Int]) -> Self { .array(values.map { .integer($0) }) }

    /// A list of texts.
    static func strings(_ values: [String]) -> Self { .array(values.map { .string($0) }) }

    /// The file's text, with a line feed at its end.
    var text: String { text(indent: "") + "\n" }

    private func text(indent: String) -> String {
        switch self {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .number(let value): value.isFinite ? "\(value)" : "null"
        case .string(let value): Self.quoted(value)
        case .array(let values) where values.allSatisfy(\.isPlain):
            "[" + values.map { $0.text(indent: "") }.joined(separator: ", ") + "]"
        case .array(let values):
            Self.block("[", values.map { ("", $0) }, "]", indent: indent)
        case .object(let members) where members.isEmpty: "{}"
        case .object(let members):
            Self.block(
                "{",
                members.sorted { $0.key < $1.key }.map { (Self.quoted($0.key) + ": ", $0.value) },
                "}", indent: indent)
        }
    }

    private var isPlain: Bool {
        switch self {
        case .array, .object: false
        default: true
        }
    }

    private static func block(
        _ open: String, _ members: [(label: String, value: JSONValue)], _ close: String,
        indent: String
    ) -> String {
        let inner = indent + "  "
        let lines = members.map { inner + $0.label + $0.value.text(indent: inner) }
        return "\(open)\n\(lines.joined(separator: ",\n"))\n\(indent)\(close)"
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
