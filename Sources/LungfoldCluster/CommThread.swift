import LungfoldStudy

/// The one thread of a rank that makes MPI calls, MPI_Init and MPI_Finalize included. Other threads
/// pass it closures, which get the `MPI` that they cannot have themselves.
final class CommThread: Sendable {
    /// The value of a call that another thread makes.
    final class Pending<Value: Sendable>: Sendable {
        private let result = Monitor<Result<Value, any Error>?>(nil)

        func fulfil(_ value: Result<Value, any Error>) { result.withLock { $0 = value } }

        /// Waits for the value.
        func value() throws -> Value { try result.wait { $0 }.get() }

        /// Waits for the value; nil when `seconds` have passed.
        func value(atMost seconds: Double) throws -> Value? {
            try result.wait(atMost: seconds) { $0 }?.get()
        }
    }

    private struct Calls: Sendable {
        var waiting: [@Sendable (MPI) -> Void] = []
        var isClosed = false
    }

    let abortRequest = AbortRequest()
    private let calls = Monitor(Calls())

    /// Starts the thread and MPI on it, and makes the first call.
    /// - Parameters:
    ///   - seconds: how long MPI may take to start.
    ///   - patience: how long a rank waits for the others, in seconds.
    ///   - first: what to ask MPI first.
    func start<Value: Sendable>(
        atMost seconds: Double, patience: Double,
        _ first: @escaping @Sendable (MPI) throws -> Value
    ) throws -> Value {
        let pending = Pending<Value>()
        try RawThread.start { [self] in
            do {
                let mpi = try MPI(abortRequest: abortRequest, patience: patience)
                pending.fulfil(Result { try first(mpi) })
                serve(mpi)
            } catch {
                pending.fulfil(.failure(error))
            }
        }
        guard let value = try pending.value(atMost: seconds) else {
            throw LungfoldError(
                .internal, "MPI_Init_thread", "it has not returned for \(Int(seconds)) s",
                remedy: "Check that all hosts of the hostfile reach each other and that TMPDIR "
                    + "(\(Launcher.temporaryDirectory)) has room")
        }
        return value
    }

    /// Has the comm thread run `body`, after what it was given before.
    func begin<Value: Sendable>(
        _ body: @escaping @Sendable (MPI) throws -> Value
    ) -> Pending<Value> {
        let pending = Pending<Value>()
        let isClosed = calls.withLock { calls in
            if !calls.isClosed {
                calls.waiting.append { mpi in pending.fulfil(Result { try body(mpi) }) }
            }
            return calls.isClosed
        }
        if isClosed {
            pending.fulfil(
                .failure(LungfoldError(.internal, "MPI", "it was called after MPI_Finalize")))
        }
        return pending
    }

    /// Has the comm thread run `body` and waits for its value.
    func call<Value: Sendable>(_ body: @escaping @Sendable (MPI) throws -> Value) throws -> Value {
        try begin(body).value()
    }

    /// Ends the thread after the calls it has been given.
    func close() { calls.withLock { $0.isClosed = true } }

    private func serve(_ mpi: MPI) {
        while true {
            let next = calls.wait(atMost: 0.1) { calls -> (@Sendable (MPI) -> Void)?? in
                if !calls.waiting.isEmpty { return calls.waiting.removeFirst() }
                return calls.isClosed ? .some(nil) : nil
            }
            switch next {
            case .some(.some(let call)): call(mpi)
            case .some(.none): return
            case .none: try? mpi.idle()  // a failure here shows again in the next real call
            }
        }
    }
}
