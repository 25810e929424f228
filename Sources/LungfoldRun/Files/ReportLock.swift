import Foundation
import Glibc

/// Keeps two processes from writing a report at once, such as a study that ends and a `lungfold report`
/// that began a moment before and knows less. The kernel gives it back when its process dies.
final class ReportLock {
    /// How long to wait for the other one, in seconds: a report with its plots takes some.
    private static let patience = 120.0

    private let descriptor: Int32

    /// Takes the lock of a folder; waits for who has it, but not for ever: what is written late is
    /// better than nothing. Where a file system knows no locks there is none.
    init(_ folder: String) {
        descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        let limit = ProcessInfo.processInfo.systemUptime + Self.patience
        while descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK,
            ProcessInfo.processInfo.systemUptime < limit
        {
            usleep(50_000)
        }
    }

    /// Whether nobody writes a report in a folder now.
    static func isFree(_ folder: String) -> Bool {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return true }
        defer { close(descriptor) }
        return flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK
    }

    deinit { if descriptor >= 0 { close(descriptor) } }
}
