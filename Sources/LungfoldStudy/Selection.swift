/// The choice of the best experiment of a network and task.
public struct Selection: Codable, Hashable, Sendable {
    /// The best experiment.
    public var experiment: Experiment
    /// The slices it was chosen on.
    public var selectedOn: SelectionData
    /// Its global accuracy on these slices, slice by slice; the greatest mean was chosen.
    public var accuracy: Statistics
    /// The number of splits that the choice rests on.
    public var splitCount: Int
}

extension Study {
    /// Chooses the best experiment of a network and task: the one with the greatest mean of the global
    /// accuracy of single slices, over the validation (or test) slices of all first-stage splits, as
    /// the paper chose on its 18 test slices. Of equals the one with the smaller number.
    ///
    /// Experiments are compared only where they were run alike: an experiment of which a split is
    /// missing is a candidate only where every other one lacks as many. So a failed fold neither
    /// flatters an experiment nor stops the study.
    /// - Parameters:
    ///   - results: those of `jobs()`, in any order; others are ignored.
    ///   - data: the slices to choose on; the study's own by default.
    /// - Returns: nil where no experiment has a result.
    public func best(
        _ network: NetworkKind, _ task: SegmentationTask, results: [JobResult],
        on data: SelectionData? = nil
    ) -> Selection? {
        let data = data ?? selectOn
        let byKey = Dictionary(
            results.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        let jobs = jobs().filter { $0.network == network && $0.task == task }
        let candidates = (experiments[network] ?? []).map { experiment in
            let finished = jobs.filter { $0.experiment == experiment }.compactMap { byKey[$0.key] }
            return Selection(
                experiment: experiment, selectedOn: data,
                accuracy: Statistics(finished.flatMap { $0.accuracies(on: data) }),
                splitCount: finished.count)
        }
        let most = candidates.map(\.splitCount).max() ?? 0
        var best: Selection?
        for candidate in candidates where candidate.splitCount == most {
            guard let mean = candidate.accuracy.mean else { continue }
            if mean > best?.accuracy.mean ?? -1 { best = candidate }
        }
        return best
    }
}

extension JobResult {
    /// The global accuracy of each validation or test slice, in the order of the split; nil for a
    /// slice without pixels.
    public func accuracies(on data: SelectionData) -> [Double?] {
        switch data {
        case .validation: validationConfusion.map(\.accuracy)
        case .test: testConfusion.map(\.accuracy)
        }
    }
}
