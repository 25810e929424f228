import Foundation
import Glibc
import LungfoldStudy
import Synchronization

/// The right to write to the folder of a study or of a single job: one run has it at a time.
///
/// The kernel keeps the lock (flock) and gives it back when its process dies. The file `lock` says who
/// has it and counts up every two seconds. Where the lock cannot be trusted, because the last owner
/// was on another host or the file system knows no locks, its owner counts as dead when the count has
/// stood still for a minute of this process's own clock; clocks are never compared. Several that find it
/// dead at the same moment write their names, and the last one has it.
package final class DirectoryLock {
    /// Who has the lock, as the file says.
    package struct Owner: Codable, Hashable, Sendable {
        package var host: String
        package var pid: Int32
        package var beat = 0
        /// Drawn at the start: containers may have one host's name and the same process numbers.
        /// Missing in files of older versions.
        package var token: Int?

        /// Whether two records are one run's.
        func isSame(as other: Owner) -> Bool {
            host == other.host && pid == other.pid && token == other.token
        }
    }

    /// The open file, and what stands in it; nil once the lock is given back.
    private final class Record: Sendable {
        let file: LockFile
        let descriptor: Int32
        let isSure: Bool
        let owner: Mutex<Owner?>

        init(_ file: LockFile, _ descriptor: Int32, isSure: Bool, _ owner: Owner) {
            self.file = file
            self.descriptor = descriptor
            self.isSure = isSure
            self.owner = Mutex(owner)
        }

        /// Gives a sign of life, unless another has taken this process for dead and the lock for its
        /// own: the generation then tells this run to end.
        func beat() {
            owner.withLock { owner in
                guard var next = owner, let content = try? file.content(),
                    !isAnothers(content, than: next)
                else { return }
                next.beat += 1
                owner = next
                // What takes the place of as many bytes needs no space; a disk that refuses even that
                // shows in the jobs' own files.
                try? file.write(next, to: descriptor)
                if !isSure { file.settle(descriptor) }
            }
        }

        func release() {
            owner.withLock { owner in
                guard let own = owner else { return }
                owner = nil
                if !isAnothers((try? file.content()) ?? [], than: own) { ftruncate(descriptor, 0) }
                close(descriptor)
            }
        }

        private func isAnothers(_ content: [UInt8], than own: Owner) -> Bool {
            file.owner(in: content).map { !$0.isSame(as: own) } ?? false
        }
    }

    private let record: Record
    private let timer: any DispatchSourceTimer

    /// Takes the lock.
    /// - Parameters:
    ///   - path: the lock's file, in a folder that must exist.
    ///   - host: this host's name.
    ///   - terms: how long to wait for what.
    ///   - notice: is told when this takes a while.
    /// - Throws: `LungfoldError`: `cannotCreate` naming the host and process that have it, or
    ///   `interrupted` where this process is asked to stop while it waits.
    package init(
        _ path: String, host: String, terms: LockTerms = LockTerms(), notice: (String) -> Void
    ) throws {
        let file = LockFile(path: path)
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw LungfoldError.cannotCreate(path, errno) }
        let own = Owner(
            host: host, pid: getpid(), token: Int(UInt32.random(in: 0...UInt32.max)))
        let isSure: Bool
        do {
            isSure = try LockClaim(file: file, own: own, terms: terms)
                .take(descriptor, notice: notice)
        } catch {
            if file.owner?.isSame(as: own) == true { ftruncate(descriptor, 0) }
            close(descriptor)
            throw error
        }
        record = Record(file, descriptor, isSure: isSure, own)
        // A queue of its own: in the common ones it would wait for the threads of whoever computes.
        timer = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "lock"))
        timer.setEventHandler { [record] in record.beat() }
        timer.schedule(deadline: .now() + terms.beat, repeating: terms.beat)
        timer.activate()
    }

    /// Gives the lock back. The file stays, empty: removing it would let two runs lock two files.
    package func release() {
        timer.cancel()
        record.release()
    }

    /// Who holds the lock of a folder now, as far as can be told; nil where nobody does. A file system
    /// without locks takes two beats to tell.
    package static func holder(
        of directory: RunDirectory, terms: LockTerms = LockTerms()
    ) -> Owner? {
        let file = LockFile(path: directory.lockFile)
        let descriptor = open(file.path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        switch terms.flock(descriptor, LOCK_SH | LOCK_NB) {
        case EWOULDBLOCK: return file.owner
        case ENOSYS, ENOLCK, EOPNOTSUPP: return livingOwner(of: file, beat: terms.beat)
        default: return nil
        }
    }

    /// Who gives a sign of life within two beats.
    private static func livingOwner(of file: LockFile, beat: Double) -> Owner? {
        guard let first = file.owner else { return nil }
        let begin = ContinuousClock.now
        while ContinuousClock.now - begin < .seconds(2 * beat) {
            usleep(useconds_t(beat / 8 * 1e6))
            if let now = file.owner, now != first { return now }
        }
        return nil
    }
}
