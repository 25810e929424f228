import Foundation
import Glibc
import Synchronization

/// Lines on standard error that must arrive even if the process ends right after.
package enum Diagnostics {
    /// What a line is.
    package enum Kind: Sendable {
        /// Something is wrong, and the run goes on.
        case warning
        /// Why the process ends, as it is about to do.
        case lastWords
    }

    private static let listener = Mutex<(@Sendable (Kind, String) -> Void)?>(nil)

    /// Has somebody told of each line, right after it was written. After last words the process may end
    /// as soon as `body` returns; in either case the comm thread may be waiting for it.
    package static func listen(_ body: @escaping @Sendable (Kind, String) -> Void) {
        listener.withLock { $0 = body }
    }

    /// Says why the process ends.
    static func say(_ text: String) { put(.lastWords, text) }

    /// Says what is wrong while the run goes on.
    static func warn(_ text: String) { put(.warning, text) }

    /// Writes a line in one piece and past all buffers; a standard error that is gone is no error.
    private static func put(_ kind: Kind, _ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data("lungfold: \(text)\n".utf8))
        if let body = listener.withLock({ $0 }) { body(kind, text) }
    }

    /// Ends this process without what `exit` does, flushing included: that could hang in MPI, in
    /// another thread or on a pipe nobody reads.
    static func exitNow(_ code: Int) -> Never { _exit(Int32(code)) }

    /// An exit that is due after a while, unless it is called off.
    final class DueExit: Sendable {
        private let isCalledOff = Atomic<Bool>(false)

        /// Whether it is due no more.
        var isOff: Bool { isCalledOff.load(ordering: .acquiring) }

        /// What the process might have hung in is over.
        func callOff() {
            isCalledOff.store(true, ordering: .releasing)
            alarm(0)
        }
    }

    /// Has this process end after some seconds, whatever it hangs in then.
    /// - Parameters:
    ///   - seconds: of this process's own: those in which it is stopped do not count.
    ///   - reason: what it says then.
    @discardableResult static func exitLater(
        _ code: Int, after seconds: Double, saying reason: String? = nil
    ) -> DueExit {
        let exit = DueExit()
        do {
            try RawThread.start {
                for _ in 0..<Int(2 * seconds) where !exit.isOff { Clock.sleep(seconds: 0.5) }
                guard !exit.isOff else { return }
                alarm(10)  // to say it may hang as well, on a disk
                if let reason { Diagnostics.say(reason) }
                Diagnostics.exitNow(code)
            }
        } catch {
            alarm(UInt32(seconds))  // no thread is to be had: then by a signal
        }
        return exit
    }
}
