import Foundation
import Glibc
import LungfoldImaging
import LungfoldStudy
import Synchronization

/// The right to write to the folder of a study or of a single job: one run has it at a time.
///
/// The kernel keeps the lock (flock) and gives it back when its process dies. The file `lock` says who
/// has it and counts up every two seconds. Where the lock cannot be trusted, because the last owner
/// was on another host or the file system knows no locks, its owner counts as dead when the count has
/// stood still for a minute of this process's own clock; clocks are never compared.
final class DirectoryLock {
    /// Who has the lock, as the file says.
    struct Owner: Codable, Hashable, Sendable {
        var host: String
        var pid: Int32
        var beat = 0
    }

    /// Between two signs of life of the owner.
    static let beatInterval = 2.0
    /// How long to wait for a lock that is held.
    private static let patience = 3.0
    /// How long a sign of life may be missing.
    private static let silence = 60.0 * LimitScale.factor

    /// The open file, and what stands in it; nil once the lock is given back.
    private final class Record: Sendable {
        let descriptor: Int32
        let owner: Mutex<Owner?>

        init(_ descriptor: Int32, _ owner: Owner) {
            self.descriptor = descriptor
            self.owner = Mutex(owner)
        }

        func beat() {
            owner.withLock { owner in
                owner?.beat += 1
                // What takes the place of as many bytes needs no space; a disk that refuses even that
                // shows in the jobs' own files.
                if let owner { try? DirectoryLock.write(owner, to: descriptor, "the lock") }
            }
        }
    }

    private let record: Record
    private let timer: any DispatchSourceTimer

    /// Takes the lock.
    /// - Parameters:
    ///   - path: the lock's file, in a folder that must exist.
    ///   - host: this host's name.
    ///   - notice: is told when this takes a while.
    /// - Throws: `LungfoldError` (`cannotCreate`) naming the host and process that have it.
    init(_ path: String, host: String, notice: (String) -> Void) throws {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw LungfoldError.cannotCreate(path, errno) }
        let own = Owner(host: host, pid: getpid())
        do {
            let isSure = try Self.lock(descriptor, path)
            try Self.waitForSilence(path, isSure: isSure, own: own, notice: notice)
            try Self.write(own, to: descriptor, path)
        } catch {
            close(descriptor)
            throw error
        }
        record = Record(descriptor, own)
        timer = DispatchSource.makeTimerSource(queue: .global())
        timer.setEventHandler { [record] in record.beat() }
        timer.schedule(deadline: .now() + Self.beatInterval, repeating: Self.beatInterval)
        timer.activate()
    }

    /// Gives the lock back. The file stays, empty: removing it would let two runs lock two files.
    func release() {
        timer.cancel()
        record.owner.withLock { owner in
            guard owner != nil else { return }
            owner = nil
            ftruncate(record.descriptor, 0)
            close(record.descriptor)
        }
    }

    /// Who holds the lock of a folder now, as far as can be told; nil where nobody does.
    static func holder(of directory: RunDirectory) -> Owner? {
        let descriptor = open(directory.lockFile, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        let isFree = flock(descriptor, LOCK_SH | LOCK_NB) == 0
        return isFree ? nil : read(directory.lockFile)
    }

    // MARK: Taking it

    /// Locks the file; whether the kernel vouches for it.
    private static func lock(_ descriptor: Int32, _ path: String) throws -> Bool {
        let begin = ContinuousClock.now
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            switch errno {
            case EINTR: continue
            case EWOULDBLOCK: break
            default: return false  // a file system without locks
            }
            guard ContinuousClock.now - begin < .seconds(patience) else {
                throw refusal(path, read(path))
            }
            usleep(100_000)
        }
        return true
    }

    private static func waitForSilence(
        _ path: String, isSure: Bool, own: Owner, notice: (String) -> Void
    ) throws {
        guard let last = read(path) else { return }
        if last.host == own.host {
            // Here the kernel knows: through its lock, or through the process's absence.
            if isSure || (kill(last.pid, 0) != 0 && errno == ESRCH) { return }
        }
        notice(
            "the folder's last run, process \(last.pid) on \(last.host), did not end in order; "
                + "waiting \(Int(silence)) s for a sign of life")
        let begin = ContinuousClock.now
        while ContinuousClock.now - begin < .seconds(silence) {
            usleep(500_000)
            if let now = read(path), now != last { throw refusal(path, now) }
        }
    }

    private static func refusal(_ path: String, _ owner: Owner?) -> LungfoldError {
        let who = owner.map { "process \($0.pid) on \($0.host)" } ?? "another process"
        return LungfoldError(
            .cannotCreate, FileSystem.directory(of: path), "\(who) is at work here",
            remedy: "Wait for its end or stop it, or choose another folder with --output")
    }

    // MARK: The file

    private static func read(_ path: String) -> Owner? {
        try? JSON.decode(from: FileSystem.readIfAny(path), subject: path)
    }

    /// Writes over what is there. Not by rename: the lock is on this very file.
    private static func write(_ owner: Owner, to descriptor: Int32, _ path: String) throws {
        let bytes = try JSON.encode(owner)
        guard lseek(descriptor, 0, SEEK_SET) == 0 else {
            throw LungfoldError.cannotWrite(path, errno)
        }
        try WholeFile.write(bytes, toOpen: descriptor, name: path)
        guard ftruncate(descriptor, off_t(bytes.count)) == 0 else {
            throw LungfoldError.cannotWrite(path, errno)
        }
    }
}
