import Dispatch
import Foundation
import Synchronization

/// Signals that ask a study to stop: USR1 and USR2 (which mpirun hands on to its ranks), TERM, INT
/// and HUP. To be made before MPI starts, since an unhandled signal ends the process.
final class StopSignals {
    private let request = StopRequest()
    private let sources: [any DispatchSourceSignal]

    init() {
        sources = [SIGUSR1, SIGUSR2, SIGTERM, SIGINT, SIGHUP].map { number in
            signal(number, SIG_IGN)
            return DispatchSource.makeSignalSource(signal: number, queue: .global())
        }
        for source in sources {
            source.setEventHandler { [request] in request.arrive() }
            source.resume()
        }
    }

    /// What to do when a signal arrives, or at once if one has.
    func onStop(_ body: @escaping @Sendable () -> Void) { request.onArrival(body) }
}

/// A request that may come before anybody is there to take it.
private final class StopRequest: Sendable {
    private struct State {
        var hasArrived = false
        var action: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    func onArrival(_ body: @escaping @Sendable () -> Void) {
        let hasArrived = state.withLock { state in
            state.action = body
            return state.hasArrived
        }
        if hasArrived { body() }
    }

    func arrive() {
        let action = state.withLock { state in
            state.hasArrived = true
            return state.action
        }
        action?()
    }
}
