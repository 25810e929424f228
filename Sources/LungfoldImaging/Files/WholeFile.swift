import Glibc
import LungfoldStudy

/// Writes files whole or not at all: a temporary file beside the target, fsync, rename, fsync of
/// the directory.
package enum WholeFile {
    /// Writes or replaces a file.
    /// - Throws: `LungfoldError` with the path and the system's reason; the target is then as it
    ///   was, and no temporary file stays.
    package static func write(_ bytes: [UInt8], to path: String) throws {
        let temporary = "\(path).\(getpid()).tmp"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw failure(.cannotCreate, path, "be created", errno) }
        do {
            try writeAll(bytes, to: descriptor, path: path)
            guard rename(temporary, path) == 0 else {
                throw failure(.cannotCreate, path, "be created", errno)
            }
        } catch {
            unlink(temporary)
            throw error
        }
        synchroniseDirectory(of: path)
    }

    private static func writeAll(_ bytes: [UInt8], to descriptor: Int32, path: String) throws {
        var done = 0
        var code: Int32 = 0
        bytes.withUnsafeBytes { buffer in
            while done < buffer.count {
                let count = Glibc.write(
                    descriptor, buffer.baseAddress! + done, buffer.count - done)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else {
                    code = errno
                    break
                }
                done += count
            }
        }
        if code == 0, fsync(descriptor) != 0 { code = errno }
        // close reports late errors of network file systems.
        if close(descriptor) != 0, code == 0 { code = errno }
        guard code == 0 else { throw failure(.io, path, "be written", code) }
    }

    /// The rename outlives a power failure only with this; file systems without it may refuse.
    private static func synchroniseDirectory(of path: String) {
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    private static func failure(
        _ kind: LungfoldError.Kind, _ path: String, _ what: String, _ code: Int32
    ) -> LungfoldError {
        LungfoldError(
            kind, path, "cannot \(what): \(String(cString: strerror(code)))",
            remedy: "Check the folder's permissions and the space on its disk")
    }
}
