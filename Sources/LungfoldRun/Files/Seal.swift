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

    /// The content of a sealed file on disk. One whose length is not the header's is refused before
    /// it takes up memory: a damaged file may seem to have any size.
    /// - Throws: `LungfoldError`: as of `open`, and as of `FileSystem.read` where it cannot be read.
    package static func read(_ path: String) throws -> [UInt8] {
        let file = try FileSystem.read(path, checkingFirst: length) { start, size in
            try check(start, size: size, path: path)
        }
        return try open(file, path: path)
    }

    /// The content of a sealed file.
    /// - Throws: `LungfoldError` (`badData`) for a file that is cut, changed or none of ours.
    package static func open(_ file: [UInt8], path: String) throws -> [UInt8] {
        try check(Array(file.prefix(length)), size: file.count, path: path)
        let content = Array(file[length...])
        guard number(file[16..<24]) == Digest.of(content) else {
            throw damage(path, "is damaged: its digest is not that of its content")
        }
        return content
    }

    /// Checks mark and length.
    private static func check(_ start: [UInt8], size: Int, path: String) throws {
        guard start.count == length, Array(start.prefix(mark.count)) == mark else {
            throw damage(path, "does not begin as a file of Lungfold's does")
        }
        let count = number(start[8..<16])
        guard count == UInt64(max(0, size - length)) else {
            throw damage(
                path, "has \(size - length) bytes after its header where \(count) were due")
        }
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
