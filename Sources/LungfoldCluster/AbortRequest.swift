import Synchronization

/// An exit code that ends all ranks, set by any thread and obeyed by the comm thread.
final class AbortRequest: Sendable {
    private let storage = Atomic<Int32>(0)

    /// The code asked for; nil while nobody has.
    var code: Int32? {
        let code = storage.load(ordering: .acquiring)
        return code == 0 ? nil : code
    }

    /// Asks for the end of all ranks. The first code stands. Only 1 to 125 can be told from success
    /// and from signals by whoever sees mpirun's exit code; anything else becomes 70.
    func set(_ code: Int32) {
        let code = (1...125).contains(code) ? code : 70
        _ = storage.compareExchange(expected: 0, desired: code, ordering: .acquiringAndReleasing)
    }
}

/// Whether the study was asked to stop, by a call or by a signal. Setting it takes no lock.
final class StopFlag: Sendable {
    private let storage = Atomic<Bool>(false)

    var isSet: Bool { storage.load(ordering: .acquiring) || StopSignals.hasArrived }

    func set() { storage.store(true, ordering: .releasing) }
}
