import Foundation
import LungfoldStudy

/// What all ranks do together. Every rank calls each of these, with arrays of the same lengths;
/// lengths that differ are found and thrown as an error on all ranks.
extension World {
    /// Gives every rank the bytes that rank 0 makes, of any number.
    /// - Parameter make: called on rank 0 only. If it throws, all ranks throw its error.
    public func broadcast(_ make: () throws -> [UInt8]) throws -> [UInt8] {
        let outcome = rank == 0 ? Result(catching: make) : .success([])
        let failure = try outcome.failure.map { error in
            try JSONEncoder().encode(
                error as? LungfoldError ?? LungfoldError(.internal, "rank 0", "\(error)"))
        }
        let own = try failure.map { Array($0) } ?? outcome.get()
        let hasFailed = failure != nil
        let (content, isFailure) = try comm.call { mpi in
            var header = UInt64(own.count).bytes + [hasFailed ? 1 : 0]
            try mpi.broadcast(&header)
            let count = Int(clamping: try UInt64(bytes: header.prefix(8)))
            var content = mpi.rank == 0 ? own : [UInt8](repeating: 0, count: count)
            try mpi.broadcast(&content)
            return (content, header[8] == 1)
        }
        guard isFailure else { return content }
        throw shared(try JSONDecoder().decode(LungfoldError.self, from: Data(content)))
    }

    /// Makes an error of one rank everybody's.
    /// - Parameter own: what went wrong on this rank; nil where nothing did.
    /// - Throws: on all ranks, the error of the lowest rank that has one, its rank and host named.
    public func share(_ own: LungfoldError?) throws {
        var error = own
        if let own, size > 1 { error?.subject = "rank \(rank) on \(host): \(own.subject)" }
        let text = try error.map { Array(try JSONEncoder().encode($0)) } ?? []
        let length = 4096
        // A text that is too long for its record is cut, and then stands for itself.
        var record = UInt64(text.count).bytes + text.prefix(length - 8)
        record += Array(repeating: 0, count: length - record.count)
        let records = try comm.call { [record] in try $0.allGather(record) }
        for (rank, record) in records.enumerated() {
            let count = Int(clamping: try UInt64(bytes: record.prefix(8)))
            guard count > 0 else { continue }
            let text = Data(record.dropFirst(8).prefix(count))
            throw shared(
                (try? JSONDecoder().decode(LungfoldError.self, from: text))
                    ?? LungfoldError(.io, "rank \(rank)", "failed; its own message says why"))
        }
    }

    /// Makes sure that all ranks have the same value of something.
    /// - Parameters:
    ///   - hash: a digest of what this rank has.
    ///   - what: its name in the error, such as `the build of lungfold`.
    /// - Throws: on all ranks, naming the hosts that differ from rank 0.
    public func agree(on hash: UInt64, what: String) throws {
        guard let others = try ranksUnlikeRank0(hash) else { return }
        throw shared(
            LungfoldError(
                .badConfiguration, what,
                "rank 0 on \(placement.hosts[0]) and \(others) differ",
                remedy: "Make it the same on all hosts"))
    }

    /// Adds up the ranks' integers, element by element.
    /// - Returns: the sums on rank 0, nil elsewhere.
    public func sum(_ values: [Int64]) throws -> [Int64]? { try reduceToRank0(values, .sum) }

    /// Puts the ranks' bit patterns together (bitwise or), element by element. Where each element is
    /// zero on all ranks but one, that is a gathering, exact for every bit pattern, NaN included.
    /// - Returns: the patterns on rank 0, nil elsewhere.
    public func gatherBits(_ slots: [UInt64]) throws -> [UInt64]? {
        try reduceToRank0(slots, .bitwiseOr)
    }

    /// Makes sure that each job's result is held by exactly one rank.
    /// - Parameters:
    ///   - keys: the jobs that have a result; the same on all ranks.
    ///   - owned: the jobs whose result this rank holds.
    /// - Throws: on all ranks, naming the jobs that nobody holds or several do.
    public func checkOwners(of keys: [String], owned: Set<String>) throws {
        let own: [Int64] = keys.map { owned.contains($0) ? 1 : 0 }
        let counts = try reduce(own, .sum, everywhere: true)
        let wrong = zip(keys, counts).filter { $0.1 != 1 }.map { "\($0.0) is held by \($0.1)" }
        guard !wrong.isEmpty else { return }
        let list = wrong.prefix(5).joined(separator: ", ") + (wrong.count > 5 ? ", ..." : "")
        throw shared(
            LungfoldError(
                .internal, "the results", "one rank holds a job's result, but \(list)",
                remedy: "Please report this as a bug; the files in the run directory are good"))
    }

    private func reduceToRank0<Value: ReducibleInteger>(
        _ values: [Value], _ operation: ReducingOperation
    ) throws -> [Value]? {
        let result = try reduce(values, operation, everywhere: false)
        return rank == 0 ? result : nil
    }

    private func reduce<Value: ReducibleInteger>(
        _ values: [Value], _ operation: ReducingOperation, everywhere: Bool
    ) throws -> [Value] {
        if let others = try ranksUnlikeRank0(UInt64(values.count)) {
            throw shared(
                LungfoldError(
                    .internal, "a reduction", "rank 0 and \(others) give arrays of unlike lengths",
                    remedy: "Please report this as a bug"))
        }
        return try comm.call { try $0.reduce(values, operation, everywhere: everywhere) }
    }

    /// The ranks whose hash is not rank 0's, in words; nil if there are none.
    private func ranksUnlikeRank0(_ hash: UInt64) throws -> String? {
        let hashes: [UInt64]? = try comm.call { mpi in
            // The smallest complement is the complement of the largest: MIN and MAX in one go.
            let extremes = try mpi.reduce([hash, ~hash], .minimum, everywhere: true)
            guard extremes[0] != ~extremes[1] else { return nil }
            return try mpi.allGather(hash.bytes).map { try UInt64(bytes: $0) }
        }
        guard let hashes else { return nil }
        let others = hashes.indices.filter { hashes[$0] != hashes[0] }
        let list = others.prefix(8).map { "rank \($0) on \(placement.hosts[$0])" }
        return list.joined(separator: ", ") + (others.count > 8 ? ", ..." : "")
    }
}

extension Result {
    fileprivate var failure: Failure? {
        if case .failure(let error) = self { error } else { nil }
    }
}
