import Glibc
import LungfoldStudy

/// How many threads a rank computes with, and what its user should hear about it.
public struct ThreadChoice: Sendable, Equatable {
    /// The cores a process may use, as the system tells.
    public struct Cores: Sendable, Equatable {
        /// The numbers of the cores this process may run on, in ascending order.
        public var usable: [Int]
        /// The cores of the machine that are switched on.
        public var online: Int

        /// Makes a description of cores.
        public init(usable: [Int], online: Int) {
            self.usable = usable
            self.online = online
        }

        /// The cores of this process.
        public static func current() -> Cores {
            let online = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
            let list = ProcessStatus.current()["Cpus_allowed_list"] ?? ""
            let usable = list.split(separator: ",").flatMap { range in
                let ends = range.split(separator: "-").compactMap { Int($0) }
                return ends.isEmpty ? [] : Array(ends[0]...ends[ends.count - 1])
            }
            return Cores(usable: usable.isEmpty ? Array(0..<online) : usable, online: online)
        }
    }

    /// Threads.
    public let threads: Int
    /// Where the number comes from: an option, a variable, or the cores.
    public let source: String
    /// What to tell the user; empty when all is well.
    public let notes: [String]

    /// Chooses: `--threads`, else OMP_NUM_THREADS, else SLURM_CPUS_PER_TASK, else the usable cores
    /// divided among the ranks that share them.
    /// - Parameters:
    ///   - option: the value of `--threads`.
    ///   - environment: the process's environment.
    ///   - cores: the cores this rank may use.
    ///   - sharing: ranks of this host that may use exactly these cores, this one included.
    ///   - ranksOnHost: ranks of this host.
    public init(
        option: Int?, environment: [String: String], cores: Cores, sharing: Int, ranksOnHost: Int
    ) {
        func variable(_ name: String) -> (Int, String)? {
            // OMP_NUM_THREADS may be a list, one number a nesting level.
            environment[name]?.split(separator: ",").first.flatMap { Int($0) }
                .flatMap { (1...1024).contains($0) ? ($0, name) : nil }
        }
        let share = max(1, cores.usable.count / max(1, sharing))
        (threads, source) =
            option.map { ($0, "--threads") } ?? variable("OMP_NUM_THREADS")
            ?? variable("SLURM_CPUS_PER_TASK") ?? (share, "the cores at hand")
        var notes: [String] = []
        let usable = cores.usable.count
        if usable == 1, cores.online > max(1, ranksOnHost) || threads > 1 {
            notes.append(
                "each rank is bound to 1 of \(cores.online) cores; "
                    + "start with `mpirun --bind-to none` to use them all")
        } else if threads * sharing > usable {
            notes.append(
                "\(sharing) rank(s) with \(threads) threads each share \(usable) core(s); "
                    + "fewer threads or ranks would be faster")
        }
        self.notes = notes
    }
}
