import Foundation
import LungfoldStudy

/// What the environment says about how this process was started.
package struct Launcher: Sendable {
    private let environment: [String: String]

    /// Reads an environment.
    package init(environment: [String: String]) { self.environment = environment }

    /// Open MPI's own settings, for whatever the user has not set. To be made before MPI starts.
    package static func prepareEnvironment() {
        // Containers forbid the reads across processes (CMA) that vader prefers; see ompi #4948.
        setenv("OMPI_MCA_btl_vader_single_copy_mechanism", "none", 0)
        // Without mpirun, Open MPI forks a daemon that nobody here needs and that may not start.
        setenv("OMPI_MCA_ess_singleton_isolated", "1", 0)
    }

    /// This process's rank; nil where no launcher has given it one.
    package var rank: Int? {
        ["OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"].lazy
            .compactMap { environment[$0].flatMap { Int($0) } }.first
    }

    static var temporaryDirectory: String { FileManager.default.temporaryDirectory.path }

    /// Refuses what would make MPI_Init end the process: Open MPI 4.1 aborts when it finds itself in a
    /// Slurm step that offers no PMI.
    package func checkBeforeStart() throws {
        let isKnownToMPI = environment.keys.contains {
            $0.hasPrefix("OMPI_COMM_WORLD_") || $0.hasPrefix("PMIX_") || $0.hasPrefix("PMI_")
        }
        guard environment["SLURM_STEPID"] != nil, !isKnownToMPI else { return }
        throw refusal(
            "SLURM_STEPID", environment["SLURM_STEPID"] ?? "",
            "srun started this process without offering PMIx, so MPI cannot find the other ranks")
    }

    /// Refuses the processes of another launcher, each of which would run the whole study.
    package func check(size: Int) throws {
        guard size == 1, environment["OMPI_COMM_WORLD_SIZE"] == nil else { return }
        for name in ["PMI_SIZE", "SLURM_STEP_NUM_TASKS"] {
            guard let value = environment[name], let tasks = Int(value), tasks > 1 else { continue }
            throw refusal(
                name, value, "the launcher started \(tasks) processes, but MPI sees only this one")
        }
    }

    private func refusal(_ name: String, _ value: String, _ problem: String) -> LungfoldError {
        LungfoldError(
            .usage, "\(name)=\(value)", problem,
            remedy: "Start with Open MPI's own mpirun (mpirun -n N lungfold ...) or with "
                + "srun --mpi=pmix; for a run of one rank, unset \(name)")
    }
}
