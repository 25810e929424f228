import Glibc
import LungfoldImaging
import LungfoldStudy

/// Files and directories by the system's own calls, whose errors say why. The one file of this target
/// with unsafe pointers.
public enum FileSystem {
    /// Whether something exists at a path, as far as the system tells.
    public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// The same, for whom a wrong no would be costly: what cannot be looked at may well be there.
    /// - Throws: `LungfoldError` (`io`) where the system cannot tell.
    static func isPresent(_ path: String) throws -> Bool {
        guard access(path, F_OK) != 0 else { return true }
        let error = LungfoldError.cannotRead(path, errno)
        guard error.kind == .missingInput else { throw error }
        return false
    }

    /// Whether a path is a directory.
    public static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Makes a directory and the directories above it, where they are missing.
    /// - Parameter levels: how many it makes at the most, its own included. What is in a study's folder
    ///   must not bring the folder itself back, empty, after that has vanished.
    public static func makeDirectory(_ path: String, levels: Int = .max) throws {
        if isDirectory(path) { return }
        let parent = directory(of: path)
        if levels > 1, parent != path { try makeDirectory(parent, levels: levels - 1) }
        guard mkdir(path, 0o777) != 0 else { return }
        let code = errno
        // Another rank may have made it in the meantime.
        guard code == EEXIST, isDirectory(path) else {
            throw LungfoldError.cannotCreate(path, code)
        }
    }

    /// All bytes of a regular file.
    /// - Parameters:
    ///   - path: the file.
    ///   - limit: the most bytes that it may have; a larger one is refused before it takes up memory.
    ///   - isInput: whether the user named it. What keeps such a file closed is for the user to mend
    ///     (`missingInput`). One of our own is missing where there is none, and anything else is the
    ///     disk's fault (`io`), which may pass: nothing is to be thrown away for it.
    /// - Throws: `LungfoldError` with the path and the system's reason, `badData` for a large file.
    public static func read(
        _ path: String, atMost limit: Int? = nil, isInput: Bool = false
    ) throws -> [UInt8] {
        try withRegularFile(path, isInput: isInput) { descriptor, size in
            try requireSize(size, atMost: limit, path: path)
            return try read(descriptor, path: path, expected: size, atMost: limit)
        }
    }

    /// All bytes of a regular file whose beginning is looked at before the rest takes up memory.
    /// - Parameters:
    ///   - path: the file.
    ///   - count: the length of the beginning; a shorter file gives less.
    ///   - check: throws where the beginning and the file's size in bytes do not fit.
    static func read(
        _ path: String, checkingFirst count: Int, by check: ([UInt8], Int) throws -> Void
    ) throws -> [UInt8] {
        try withRegularFile(path) { descriptor, size in
            try check(part(of: descriptor, from: 0, count: count, path: path), size)
            return try read(descriptor, path: path, expected: size, atMost: nil)
        }
    }

    /// The first bytes of a regular file, fewer where it ends before them.
    static func read(_ path: String, first count: Int) throws -> [UInt8] {
        try withRegularFile(path) { descriptor, _ in
            try part(of: descriptor, from: 0, count: count, path: path)
        }
    }

    /// All bytes of a file; none where it cannot be read.
    public static func readIfAny(_ path: String) -> [UInt8] { (try? read(path)) ?? [] }

    /// Some bytes of a file, fewer where it ends before them; none where it cannot be read.
    static func readIfAny(_ path: String, from offset: Int, count: Int) -> [UInt8] {
        let bytes = try? withRegularFile(path) { descriptor, _ in
            try part(of: descriptor, from: offset, count: count, path: path)
        }
        return bytes ?? []
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

    /// Removes a directory that has nothing in it; others stay.
    static func removeEmptyDirectory(_ path: String) { rmdir(path) }

    /// Removes a folder of files, if it is there.
    static func removeFolder(_ path: String) {
        for name in names(in: path) { remove("\(path)/\(name)") }
        rmdir(path)
    }

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

    // MARK: Reading

    /// Opens a file and gives its size in bytes.
    private static func withRegularFile<Result>(
        _ path: String, isInput: Bool = false, _ body: (Int32, Int) throws -> Result
    ) throws -> Result {
        // O_NONBLOCK: opening a pipe without a writer would wait for ever.
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw LungfoldError.cannotRead(path, errno, isInput: isInput)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw LungfoldError.cannotRead(path, errno, isInput: isInput)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw LungfoldError(
                isInput ? .missingInput : .io, path, "is not a regular file",
                remedy: isInput ? "Name a file" : "Move it away and run the same command again")
        }
        return try body(descriptor, Int(status.st_size))
    }

    /// Reads to the end; files under /proc say that their size is 0.
    private static func read(
        _ descriptor: Int32, path: String, expected: Int, atMost limit: Int?
    ) throws -> [UInt8] {
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
            // It may have grown since its size was asked for.
            try requireSize(bytes.count, atMost: limit, path: path)
        }
    }

    /// Reads from a place to another, or to the end where that comes first.
    private static func part(
        of descriptor: Int32, from offset: Int, count: Int, path: String
    ) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
            while done < count {
                let got = pread(
                    descriptor, buffer.baseAddress! + done, count - done, off_t(offset + done))
                if got < 0, errno == EINTR { continue }
                guard got >= 0 else { throw LungfoldError.cannotRead(path, errno) }
                if got == 0 { return }
                done += got
            }
        }
    }

    private static func requireSize(_ size: Int, atMost limit: Int?, path: String) throws {
        guard let limit, size > limit else { return }
        throw LungfoldError(
            .badData, path, "has \(size) bytes; the most that such a file may have is \(limit)",
            remedy: "Restore it from a copy, or remove it")
    }
}

extension LungfoldError {
    /// A file that the system refuses to open or to read.
    /// - Parameter isInput: as of `FileSystem.read`.
    static func cannotRead(_ path: String, _ code: Int32, isInput: Bool = false) -> LungfoldError {
        let missing = [ENOENT, ENOTDIR]
        let closed = [EACCES, EPERM, ELOOP, EISDIR, ENAMETOOLONG, ENXIO, ENODEV]
        let isMissing = missing.contains(code) || (isInput && closed.contains(code))
        return LungfoldError(
            isMissing ? .missingInput : .io, path,
            "cannot be read: \(String(cString: strerror(code)))",
            remedy: isMissing
                ? "Check the path and its permissions"
                : "Check the disk and the permissions, and run the same command again")
    }
}
