/// How much choosing the best of several experiments on test data flatters it.
///
/// The best is chosen anew without one block of test slices at a time (a fold, or a slice of a
/// hold-out) and scored on that block, which it was not chosen on. The mean of these scores is what
/// the choice is worth on unseen slices; what the apparent mean exceeds it by is the optimism.
public struct SelectionOptimism: Hashable, Sendable {
    /// The greatest mean over all blocks: what choosing on test data reports.
    public let apparent: Double
    /// The mean score on blocks that were left out of the choice.
    public let honest: Double
    /// Blocks.
    public let blockCount: Int
    /// Experiments to choose from.
    public let candidateCount: Int

    /// What the choice flatters by.
    public var optimism: Double { apparent - honest }

    /// Measures the optimism; nil for fewer than two blocks, or where no experiment has all of them.
    /// - Parameter scores: for each experiment and block the scores of its test slices. Experiments
    ///   without a score in some block are left out, for they were not run alike.
    public init?(scores: [[[Double]]]) {
        let blocks = scores.map(\.count).max() ?? 0
        let complete = scores.filter { $0.count == blocks && $0.allSatisfy { !$0.isEmpty } }
        guard blocks > 1, !complete.isEmpty else { return nil }
        let all = complete.map { Self.mean($0.flatMap { $0 }) }
        apparent = all.max() ?? 0
        var left: [Double] = []
        for block in 0..<blocks {
            let without = complete.map { experiment in
                Self.mean(experiment.indices.filter { $0 != block }.flatMap { experiment[$0] })
            }
            let best = without.indices.reduce(0) { without[$1] > without[$0] ? $1 : $0 }
            left += complete[best][block]
        }
        honest = Self.mean(left)
        blockCount = blocks
        candidateCount = complete.count
    }

    private static func mean(_ values: [Double]) -> Double {
        values.reduce(0, +) / Double(values.count)
    }
}
