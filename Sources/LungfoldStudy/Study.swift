/// Which jobs a study consists of.
public enum StudyProtocol: String, Codable, CaseIterable, Hashable, Sendable {
    /// Every experiment on every fold.
    case grid
    /// Every experiment on the paper's hold-out.
    case holdout
    /// What the paper did: every experiment on the hold-out, then the best of each network and task
    /// on every fold.
    case paper
}

/// The slices on which the best experiment is chosen.
public enum SelectionData: String, Codable, CaseIterable, Hashable, Sendable {
    /// The validation slices, which leaves the test slices unseen.
    case validation
    /// The test slices, as the paper did; its scores are then optimistic.
    case test
}

/// A study: everything its report depends on, besides the slices.
public struct Study: Codable, Hashable, Sendable {
    /// Which jobs there are.
    public var `protocol`: StudyProtocol
    /// The networks, in the order of `NetworkKind`.
    public var networks: [NetworkKind]
    /// The tasks, in the order of `SegmentationTask`.
    public var tasks: [SegmentationTask]
    /// The experiments of each network, by number.
    public var experiments: [NetworkKind: [Experiment]]
    /// The numbers of the folds that are run, 1-based, a subset of those in `splits`.
    public var folds: [Int]
    /// What all jobs share.
    public var settings: TrainingSettings
    /// The slices on which the best experiment is chosen.
    public var selectOn: SelectionData
    /// The splits that the protocol needs: the hold-out, all folds, or both.
    public var splits: [Split]

    /// Makes a study. Whatever the order of the lists given, the study's are in a fixed one, so that
    /// the same choice is the same study.
    /// - Parameters:
    ///   - experiments: of each network; a network that is left out has the paper's nine.
    ///   - folds: the folds to run; all that `splits` has by default.
    ///   - splits: as from `Study.splits` or `SplitFile.decode`.
    public init(
        protocol: StudyProtocol = .grid, networks: [NetworkKind] = NetworkKind.allCases,
        tasks: [SegmentationTask] = SegmentationTask.allCases,
        experiments: [NetworkKind: [Experiment]] = [:], folds: [Int]? = nil,
        settings: TrainingSettings = TrainingSettings(), selectOn: SelectionData = .validation,
        splits: [Split]
    ) {
        self.protocol = `protocol`
        self.networks = NetworkKind.allCases.filter(networks.contains)
        self.tasks = SegmentationTask.allCases.filter(tasks.contains)
        self.experiments = Dictionary(
            uniqueKeysWithValues: self.networks.map { network in
                let list = experiments[network] ?? Experiment.paper(network)
                return (network, list.sorted { $0.number < $1.number })
            })
        let foldCount = splits.count { $0.name != SplitPlan.holdoutName }
        self.folds = folds.map { $0.sorted() } ?? Array(1..<foldCount + 1)
        self.settings = settings
        self.selectOn = selectOn
        self.splits = splits
    }

    /// Draws the splits that a protocol needs: the hold-out first, then the folds.
    /// - Throws: `LungfoldError` where there are too few slices.
    public static func splits(
        for protocol: StudyProtocol, sliceCount: Int, seed: UInt64, foldCount: Int = 5
    ) throws -> [Split] {
        var splits: [Split] = []
        if `protocol` != .grid { splits.append(try SplitPlan.paperHoldout(sliceCount: sliceCount)) }
        if `protocol` != .holdout {
            splits += try SplitPlan.folds(sliceCount: sliceCount, seed: seed, count: foldCount)
        }
        return splits
    }

    /// The jobs that can be trained at once, by network, task, experiment and split. The `paper`
    /// protocol has a second stage, which depends on their results.
    public func jobs() -> [Job] {
        jobs(on: firstStageSplits) { network, _ in experiments[network] ?? [] }
    }

    /// The second stage of the `paper` protocol: the best experiment of each network and task on every
    /// fold. A network and task of which no hold-out job has finished has no second stage.
    /// - Parameter results: those of `jobs()`, in any order; others are ignored.
    public func secondStage(results: [JobResult]) -> [Job] {
        guard self.protocol == .paper else { return [] }
        return jobs(on: foldSplits) { network, task in
            best(network, task, results: results).map { [$0.experiment] } ?? []
        }
    }

    /// The splits of `jobs()`.
    var firstStageSplits: [Split] {
        self.protocol == .grid
            ? foldSplits : splits.filter { $0.name == SplitPlan.holdoutName }
    }

    private var foldSplits: [Split] {
        folds.compactMap { number in splits.first { $0.name == SplitPlan.foldName(number) } }
    }

    private func jobs(
        on splits: [Split], experiments: (NetworkKind, SegmentationTask) -> [Experiment]
    ) -> [Job] {
        networks.flatMap { network in
            tasks.flatMap { task in
                experiments(network, task).flatMap { experiment in
                    splits.map { split in
                        Job(
                            network: network, task: task, experiment: experiment, split: split,
                            settings: settings)
                    }
                }
            }
        }
    }
}

/// A dictionary by network is a JSON object with the networks' names as keys.
extension NetworkKind: CodingKeyRepresentable {}
