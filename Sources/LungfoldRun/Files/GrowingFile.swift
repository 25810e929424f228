import Glibc
import LungfoldImaging
import LungfoldStudy

/// A file that people watch while it grows. Its beginning is written whole, under its name; what follows
/// goes to that file and no other, even where another process has put its own in its place by then.
final class GrowingFile {
    private let path: String
    private var descriptor: Int32

    /// Puts a new file in the place of what was there.
    /// - Throws: `LungfoldError` with the path and the system's reason.
    init(_ path: String, beginning: [UInt8]) throws {
        self.path = path
        try WholeFile.write(beginning, to: path)
        descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
        guard descriptor >= 0 else { throw LungfoldError.cannotCreate(path, errno) }
    }

    deinit { end() }

    /// Adds bytes. Where the disk refuses them nothing follows: behind half a record no reader goes on.
    func append(_ bytes: [UInt8]) {
        guard descriptor >= 0, !bytes.isEmpty else { return }
        do {
            try WholeFile.write(bytes, toOpen: descriptor, name: path)
        } catch {
            end()
        }
    }

    private func end() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
    }
}
