import Glibc
import LungfoldImaging
import LungfoldStudy

/// Files and directories by the system's own calls, whose errors say why. The one file of this target
/// with unsafe pointers.
public enum FileSystem {
    /// Whether something exists at a path.
    public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Whether a path is a directory.
    public static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Makes a directory and the directories above it, where they are missing.
    public static func makeDirectory(_ path: String) throws {
        if isDirectory(path) { return }
        let parent = directory(of: path)
        if parent != path { try makeDirectory(parent) }
        guard mkdir(path, 0o777) != 0 else { return }
        let code = errno
        // Another rank may have made it in the meantime.
        guard code == EEXIST, isDirectory(path) else {
            throw LungfoldError.cannotCreate(path, code)
        }
    }

    /// All bytes of a regular file.
    public static func read(_ path: String) throws -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw LungfoldError.cannotRead(path, errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw LungfoldError.cannotRead(path, errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw LungfoldError(.missingInput, path, "is not a regular file")
        }
        return try read(descriptor, path: path, expected: Int(status.st_size))
    }

    /// All bytes of a file; none where it cannot be read.
    public static func readIfAny(_ path: String) -> [UInt8] { (try? read(path)) ?? [] }

    /// Some bytes of a file, fewer where it ends before them; none where it cannot be read.
    static func readIfAny(_ path: String, from offset: Int, count: Int) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
            while done < count {
                let got = pread(
                    descriptor, buffer.baseAddress! + done, count - done, off_t(offset + done))
                if got < 0, errno == EINTR { continue }
                guard got > 0 else { return }
                done += got
            }
        }
    }

    /// The names in a directory, in order; none where it cannot be read.
    static func names(in path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Removes a file, if it is there.
    public static func remove(_ path: String) { unlink(path) }

    /// Removes the files of a folder that a killed process has left half-written.
    static func removeTemporaries(in folder: String) {
        for name in names(in: folder) where WholeFile.isTemporary(name) {
            remove("\(folder)/\(name)")
        }
    }

    /// Gives a file another name, in place of what has it.
    static func rename(_ path: String, to new: String) { Glibc.rename(path, new) }

    /// Bytes that an unprivileged process may still write where a path lies; nil if unknown.
    public static func freeBytes(at path: String) -> UInt64? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        return UInt64(status.f_bavail) * UInt64(status.f_frsize)
    }

    /// The directory that holds a path: `.` for a bare name.
    public static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Reads to the end; files under /proc say that their size is 0.
    private static func read(_ descriptor: Int32, path: String, expected: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            let room = max(4096, expected - bytes.count + 1)
            let part = try [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
                var got = Glibc.read(descriptor, buffer.baseAddress, room)
                while got < 0, errno == EINTR {
                    got = Glibc.read(descriptor, buffer.baseAddress, room)
                }
                guard got >= 0 else { throw LungfoldError.cannotRead(path, errno) }
                count = got
            }
            if part.isEmpty { return bytes }
            bytes += part
        }
    }
}

extension LungfoldError {
    static func cannotRead(_ path: String, _ code: Int32) -> LungfoldError {
        LungfoldError(
            code == EIO ? .io : .missingInput, path,
            "cannot be read: \(String(cString: strerror(code)))",
            remedy: "Check the path and its permissions")
    }
}
