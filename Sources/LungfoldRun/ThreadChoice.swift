import Foundation
import LungfoldCluster
import LungfoldStudy

/// How many threads a rank computes with, and what its user should hear about it.
public struct ThreadChoice: Sendable, Equatable {
    /// Threads.
    public let threads: Int
    /// Where the number comes from: an option, a variable, or the cores.
    public let source: String
    /// What to tell the user; empty when all is well.
    public let notes: [String]

    /// What a process knows of its cores.
    public struct Cores: Sendable, Equatable {
        /// The cores it may run on.
        public var bound: Int
        /// Its share of them: those it may run on, divided among the ranks that may run there too.
        public var share: Int
        /// The machine's cores.
        public var host: Int
        /// Ranks on the machine.
        public var ranks: Int

        /// Describes cores.
        public init(bound: Int, share: Int, host: Int, ranks: Int) {
            self.bound = bound
            self.share = share
            self.host = host
            self.ranks = ranks
        }

        /// The cores of a rank.
        public init(_ placement: Placement) {
            self.init(
                bound: placement.boundCores, share: placement.coresPerRank,
                host: placement.hostCores, ranks: placement.ranksOnHost)
        }

        /// The cores of a process without MPI.
        public static func ofThisProcess() -> Cores {
            let online = ProcessInfo.processInfo.activeProcessorCount
            let usable = ProcessStatus.current().usableCores ?? online
            return Cores(bound: usable, share: usable, host: online, ranks: 1)
        }
    }

    /// Chooses: `--threads`, else OMP_NUM_THREADS, else SLURM_CPUS_PER_TASK, else the rank's share of
    /// the cores.
    /// - Parameters:
    ///   - option: the value of `--threads`.
    ///   - environment: the process's environment.
    ///   - cores: the cores of this rank.
    public init(
        option: Int?,
        environment: [String: String] = ProcessInfo.processInfo.environment,
        cores: Cores = .ofThisProcess()
    ) {
        func variable(_ name: String) -> (Int, String)? {
            // OMP_NUM_THREADS may be a list, one number a nesting level.
            environment[name]?.split(separator: ",").first.flatMap { Int($0) }
                .flatMap { (1...1024).contains($0) ? ($0, name) : nil }
        }
        (threads, source) =
            option.map { ($0, "--threads") } ?? variable("OMP_NUM_THREADS")
            ?? variable("SLURM_CPUS_PER_TASK") ?? (max(1, cores.share), "the cores at hand")
        notes = Self.notes(threads, cores)
    }

    private static func notes(_ threads: Int, _ cores: Cores) -> [String] {
        // One core a rank is right where there are no more cores than ranks.
        if cores.bound == 1, cores.host > cores.ranks || (cores.host > 1 && threads > 1) {
            return [
                "each rank is bound to 1 of \(cores.host) cores; "
                    + "start with `mpirun --bind-to none` to use them all"
            ]
        }
        guard threads > cores.share else { return [] }
        return [
            "a rank computes with \(threads) threads where its share is \(cores.share) core(s); "
                + "fewer threads or fewer ranks would be faster"
        ]
    }
}
