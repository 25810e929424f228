import Foundation
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
        if speaks { _ = FileSystem.writeText(line + "\n", to: 1) }
    }

    /// Writes a note or an error to standard error.
    public static func warn(_ line: String) {
        if speaks { _ = FileSystem.writeText("lungfold: \(line)\n", to: 2) }
    }

    /// Writes what the command was asked for, to a file or (`-`) to standard output.
    /// - Throws: `LungfoldError` where it could not be written.
    public static func deliver(_ bytes: [UInt8], to path: String) throws {
        guard path == "-" else { return try FileSystem.writeAtomically(bytes, to: path) }
        guard FileSystem.writeText(String(decoding: bytes, as: UTF8.self), to: 1) else {
            throw LungfoldError(.io, "standard output", "could not be written")
        }
    }
}
