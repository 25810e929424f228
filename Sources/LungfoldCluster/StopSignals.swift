import Glibc
import Synchronization

/// Signals that ask a study to save and stop: USR1 and USR2, which mpirun hands on to its ranks, and
/// TERM, INT and HUP, after which mpirun kills its ranks in a second or two.
public enum StopSignals {
    private static let flag = Atomic<Bool>(false)

    /// Whether one has come.
    public static var hasArrived: Bool { flag.load(ordering: .acquiring) }

    /// Watches for them. To be called before MPI starts: an unhandled one ends the process.
    public static func watch() {
        _ = hasArrived  // the handler must not be the first to use the flag
        JobMark.prepare()
        for number in [SIGUSR1, SIGUSR2, SIGTERM, SIGINT, SIGHUP] {
            var action = sigaction()
            action.__sigaction_handler.sa_handler = { _ in
                let code = errno  // of whatever call was interrupted
                StopSignals.flag.store(true, ordering: .releasing)
                JobMark.noteRequest()
                errno = code
            }
            action.sa_flags = SA_RESTART
            sigaction(number, &action, nil)
        }
        // A reader of our output that has gone away must not end the training.
        signal(SIGPIPE, SIG_IGN)
    }
}
