import Foundation
import Glibc
import Synchronization

/// Last words: lines on standard error that must arrive even if the process ends right after.
package enum Diagnostics {
    private static let listener = Mutex<(@Sendable (String) -> Void)?>(nil)

    /// Has somebody told of each line, right after it was written. The process may end as soon as
    /// `body` returns, so it should keep the line before, and be brief.
    package static func listen(_ body: (@Sendable (String) -> Void)?) {
        listener.withLock { $0 = body }
    }

    /// Writes a line in one piece and past all buffers; a standard error that is gone is no error.
    static func say(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data("lungfold: \(text)\n".utf8))
        if let body = listener.withLock({ $0 }) { body(text) }
    }

    /// Ends this process without what `exit` does, flushing included: that could hang in MPI, in
    /// another thread or on a pipe nobody reads.
    static func exitNow(_ code: Int) -> Never { _exit(Int32(code)) }
}
