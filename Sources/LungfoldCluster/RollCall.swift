/// Who has come to the collective call that is being waited for. Every rank tells rank 0 of its
/// coming by a small message, since MPI says only that somebody is missing.
package struct RollCall {
    private let rank: Int
    /// The call that this rank is in, from 1: all ranks make the same calls in the same order.
    package private(set) var call: UInt64 = 0
    /// The last call that each rank has come to, as far as rank 0 has heard.
    private var reached: [UInt64]

    /// Begins before the first call.
    package init(rank: Int, size: Int) {
        self.rank = rank
        reached = Array(repeating: 0, count: size)
    }

    /// This rank comes to the next call.
    package mutating func advance() {
        call += 1
        reached[rank] = call
    }

    /// A rank has told rank 0 of its coming.
    package mutating func hear(_ call: UInt64, from rank: Int) {
        reached[rank] = max(reached[rank], call)
    }

    /// What is wrong with a call that does not end; the missing are named on rank 0.
    /// - Parameters:
    ///   - seconds: how long this rank has waited.
    ///   - hosts: the host of each rank; empty where they are not known yet.
    package func problem(after seconds: Int, hosts: [String]) -> String {
        func name(_ rank: Int) -> String {
            "rank \(rank)" + (hosts.isEmpty ? "" : " on \(hosts[rank])")
        }
        guard rank == 0 else {
            return "other ranks have not come to it for \(seconds) s, and \(name(0)), which would "
                + "know them, does not say who"
        }
        let missing = reached.indices.filter { reached[$0] < call }
        guard !missing.isEmpty else {
            return "it has not ended for \(seconds) s, though all ranks have come to it"
        }
        return "other ranks have not come to it for \(seconds) s: "
            + missing.prefix(8).map(name).joined(separator: ", ")
            + (missing.count > 8 ? ", ..." : "")
    }
}
