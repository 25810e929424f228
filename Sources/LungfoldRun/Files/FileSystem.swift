import Glibc
import LungfoldStudy

/// Files and directories by the system's own calls: Foundation's atomic write leaves out the
/// directory's fsync, and its errors hide the errno. The one file of this target with unsafe
/// pointers.
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
        if mkdir(path, 0o777) != 0, errno != EEXIST || !isDirectory(path) {
            throw LungfoldError.cannotCreate(path, errno)
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

    /// Writes a file whole or not at all: a temporary file beside it, every byte, fsync, rename, fsync
    /// of the directory. An old file of that name is replaced.
    public static func writeAtomically(_ bytes: [UInt8], to path: String) throws {
        let temporary = "\(directory(of: path))/.\(name(of: path)).\(getpid()).tmp"
        let descriptor = try create(temporary, for: path)
        do {
            try write(bytes, to: descriptor, path: path)
            guard fsync(descriptor) == 0 else { throw LungfoldError.cannotWrite(path, errno) }
        } catch {
            close(descriptor)
            unlink(temporary)
            throw error
        }
        // NFS reports a late write error here.
        guard close(descriptor) == 0, rename(temporary, path) == 0 else {
            let code = errno
            unlink(temporary)
            throw LungfoldError.cannotWrite(path, code)
        }
        try synchronize(directory: directory(of: path))
    }

    /// Writes text to a descriptor at once, so that a line is never mixed with another's.
    /// - Returns: whether every byte was taken.
    public static func writeText(_ text: String, to descriptor: Int32) -> Bool {
        (try? write(Array(text.utf8), to: descriptor, path: "standard output")) != nil
    }

    /// The names in a directory, sorted; empty where there is none.
    public static func names(in path: String) -> [String] {
        guard let handle = opendir(path) else { return [] }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Removes a file, if it is there.
    public static func remove(_ path: String) { unlink(path) }

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

    /// The last component of a path.
    public static func name(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
    }

    // MARK: Descriptors

    private static func create(_ temporary: String, for path: String) throws -> Int32 {
        let flags = O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC
        var descriptor = open(temporary, flags, 0o666)
        if descriptor < 0, errno == EEXIST {
            // Left by a process of the same number that was killed while writing.
            unlink(temporary)
            descriptor = open(temporary, flags, 0o666)
        }
        guard descriptor >= 0 else { throw LungfoldError.cannotCreate(path, errno) }
        return descriptor
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

    private static func write(_ bytes: [UInt8], to descriptor: Int32, path: String) throws {
        try bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count {
                let rest = UnsafeRawBufferPointer(rebasing: buffer[done...])
                let written = Glibc.write(descriptor, rest.baseAddress, rest.count)
                if written < 0, errno == EINTR { continue }
                guard written > 0 else { throw LungfoldError.cannotWrite(path, errno) }
                done += written
            }
        }
    }

    private static func synchronize(directory: String) throws {
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw LungfoldError.cannotWrite(directory, errno) }
        defer { close(descriptor) }
        // Some network file systems cannot sync a directory and say so with EINVAL.
        guard fsync(descriptor) == 0 || errno == EINVAL else {
            throw LungfoldError.cannotWrite(directory, errno)
        }
    }
}

extension LungfoldError {
    static func cannotCreate(_ path: String, _ code: Int32) -> LungfoldError {
        LungfoldError(
            .cannotCreate, path, "cannot be created: \(text(of: code))", remedy: remedy(for: code))
    }

    static func cannotWrite(_ path: String, _ code: Int32) -> LungfoldError {
        LungfoldError(
            .io, path, "cannot be written: \(text(of: code))", remedy: remedy(for: code))
    }

    static func cannotRead(_ path: String, _ code: Int32) -> LungfoldError {
        LungfoldError(
            code == EIO ? .io : .missingInput, path, "cannot be read: \(text(of: code))",
            remedy: "Check the path and its permissions")
    }

    private static func text(of code: Int32) -> String { String(cString: strerror(code)) }

    private static func remedy(for code: Int32) -> String {
        switch code {
        case ENOSPC, EDQUOT: "Free some space there; the same command then continues"
        case EROFS, EACCES, EPERM: "Choose another place with --output, or mend the permissions"
        case ENOTDIR: "A part of the path is a file; choose another place with --output"
        default: "Check the path and the disk, and run the same command again"
        }
    }
}
