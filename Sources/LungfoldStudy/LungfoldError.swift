/// An error that a user reads: it names the file or option, the value, the rule and the next step.
public struct LungfoldError: Error, Hashable, Codable, Sendable, CustomStringConvertible {
    /// What kind of failure it is; the raw value is the program's exit code.
    public enum Kind: Int, Codable, Sendable {
        /// Some jobs failed, the others finished.
        case jobsFailed = 3
        /// The command line is wrong (EX_USAGE).
        case usage = 64
        /// A file's content is wrong (EX_DATAERR).
        case badData = 65
        /// A file that should be there is not (EX_NOINPUT).
        case missingInput = 66
        /// A defect of the program (EX_SOFTWARE).
        case `internal` = 70
        /// The output cannot be created (EX_CANTCREAT).
        case cannotCreate = 73
        /// Reading or writing failed (EX_IOERR).
        case io = 74
        /// Stopped early; the same command continues (EX_TEMPFAIL).
        case interrupted = 75
        /// A configuration file is wrong (EX_CONFIG).
        case badConfiguration = 78
    }

    /// What kind of failure it is.
    public var kind: Kind
    /// The file, option or job.
    public var subject: String
    /// What was found there and the rule it breaks, as one clause.
    public var problem: String
    /// What to do about it; may be empty.
    public var remedy: String

    /// Makes an error.
    /// - Parameters:
    ///   - kind: what kind of failure it is.
    ///   - subject: the file, option or job.
    ///   - problem: the value found and the rule it breaks.
    ///   - remedy: the next step.
    public init(_ kind: Kind, _ subject: String, _ problem: String, remedy: String = "") {
        self.kind = kind
        self.subject = subject
        self.problem = problem
        self.remedy = remedy
    }

    /// `subject: problem. remedy.`
    public var description: String {
        "\(subject): \(problem)." + (remedy.isEmpty ? "" : " \(remedy).")
    }
}
