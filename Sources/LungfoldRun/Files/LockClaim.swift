import Glibc
import LungfoldCluster
import LungfoldStudy

/// The steps by which a process takes a lock, or is refused.
struct LockClaim {
    let file: LockFile
    let own: DirectoryLock.Owner
    let terms: LockTerms

    /// Takes the lock.
    /// - Parameters:
    ///   - descriptor: the open file.
    ///   - notice: is told when it takes a while.
    /// - Returns: whether the kernel vouches for it.
    /// - Throws: `LungfoldError`: `cannotCreate` naming who has it, or `interrupted` where this process
    ///   is asked to stop while it waits.
    func take(_ descriptor: Int32, notice: (String) -> Void) throws -> Bool {
        let isSure = try lock(descriptor)
        let hasJudged = try waitForSilence(isSure: isSure, notice: notice)
        try file.write(own, to: descriptor)
        // Where the kernel does not refuse them, several may judge the lock free at the same moment.
        if hasJudged {
            file.settle(descriptor)
            try confirm()
        }
        return isSure
    }

    /// Locks the file; whether the kernel vouches for it.
    private func lock(_ descriptor: Int32) throws -> Bool {
        let begin = ContinuousClock.now
        while true {
            switch terms.flock(descriptor, LOCK_EX | LOCK_NB) {
            case 0: return true
            case EINTR: continue
            case EWOULDBLOCK: break
            default: return false  // a file system without locks
            }
            guard ContinuousClock.now - begin < .seconds(terms.patience) else {
                throw refusal(file.owner)
            }
            try pause(0.1)
        }
    }

    /// Waits until whoever may have the lock counts as dead.
    /// - Returns: whether there was no other judge than the file.
    private func waitForSilence(isSure: Bool, notice: (String) -> Void) throws -> Bool {
        let last = try file.content()
        let owner = file.owner(in: last)
        // Where nobody is named, or a process of this host, the kernel's lock tells.
        if isSure, owner?.host ?? own.host == own.host { return false }
        // A process of this host that is no more is told by its absence.
        if let owner, owner.host == own.host, kill(owner.pid, 0) != 0, errno == ESRCH {
            return true
        }
        // An empty file is one that was given back, or one that another start is about to fill in.
        let limit = last.isEmpty ? terms.confirmation : terms.silence
        if !last.isEmpty {
            let reason =
                owner.map {
                    "the folder's last run, process \($0.pid) on \($0.host), did not end in order"
                } ?? "\(file.path) is damaged and does not tell who was the last at work here"
            notice("\(reason); waiting \(Int(limit)) s for a sign of life")
        }
        let begin = ContinuousClock.now
        while ContinuousClock.now - begin < .seconds(limit) {
            try pause(min(0.5, limit / 4))
            let now = try file.content()
            guard now != last else { continue }
            // Given back in the meantime.
            if now.isEmpty { break }
            throw refusal(file.owner(in: now))
        }
        return true
    }

    /// Looks whether the record is still this process's: of several, the last that wrote has the lock.
    private func confirm() throws {
        let begin = ContinuousClock.now
        repeat {
            try pause(terms.confirmation / 4)
            let owner = file.owner(in: try file.content())
            guard let owner, owner.isSame(as: own) else { throw refusal(owner) }
        } while ContinuousClock.now - begin < .seconds(terms.confirmation)
    }

    private func pause(_ seconds: Double) throws {
        guard !StopSignals.hasArrived else {
            throw LungfoldError(
                .interrupted, FileSystem.directory(of: file.path),
                "this run was stopped while it waited for another to give up the folder",
                remedy: "The same command continues it")
        }
        usleep(useconds_t(seconds * 1e6))
    }

    private func refusal(_ owner: DirectoryLock.Owner?) -> LungfoldError {
        let who = owner.map { "process \($0.pid) on \($0.host)" } ?? "another process"
        return LungfoldError(
            .cannotCreate, FileSystem.directory(of: file.path), "\(who) is at work here",
            remedy: "Wait for its end or stop it, or choose another folder with --output")
    }
}
