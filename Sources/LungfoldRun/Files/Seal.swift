import LungfoldStudy

/// A header by which a file's damage shows: a mark, the length and the digest of what follows.
package enum Seal {
    private static let mark = Array("LUNGFLD1".utf8)
    /// Bytes before the content.
    package static let length = 24

    /// The header of a content.
    package static func header(of content: [UInt8]) -> [UInt8] {
        mark + bytes(UInt64(content.count)) + bytes(Digest.of(content))
    }

    /// The content of a sealed file.
    /// - Throws: `LungfoldError` (`badData`) for a file that is cut, changed or none of ours.
    package static func open(_ file: [UInt8], path: String) throws -> [UInt8] {
        guard file.count >= length, Array(file.prefix(mark.count)) == mark else {
            throw damage(path, "does not begin as a file of Lungfold's does")
        }
        let content = Array(file[length...])
        let (count, digest) = (number(file[8..<16]), number(file[16..<24]))
        guard count == UInt64(content.count) else {
            throw damage(
                path, "has \(content.count) bytes after its header where \(count) were due")
        }
        guard digest == Digest.of(content) else {
            throw damage(path, "is damaged: its digest is not that of its content")
        }
        return content
    }

    private static func damage(_ path: String, _ problem: String) -> LungfoldError {
        LungfoldError(.badData, path, problem)
    }

    private static func bytes(_ value: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
