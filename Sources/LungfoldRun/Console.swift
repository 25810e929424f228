import Foundation
import LungfoldImaging
import LungfoldStudy

/// Where messages go. Under mpirun every rank runs the same command; rank 0 alone speaks.
///
/// Nothing here asks whether a stream is a terminal: Open MPI gives every rank one, whatever mpirun's
/// own output is.
public enum Console {
    /// This process's rank, known from the launcher before MPI is started; 0 without a launcher.
    public static let launchRank: Int = {
        let environment = ProcessInfo.processInfo.environment
        for name in ["OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"] {
            if let rank = environment[name].flatMap({ Int($0) }) { return rank }
        }
        return 0
    }()

    /// Whether this process speaks.
    public static var speaks: Bool { launchRank == 0 }

    /// Writes a line of progress to standard output, at once. That nobody reads it is no error.
    public static func say(_ line: String) {
        if speaks { try? put(line + "\n", 1, "standard output") }
    }

    /// Writes a note or an error to standard error.
    public static func warn(_ line: String) {
        if speaks { try? put("lungfold: \(line)\n", 2, "standard error") }
    }

    /// Writes a warning to standard error, from whichever rank.
    public static func alert(_ line: String) {
        let origin = launchRank == 0 ? "" : "rank \(launchRank): "
        try? put("lungfold: \(origin)\(line)\n", 2, "standard error")
    }

    /// Writes what the command was asked for, to a file or (`-`) to standard output.
    /// - Throws: `LungfoldError` where it could not be written.
    public static func deliver(_ bytes: [UInt8], to path: String) throws {
        guard path == "-" else { return try WholeFile.write(bytes, to: path) }
        try WholeFile.write(bytes, toOpen: 1, name: "standard output")
    }

    /// One call of the system a line, so that lines are not mixed.
    private static func put(_ text: String, _ descriptor: Int32, _ name: String) throws {
        try WholeFile.write(Array(text.utf8), toOpen: descriptor, name: name)
    }
}
