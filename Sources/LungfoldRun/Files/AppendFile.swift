import Glibc
import LungfoldImaging
import LungfoldStudy

/// A file of lines that only grows. Each line is one write to the end of the file, so that lines of two
/// processes are not mixed; a line that was torn, by a full disk or a kill, is ended before the next.
package final class AppendFile {
    /// Its path.
    let path: String
    private let descriptor: Int32
    private var isTorn: Bool

    /// Opens the file, or makes it. The folder must be there.
    package init(_ path: String) throws {
        self.path = path
        descriptor = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw LungfoldError.cannotCreate(path, errno) }
        var last = UInt8(ascii: "\n")
        if lseek(descriptor, -1, SEEK_END) >= 0 { read(descriptor, &last, 1) }
        isTorn = last != UInt8(ascii: "\n")
    }

    deinit { close(descriptor) }

    /// Bytes in the file.
    var size: Int { Int(max(0, lseek(descriptor, 0, SEEK_END))) }

    /// Adds a line.
    /// - Throws: `LungfoldError` with the path and the system's reason.
    package func append(_ line: some Sequence<UInt8>) throws {
        let newline = UInt8(ascii: "\n")
        let before = size
        let bytes = (isTorn ? [newline] : []) + Array(line) + [newline]
        do {
            try WholeFile.write(bytes, toOpen: descriptor, name: path)
            isTorn = false
        } catch {
            isTorn = isTorn || size > before
            throw error
        }
    }
}
