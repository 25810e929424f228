import Foundation
import LungfoldStudy

/// The one form in which Lungfold writes JSON: sorted keys, indented, a newline at the end.
public enum JSON {
    /// The bytes of a value.
    public static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        return try Array(encoder.encode(value)) + [UInt8(ascii: "\n")]
    }

    /// A value from bytes.
    /// - Parameter subject: the file that an error names.
    public static func decode<Value: Decodable>(
        _ type: Value.Type = Value.self, from bytes: [UInt8], subject: String
    ) throws -> Value {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        do {
            return try decoder.decode(type, from: Data(bytes))
        } catch {
            throw LungfoldError(
                .badData, subject, "is not what Lungfold wrote: \(reason(error))",
                remedy: "Remove it, or restore it from a copy")
        }
    }

    private static func reason(_ error: any Error) -> String {
        func place(_ context: DecodingError.Context) -> String {
            let path = context.codingPath.map(\.stringValue).joined(separator: ".")
            return path.isEmpty ? "" : " in \(path)"
        }
        return switch error as? DecodingError {
        case .keyNotFound(let key, let context)?:
            "'\(key.stringValue)' is missing\(place(context))"
        case .typeMismatch(_, let context)?, .valueNotFound(_, let context)?:
            "a value of another type\(place(context))"
        case .dataCorrupted(let context)?: "the text is damaged\(place(context))"
        default: "it cannot be decoded"
        }
    }
}
