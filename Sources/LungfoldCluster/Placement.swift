/// Where the ranks are and which cores they may use.
public struct Placement: Hashable, Sendable {
    /// What a rank tells the others about itself.
    package struct Record: Hashable, Sendable {
        package var host: String
        /// Bit i is core i.
        package var affinity: [UInt8]

        package init(host: String, affinity: [UInt8]) {
            self.host = host
            self.affinity = affinity
        }
    }

    /// The host name of each rank.
    public var hosts: [String]
    /// Ranks on this rank's host, itself included.
    public var ranksOnHost: Int
    /// Cores this rank may run on, as mpirun's binding or the system allows.
    public var boundCores: Int
    /// Cores of this rank's host that are online.
    public var hostCores: Int
    /// Cores for this rank alone: those it may run on, divided among the ranks of its host that may
    /// run on some of them too. At least 1.
    public var coresPerRank: Int
    /// What is odd about all this; for rank 0 to say.
    public var notices: [String]

    /// Whether this rank is kept from most cores of its host though few ranks share it.
    public var isStarved: Bool { coresPerRank < hostCores / ranksOnHost }

    /// Puts the ranks' records together.
    /// - Parameters:
    ///   - records: what each rank says of itself.
    ///   - rank: this rank.
    ///   - sharing: the ranks that MPI says can share memory with this one.
    ///   - hostCores: cores of this host.
    package init(records: [Record], rank: Int, sharing: Int, hostCores: Int) {
        let own = records[rank]
        let neighbours = records.filter { $0.host == own.host }
        let rivals = neighbours.filter { other in
            zip(own.affinity, other.affinity).contains { $0 & $1 != 0 }
        }
        let cores = own.affinity.reduce(0) { $0 + $1.nonzeroBitCount }
        hosts = records.map(\.host)
        self.hostCores = max(1, hostCores)
        boundCores = cores > 0 ? cores : self.hostCores
        // Where the two disagree, the larger number is the safer one: too few threads only cost time.
        ranksOnHost = max(neighbours.count, sharing)
        coresPerRank = max(1, boundCores / max(1, cores > 0 ? rivals.count : neighbours.count))
        notices =
            neighbours.count == sharing
            ? []
            : [
                "\(own.host): \(neighbours.count) ranks have this host name, but MPI says that "
                    + "\(sharing) share its memory; threads are chosen for \(ranksOnHost)"
            ]
    }

    /// Asks MPI. Collective.
    static func discover(_ mpi: MPI, affinity: [UInt8]) throws -> Placement {
        let name = Array(mpi.processorName().utf8.prefix(nameBytes))
        let padding = [UInt8](repeating: 0, count: nameBytes - name.count)
        let records = try mpi.allGather(name + padding + affinity).map { bytes in
            Record(
                host: String(decoding: bytes.prefix(nameBytes).prefix { $0 != 0 }, as: UTF8.self),
                affinity: Array(bytes.dropFirst(nameBytes)))
        }
        return Placement(
            records: records, rank: mpi.rank, sharing: try mpi.ranksSharingMemory(),
            hostCores: MPI.hostCores())
    }

    private static let nameBytes = 256
}
