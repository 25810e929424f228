import Foundation
import Glibc

/// Last words: lines on standard error that must arrive even if the process ends right after.
enum Diagnostics {
    /// Writes a line in one piece and past all buffers; a standard error that is gone is no error.
    static func say(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data("lungfold: \(text)\n".utf8))
    }

    /// Ends this process without what `exit` does, flushing included: that could hang in MPI, in
    /// another thread or on a pipe nobody reads.
    static func exitNow(_ code: Int) -> Never { _exit(Int32(code)) }
}
