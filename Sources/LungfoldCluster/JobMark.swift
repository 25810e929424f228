import Glibc
import Synchronization

/// Notes in the running job's file how its process comes to end, so that a later run can tell a job
/// that ends its process from one that was beside it. A write to what is open already is the one
/// thing that a process can still do in a signal handler.
package enum JobMark {
    /// Leads to the job's file, and nowhere while no job runs. Its number stays the same: a handler
    /// that has just read it cannot write into what another thread opens in that moment.
    private static let slot = open("/dev/null", O_WRONLY | O_CLOEXEC)
    private static let nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC)
    /// The second of `Clock` up to which the job counts as moving.
    private static let movesUntil = Atomic<UInt64>(.max)

    /// To be called before a handler that writes is set: none may be the first to use all this.
    package static func prepare() { _ = (slot, nowhere, movesUntil.load(ordering: .relaxed)) }

    /// Says which file is the running job's; nil where none runs.
    package static func point(at path: String?) {
        let new = path.map { open($0, O_WRONLY | O_APPEND | O_CLOEXEC) } ?? -1
        dup2(new >= 0 ? new : nowhere, slot)
        _ = fcntl(slot, F_SETFD, FD_CLOEXEC)  // dup2 clears it
        guard new >= 0 else { return }
        close(new)
        // It may have come while the file was written.
        if StopSignals.hasArrived { noteRequest() }
    }

    /// The process ends by a fault of its own. Safe in a signal handler.
    package static func noteCrash() { write("crash\n") }

    /// The process was asked to end, or ends because the run does: no fault of its job, unless that
    /// has stood still for so long that it is the reason. Safe in a signal handler.
    package static func noteRequest() {
        guard UInt64(Clock.now) <= movesUntil.load(ordering: .relaxed) else { return }
        write("asked\n")
    }

    /// The job has made a step; it counts as moving for so many seconds.
    package static func jobMoves(for seconds: Double) {
        let end = UInt64(max(0, Clock.now + min(seconds, 1e9)))
        movesUntil.store(end, ordering: .relaxed)
    }

    private static func write(_ line: StaticString) {
        _ = Glibc.write(slot, line.utf8Start, line.utf8CodeUnitCount)
    }
}
