import Foundation

/// A state shared by threads: read and changed under a lock, and waited for without spinning.
///
/// `@unchecked Sendable` because the compiler cannot see that `state` is touched only while the
/// condition's lock is held, which this file's three methods make sure of.
final class Monitor<State: Sendable>: @unchecked Sendable {
    private let condition = NSCondition()
    private var state: State

    init(_ state: State) { self.state = state }

    /// Reads or changes the state, and wakes those who wait for it to change.
    func withLock<R: Sendable>(_ body: (inout State) throws -> R) rethrows -> R {
        condition.lock()
        defer {
            condition.broadcast()
            condition.unlock()
        }
        return try body(&state)
    }

    /// Waits until `body` finds what it looks for.
    func wait<R: Sendable>(_ body: (inout State) -> R?) -> R {
        condition.lock()
        defer { condition.unlock() }
        while true {
            if let found = body(&state) { return found }
            condition.wait()
        }
    }

    /// Waits until `body` finds what it looks for, or nil when `seconds` have passed.
    func wait<R: Sendable>(atMost seconds: Double, _ body: (inout State) -> R?) -> R? {
        condition.lock()
        defer { condition.unlock() }
        let limit = Date(timeIntervalSinceNow: seconds)
        while true {
            if let found = body(&state) { return found }
            if !condition.wait(until: limit) { return body(&state) }
        }
    }
}
