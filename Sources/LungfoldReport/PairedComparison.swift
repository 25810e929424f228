import LungfoldStudy

/// SegNet against U-Net on the same slices and the same folds, by one measure.
struct PairedComparison {
    /// A test over some paired values.
    struct Sample {
        /// The values of both networks where both have one.
        let pairs: [(segnet: Double, unet: Double)]
        /// Pairs of which one is 0/0.
        let undefinedCount: Int

        var differences: [Double] { pairs.map { $0.segnet - $0.unet } }
        var difference: Statistics { Statistics(differences) }

        init(_ values: [(Double?, Double?)]) {
            pairs = values.compactMap { first, second in
                guard let first, let second else { return nil }
                return (first, second)
            }
            undefinedCount = values.count - pairs.count
        }
    }

    let task: SegmentationTask
    /// What is compared: accuracy, or the Dice coefficient of a class.
    let measure: String
    let slices: Sample
    let folds: Sample
    /// The 95 % bootstrap interval of the mean difference over slices.
    let interval: BootstrapInterval?
    let wilcoxon: WilcoxonSignedRank
    let foldTest: CorrectedResampledT?
    /// Holm's correction over all comparisons of the study.
    fileprivate(set) var slicePHolm: Double?
    fileprivate(set) var foldPHolm: Double?

    /// The least mean difference that so many slices would show with a probability of 80 % at a level
    /// of 5 %, given the differences' spread; nil for fewer than two pairs.
    var detectable: Double? {
        slices.difference.deviation.map { 2.8 * $0 / Double(slices.pairs.count).squareRoot() }
    }
}

extension Findings {
    /// All comparisons of the study; none where it has one network alone or no slice in common.
    var comparisons: [PairedComparison] {
        var all = study.tasks.flatMap(comparisons)
        let slices = Holm.adjusted(all.map(\.wilcoxon.pValue))
        let folds = Holm.adjusted(all.map { $0.foldTest?.pValue })
        for index in all.indices {
            (all[index].slicePHolm, all[index].foldPHolm) = (slices[index], folds[index])
        }
        return all
    }

    private func comparisons(_ task: SegmentationTask) -> [PairedComparison] {
        func group(_ network: NetworkKind) -> GroupFindings? {
            groups.first { $0.network == network && $0.task == task }
        }
        guard let segnet = group(.segnet), let unet = group(.unet) else { return [] }
        var list = [
            compare(
                segnet, unet, "accuracy", onSlices: \.accuracy, onFolds: { $0.pooledTest.accuracy })
        ]
        for index in task.lesionClasses {
            list.append(
                compare(
                    segnet, unet, "Dice, \(task.classNames[index])",
                    onSlices: { $0.dice(ofClass: index) },
                    onFolds: { $0.pooledTest.scores(ofClass: index).dice }))
        }
        return list.filter { !$0.slices.pairs.isEmpty }
    }

    private func compare(
        _ segnet: GroupFindings, _ unet: GroupFindings, _ measure: String,
        onSlices: (SliceFindings) -> Double?, onFolds: (JobResult) -> Double?
    ) -> PairedComparison {
        let others = Dictionary(
            unet.slices.map { ($0.number, $0) }, uniquingKeysWith: { first, _ in first })
        let slices = PairedComparison.Sample(
            segnet.slices.compactMap { slice in
                others[slice.number].map { (onSlices(slice), onSlices($0)) }
            })
        let folds = PairedComparison.Sample(Self.pairedFolds(segnet, unet, onFolds))
        let name = "\(segnet.task.rawValue) \(measure)"
        return PairedComparison(
            task: segnet.task, measure: measure, slices: slices, folds: folds,
            interval: BootstrapInterval(
                meanOf: slices.differences, seed: study.settings.seed, name: name),
            wilcoxon: WilcoxonSignedRank(differences: slices.differences),
            foldTest: CorrectedResampledT(
                differences: folds.differences, testShare: Self.testShare(segnet)))
    }

    private static func pairedFolds(
        _ segnet: GroupFindings, _ unet: GroupFindings, _ value: (JobResult) -> Double?
    ) -> [(Double?, Double?)] {
        guard segnet.folds != nil, unet.folds != nil else { return [] }
        return segnet.evaluated.compactMap(\.result).compactMap { result in
            unet.evaluated.compactMap(\.result)
                .first { $0.split == result.split }
                .map { (value(result), value($0)) }
        }
    }

    /// Test slices over training slices, the mean of the folds.
    private static func testShare(_ group: GroupFindings) -> Double {
        let splits = group.evaluated.map(\.job.split)
        let training = splits.reduce(0) { $0 + $1.training.count }
        return Double(splits.reduce(0) { $0 + $1.test.count }) / Double(max(1, training))
    }
}

/// The best experiment by either choice, and what choosing on test slices flatters it by.
struct SelectionFindings {
    let group: GroupFindings
    let optimism: SelectionOptimism?

    init(_ group: GroupFindings) {
        self.group = group
        optimism = SelectionOptimism(
            scores: group.experiments.map { experiment in
                let results = experiment.records.compactMap(\.result)
                let slices = results.map { $0.accuracies(on: .test).compactMap { $0 } }
                // A hold-out is one split: its slices are the blocks.
                return experiment.records.count == 1 ? (slices.first ?? []).map { [$0] } : slices
            })
    }

    /// The test accuracy of the experiment that was chosen on some slices.
    func test(chosenOn data: SelectionData) -> Statistics {
        let chosen = group.selectionByData[data]?.experiment
        return group.experiments.first { $0.experiment == chosen }?.test ?? Statistics([])
    }

    /// How much higher the test-chosen best scores on the test slices than the validation-chosen.
    var difference: Double? {
        guard let test = test(chosenOn: .test).mean else { return nil }
        return self.test(chosenOn: .validation).mean.map { test - $0 }
    }
}
