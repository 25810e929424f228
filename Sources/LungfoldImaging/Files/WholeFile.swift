import Glibc
import LungfoldStudy

/// Writes files whole or not at all: a temporary file beside the target, every byte, fsync, rename,
/// fsync of the directory. Foundation's atomic write leaves the last one out and hides the errno.
package enum WholeFile {
    /// Writes or replaces a file.
    /// - Parameters:
    ///   - bytes: the content.
    ///   - path: the file.
    ///   - permission: asked last, when only the file's name is missing; throws where the file must not
    ///     be written after all.
    /// - Throws: `LungfoldError` with the path and the system's reason, or what `permission` throws; the
    ///   target is then as it was, and no temporary file stays.
    package static func write(
        _ bytes: [UInt8], to path: String, permission: () throws -> Void = {}
    ) throws {
        try write([bytes], to: path, permission: permission)
    }

    /// Writes or replaces a file by parts that follow each other in it.
    package static func write(
        _ parts: [[UInt8]], to path: String, permission: () throws -> Void = {}
    ) throws {
        let (temporary, descriptor) = try create(beside: path)
        do {
            try writeAll(parts, to: descriptor, path: path)
            try permission()
            guard rename(temporary, path) == 0 else { throw LungfoldError.cannotWrite(path, errno) }
        } catch {
            unlink(temporary)
            throw error
        }
        try synchronise(place(of: path).folder, of: path)
    }

    /// Whether a file of this name is one that a killed process has left half-written: `.NAME.PID.tmp`
    /// of older versions, or `.NAME.PID.DIGITS.tmp`.
    package static func isTemporary(_ name: String) -> Bool {
        var parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard name.hasPrefix("."), parts.popLast() == "tmp" else { return false }
        if parts.count >= 4, isDraw(parts[parts.count - 1]), Int(parts[parts.count - 2]) != nil {
            return true
        }
        return parts.count >= 3 && Int(parts[parts.count - 1]) != nil
    }

    private static func isDraw(_ part: Substring) -> Bool {
        part.count == 8 && part.allSatisfy(\.isHexDigit)
    }

    /// Writes to what is open already, such as standard output.
    /// - Throws: `LungfoldError` that calls it by `name`.
    package static func write(_ bytes: [UInt8], toOpen descriptor: Int32, name: String) throws {
        try bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count {
                let rest = UnsafeRawBufferPointer(rebasing: buffer[done...])
                let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw LungfoldError.cannotWrite(name, errno) }
                done += count
            }
        }
    }

    private static func place(of path: String) -> (folder: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return (".", path) }
        return (String(path[..<slash]), String(path[path.index(after: slash)...]))
    }

    /// Makes a temporary file. Eight digits are drawn for its name: processes of other hosts and
    /// containers may have this one's number, and a file of theirs is not to be touched.
    private static func create(beside path: String) throws -> (name: String, descriptor: Int32) {
        let (folder, name) = place(of: path)
        var code: Int32 = 0
        for _ in 1...10 {
            let draw = String(UInt32.random(in: 0x1000_0000...UInt32.max), radix: 16)
            let temporary = "\(folder)/.\(name).\(getpid()).\(draw).tmp"
            let descriptor = open(temporary, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o666)
            if descriptor >= 0 { return (temporary, descriptor) }
            code = errno
            guard code == EEXIST else { break }
        }
        throw LungfoldError.cannotCreate(path, code)
    }

    private static func writeAll(_ parts: [[UInt8]], to descriptor: Int32, path: String) throws {
        do {
            for part in parts { try write(part, toOpen: descriptor, name: path) }
            guard fsync(descriptor) == 0 else { throw LungfoldError.cannotWrite(path, errno) }
        } catch {
            close(descriptor)
            throw error
        }
        // close reports late errors of network file systems.
        guard close(descriptor) == 0 else { throw LungfoldError.cannotWrite(path, errno) }
    }

    /// The rename outlives a power failure only with this.
    private static func synchronise(_ folder: String, of path: String) throws {
        let descriptor = open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw LungfoldError.cannotWrite(path, errno) }
        defer { close(descriptor) }
        // Some network file systems cannot sync a directory and say so with EINVAL.
        guard fsync(descriptor) == 0 || errno == EINVAL else {
            throw LungfoldError.cannotWrite(path, errno)
        }
    }
}

extension LungfoldError {
    /// A file or folder that the system refuses to make.
    package static func cannotCreate(_ path: String, _ code: Int32) -> LungfoldError {
        LungfoldError(
            .cannotCreate, path, "cannot be created: \(String(cString: strerror(code)))",
            remedy: remedy(for: code))
    }

    /// A file that the system refuses to write.
    package static func cannotWrite(_ path: String, _ code: Int32) -> LungfoldError {
        // A folder that vanishes under a write is gone just as one that was gone before it.
        LungfoldError(
            code == ENOENT ? .cannotCreate : .io, path,
            "cannot be written: \(String(cString: strerror(code)))",
            remedy: remedy(for: code))
    }

    private static func remedy(for code: Int32) -> String {
        switch code {
        case ENOSPC, EDQUOT: "Free some space there; the same command then continues"
        case EROFS, EACCES, EPERM: "Choose another place with --output, or mend the permissions"
        case ENOTDIR: "A part of the path is a file; choose another place with --output"
        default: "Check the path and the disk, and run the same command again"
        }
    }
}
