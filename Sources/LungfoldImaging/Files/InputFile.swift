import Glibc
import LungfoldStudy

/// A regular file read whole, once: what is checked is what is used.
struct InputFile {
    let path: String
    let bytes: [UInt8]

    /// Larger files are refused before anything is allocated.
    static let maximumBytes = 16 << 30

    /// Reads a file.
    /// - Parameter budget: what its bytes are taken from.
    /// - Throws: `LungfoldError` for a file that is missing, empty, too large, not regular (a
    ///   directory, pipe, socket or device; none is waited for) or unreadable, and for one whose
    ///   content is recognisably something else (a Git LFS pointer, an HTML page, ...).
    init(reading path: String, within budget: inout MemoryBudget) throws {
        self.path = path
        // O_NONBLOCK: opening a pipe without a writer would wait for ever.
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.unopened(path, errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.unopened(path, errno) }
        try Self.requireRegular(path, mode: status.st_mode)
        guard status.st_size > 0 else {
            throw LungfoldError(
                .badData, path, "the file is empty", remedy: "Fetch or write it again")
        }
        guard status.st_size <= Self.maximumBytes else {
            throw LungfoldError(
                .badData, path,
                "the file has \(status.st_size) bytes, the most that is read is \(Self.maximumBytes)",
                remedy: "Split the volume")
        }
        try budget.take(
            status.st_size, of: path, for: "the file itself",
            remedy: "Free some memory, or split the volume")
        bytes = try Self.readAll(descriptor, count: status.st_size, path: path)
        try refuseKnownOtherContent()
    }

    private static func unopened(_ path: String, _ code: Int32) -> LungfoldError {
        let isMissing = code == ENOENT || code == ENOTDIR || code == ELOOP
        return LungfoldError(
            isMissing ? .missingInput : .io, path,
            "cannot be read: \(String(cString: strerror(code)))",
            remedy: isMissing ? "Check the path" : "Check the file's permissions and its disk")
    }

    private static func requireRegular(_ path: String, mode: mode_t) throws {
        let kind =
            switch mode & S_IFMT {
            case S_IFREG: ""
            case S_IFDIR: "a directory"
            case S_IFIFO: "a named pipe"
            case S_IFSOCK: "a socket"
            default: "a device"
            }
        guard kind.isEmpty else {
            throw LungfoldError(
                .badData, path, "is \(kind), not a regular file",
                remedy: "Name a .nii or .nii.gz file, or a folder of PNG slices")
        }
    }

    private static func readAll(_ descriptor: Int32, count: Int, path: String) throws -> [UInt8] {
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let got = read(descriptor, buffer.baseAddress! + filled, count - filled)
                if got < 0, errno == EINTR { continue }
                if got < 0 { failure = errno }
                guard got > 0 else { break }
                filled += got
            }
        }
        guard failure == 0 else { throw unopened(path, failure) }
        guard bytes.count == count else {
            throw LungfoldError(
                .io, path, "ended after \(bytes.count) of \(count) bytes while it was read",
                remedy: "Wait until the file is written whole")
        }
        return bytes
    }

    private func refuseKnownOtherContent() throws {
        guard let (_, what, remedy) = Self.otherContents.first(where: { starts(with: $0.0) }) else {
            return
        }
        throw LungfoldError(.badData, path, "is \(what), not an image", remedy: remedy)
    }

    private func starts(with prefix: String) -> Bool {
        bytes.count >= prefix.utf8.count
            && zip(bytes, prefix.utf8).allSatisfy { Self.lowercase($0) == Self.lowercase($1) }
    }

    private static func lowercase(_ byte: UInt8) -> UInt8 {
        (65...90).contains(byte) ? byte + 32 : byte
    }

    private static let otherContents = [
        ("version https://git-lfs", "a Git LFS pointer", "Run `git lfs pull` where it came from"),
        ("<!doctype html", "an HTML page", "Download the file itself, not the page about it"),
        ("<html", "an HTML page", "Download the file itself, not the page about it"),
        ("<?xml", "an XML document", "Download the file itself"),
        ("PK\u{3}\u{4}", "a ZIP archive", "Unpack it"),
        ("\u{0}\u{5}\u{16}\u{7}", "an AppleDouble file (\"._\")", "Name the file without \"._\""),
    ]
}
