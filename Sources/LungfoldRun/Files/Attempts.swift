import Glibc
import LungfoldImaging
import LungfoldStudy
import Synchronization

/// The starts of a job that came to no orderly end: a line for each, in the job's folder. A job that
/// ends, fails or is stopped has none.
///
/// A job that keeps crashing its rank is thus known and can be set aside. What counts is crashes
/// without progress: those of starts from where the job stands now.
struct Attempts {
    /// Crashes after which a job is set aside.
    static let mostCrashes = 2
    /// Deaths of an unknown reason after which it is: kill -9, the kernel's want of memory, or the
    /// power say little about a job, unless they come again and again.
    static let mostStarts = 4

    private let path: String

    init(_ directory: JobDirectory) { path = directory.attemptsFile }

    /// Puts a start on record, unless there were too many.
    /// - Parameter iteration: where the job starts from.
    /// - Throws: `LungfoldError` (`jobsFailed`) for a job that is to be set aside.
    func begin(_ job: Job, from iteration: Int) throws {
        let lines = String(decoding: FileSystem.readIfAny(path), as: UTF8.self)
            .split(separator: "\n")
        let start = "start from \(iteration)"
        let recent =
            lines.lastIndex { $0.hasPrefix("start") && $0 != start }
            .map { lines[($0 + 1)...] } ?? lines[...]
        let starts = recent.count { $0 == start }
        let crashes = recent.count { $0.hasPrefix("crash") }
        guard crashes < Self.mostCrashes, starts < Self.mostStarts else {
            throw LungfoldError(
                .jobsFailed, "job \(job.key)",
                "it ended its process \(starts) times after iteration \(iteration), so it is set "
                    + "aside", remedy: "Remove \(path) to have it tried again")
        }
        let text = lines.map { $0 + "\n" }.joined() + start + "\n"
        try WholeFile.write(Array(text.utf8), to: path)
        CrashMark.point(at: path)
    }

    /// The job has come to an orderly end.
    func end() {
        CrashMark.point(at: nil)
        FileSystem.remove(path)
    }
}

/// Notes in a job's file of attempts that its process ends by a fault of its own: the one thing that
/// a process can still do then is to write to what is open.
enum CrashMark {
    private static let descriptor = Atomic<Int32>(-1)

    /// Watches for the signals by which faults end a process. To be called after MPI has started,
    /// which has handlers of its own.
    static func watch() {
        _ = descriptor.load(ordering: .relaxed)  // the handler must not be the first to use it
        for number in [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT] {
            signal(number) { number in
                let line: StaticString = "crash\n"
                let open = CrashMark.descriptor.load(ordering: .relaxed)
                if open >= 0 { _ = Glibc.write(open, line.utf8Start, line.utf8CodeUnitCount) }
                Glibc.signal(number, SIG_DFL)
                raise(number)
            }
        }
    }

    /// Says which file of attempts is the running job's.
    fileprivate static func point(at path: String?) {
        let new = path.map { open($0, O_WRONLY | O_APPEND | O_CLOEXEC) } ?? -1
        let old = descriptor.exchange(new, ordering: .acquiringAndReleasing)
        if old >= 0 { close(old) }
    }
}
