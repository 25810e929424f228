import Dispatch
import Foundation
import Synchronization

/// Signals that ask a study to stop: USR1 and USR2 (which mpirun hands on to its ranks), TERM, INT
/// and HUP. To be made before MPI starts, since an unhandled signal ends the process.
final class StopSignals: Sendable {
    private let hasArrived = Mutex(false)
    private let action = Mutex<(@Sendable () -> Void)?>(nil)
    private let sources: [any DispatchSourceSignal & Sendable]

    init() {
        sources = [SIGUSR1, SIGUSR2, SIGTERM, SIGINT, SIGHUP].map { number in
            signal(number, SIG_IGN)
            return DispatchSource.makeSignalSource(signal: number, queue: .global())
        }
        for source in sources {
            source.setEventHandler { [weak self] in self?.arrive() }
            source.resume()
        }
    }

    /// What to do when a signal arrives, or at once if one has.
    func onStop(_ body: @escaping @Sendable () -> Void) {
        action.withLock { $0 = body }
        if hasArrived.withLock({ $0 }) { body() }
    }

    private func arrive() {
        hasArrived.withLock { $0 = true }
        action.withLock { $0 }?()
    }
}
