import Glibc
import LungfoldCluster
import LungfoldImaging
import LungfoldStudy

/// The starts of a job that came to no orderly end: a line for each, in the job's folder, and a line
/// for how its process ended, where it could still say so. A job that ends, fails or is stopped in
/// order has none.
///
/// A job that keeps ending its process is thus known and can be set aside.
struct Attempts {
    private let path: String
    private let permission: () throws -> Void

    /// - Parameter permission: throws where this process may no longer write there.
    init(_ directory: JobDirectory, permission: @escaping () throws -> Void) {
        path = directory.attemptsFile
        self.permission = permission
    }

    /// Puts a start on record, unless there were too many.
    /// - Parameter iteration: where the job starts from.
    /// - Throws: `LungfoldError` (`jobsFailed`) for a job that is to be set aside, or what the permission
    ///   throws.
    func begin(_ job: Job, from iteration: Int) throws {
        var record = AttemptRecord(
            text: String(decoding: FileSystem.readIfAny(path), as: UTF8.self), at: iteration)
        guard record.deaths < AttemptRecord.mostDeaths else {
            throw LungfoldError(
                .jobsFailed, "job \(job.key)",
                "it ended its process \(record.deaths) times after iteration \(iteration), so it is "
                    + "set aside", remedy: "Remove \(path) to have it tried again")
        }
        record.addStart()
        try WholeFile.write(Array(record.text.utf8), to: path, permission: permission)
        JobMark.point(at: path)
    }

    /// The job has come to an orderly end. What is there once another run has taken over is that run's;
    /// that this cannot be told for the moment is no crash of the job.
    func end() {
        JobMark.point(at: nil)
        do {
            try permission()
        } catch let error as LungfoldError where error.kind == .cannotCreate {
            return
        } catch {}
        FileSystem.remove(path)
    }
}

/// What the file of attempts says of the starts from where the job stands now: those from elsewhere
/// are forgotten, since there was progress.
package struct AttemptRecord {
    /// Deaths after which a job is set aside.
    package static let mostDeaths = 2

    private let start: String
    private var lines: [String]

    /// Reads a file's text.
    /// - Parameter iteration: where the job stands.
    package init(text: String, at iteration: Int) {
        start = "start from \(iteration)"
        lines = []
        for line in text.split(separator: "\n").map(String.init) {
            if line.hasPrefix("start"), line != start {
                lines = []
            } else if line == start || !lines.isEmpty {
                lines.append(line)
            }
        }
    }

    /// The file's text.
    package var text: String { lines.map { $0 + "\n" }.joined() }

    /// Starts whose process ended by a fault (`crash`), or without a word, as the kernel ends one
    /// for want of memory. One that was asked to end (`asked`) tells nothing of its job: mpirun asks
    /// all ranks as soon as one of them has died, and so does whoever needs the machine.
    package var deaths: Int {
        lines.split(separator: start, omittingEmptySubsequences: false).dropFirst()
            .count { $0.contains("crash") || !$0.contains("asked") }
    }

    /// The job starts again.
    package mutating func addStart() { lines.append(start) }
}

/// Notes in a job's file of attempts that its process ends by a fault of its own.
enum CrashMark {
    /// Room for a handler where the fault is that the stack is full.
    private static let stackSize = 64 << 10

    /// Watches for the signals by which faults end a process. To be called after MPI has started,
    /// which has handlers of its own, and on the thread that trains.
    static func watch() {
        JobMark.prepare()
        giveHandlersAStack()
        for number in [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT] {
            var action = sigaction()
            action.__sigaction_handler.sa_handler = { number in
                JobMark.noteCrash()
                signal(number, SIG_DFL)
                raise(number)
            }
            action.sa_flags = SA_ONSTACK | SA_RESTART
            sigaction(number, &action, nil)
        }
    }

    /// This thread's handlers get a stack of their own, for as long as the process lives.
    private static func giveHandlersAStack() {
        var stack = stack_t()
        stack.ss_size = stackSize
        stack.ss_sp = .allocate(byteCount: stackSize, alignment: 16)
        sigaltstack(&stack, nil)
    }
}
