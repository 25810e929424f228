import Foundation
import LungfoldCluster
import LungfoldImaging
import LungfoldStudy
import Synchronization

/// Where messages go. Under mpirun every rank runs the same command; rank 0 alone speaks. While a run
/// has a view or another way to tell things, it takes the messages over.
public enum Console {
    /// What a message is.
    public enum Kind: Sendable {
        /// What a command does.
        case line
        /// What the user may want to know.
        case note
        /// What was wrong and has been got round.
        case warning
        /// A table that a command ends with.
        case result
        /// Where the result is.
        case conclusion
    }

    private static let listener = Mutex<(@Sendable (Kind, String) -> Void)?>(nil)

    /// This process's rank, known from the launcher before MPI is started; 0 without a launcher.
    public static let launchRank =
        Launcher(environment: ProcessInfo.processInfo.environment).rank ?? 0

    /// Whether this process speaks.
    public static var speaks: Bool { launchRank == 0 }

    /// Writes a line of progress to standard output, at once. That nobody reads it is no error.
    public static func say(_ line: String) { tell(.line, line) }

    /// Writes a note to standard error.
    public static func note(_ line: String) { tell(.note, line) }

    /// Writes a warning to standard error, and to the rank's log.
    public static func warn(_ line: String) {
        RankLog.warn(line)
        tell(.warning, line)
    }

    /// Writes what a command has found to standard output.
    static func show(_ text: String) { tell(.result, text) }

    /// Writes where the result is.
    static func conclude(_ line: String) { tell(.conclusion, line) }

    /// Writes what the command was asked for, to a file or (`-`) to standard output.
    /// - Throws: `LungfoldError` where it could not be written.
    public static func deliver(_ bytes: [UInt8], to path: String) throws {
        guard path == "-" else { return try WholeFile.write(bytes, to: path) }
        try WholeFile.write(bytes, toOpen: 1, name: "standard output")
    }

    // MARK: Where it goes

    /// Gives this rank's messages to somebody else; nil for the standard streams again.
    static func listen(_ body: (@Sendable (Kind, String) -> Void)?) {
        listener.withLock { $0 = body }
    }

    private static func tell(_ kind: Kind, _ text: String) {
        guard speaks else { return }
        if let body = listener.withLock({ $0 }) { body(kind, text) } else { put(kind, text) }
    }

    /// A line of standard error.
    static func errorLine(_ kind: Kind, _ text: String) -> String {
        "lungfold: \(kind == .note ? "note: " : "")\(text)"
    }

    /// One call of the system a line, so that lines are not mixed.
    static func put(_ kind: Kind, _ text: String) {
        switch kind {
        case .note, .warning:
            try? WholeFile.write(
                Array((errorLine(kind, text) + "\n").utf8), toOpen: 2, name: "standard error")
        case .line, .result, .conclusion:
            try? WholeFile.write(Array((text + "\n").utf8), toOpen: 1, name: "standard output")
        }
    }
}
