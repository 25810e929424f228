import Foundation
import LungfoldEngine
import LungfoldStudy

/// What a run computes with: versions, and what was chosen for this host's CPU.
enum Versions {
    /// Everything, by name, as run.json keeps it.
    /// - Parameter mpi: the MPI library's own words.
    static func all(mpi: String) -> [String: String] {
        [
            "lungfold": Program.version, "MPI": mpi,
            "OpenBLAS":
                "\(EngineHost.openBLASConfiguration.trimmed); kernels for \(EngineHost.openBLASCore)",
            "Instruction set": EngineHost.instructionSet?.rawValue ?? "unknown",
            "Swift compiler": compiler, gnuplotName: gnuplot,
        ]
    }

    /// The name under which gnuplot's is kept.
    static let gnuplotName = "gnuplot"

    /// The gnuplot that draws plots here, such as `5.4 patchlevel 4`.
    static var gnuplot: String {
        guard let program = Executable.find("gnuplot") else { return "none" }
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("lungfold-gnuplot-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let words = "sprintf('%.1f patchlevel %s', GPVAL_VERSION, GPVAL_PATCHLEVEL)"
            let failure = try ChildProcess.run(
                program, ["-e", "set print 'version'; print \(words)"], in: folder,
                environment: ["PATH": "/usr/bin:/bin", "HOME": folder.path], limit: 10)
            let version = FileSystem.readIfAny(folder.appendingPathComponent("version").path)
            guard failure == nil, !version.isEmpty else { return "unknown" }
            return String(decoding: version, as: UTF8.self).trimmed
        } catch {
            return "unknown"
        }
    }

    /// The compiler that this program was built with; Swift tells it to conditions alone.
    private static var compiler: String {
        #if compiler(>=6.4)
            "6.4 or later"
        #elseif compiler(>=6.3)
            "6.3"
        #elseif compiler(>=6.2)
            "6.2"
        #elseif compiler(>=6.1)
            "6.1"
        #else
            "6.0"
        #endif
    }
}
