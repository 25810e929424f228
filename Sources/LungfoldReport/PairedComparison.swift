import LungfoldStudy

/// SegNet against U-Net on the same slices and the same folds, by one measure.
struct PairedComparison {
    /// What is compared.
    enum Measure: Hashable {
        /// The share of correct pixels.
        case accuracy
        /// The Dice coefficient of a class.
        case dice(ofClass: Int)

        /// The class, where it is about one.
        var lesionClass: Int? {
            if case .dice(let index) = self { return index }
            return nil
        }

        /// The measure in words.
        func title(_ task: SegmentationTask) -> String {
            lesionClass.map { "Dice, \(task.classNames[$0])" } ?? "accuracy"
        }

        /// The value on a slice or a fold, in 0...1.
        ///
        /// A class counts where the truth has it, whatever is predicted: otherwise a network that
        /// rightly predicts nothing would be 0/0 and leave the comparison, and its rival's false
        /// pixels on the same slice with it. What is predicted elsewhere is a false alarm.
        func value(of matrix: ConfusionMatrix) -> Double? {
            switch self {
            case .accuracy: return matrix.accuracy
            case .dice(let index):
                let hasClass = matrix.outcome(ofClass: index).truth > 0
                return hasClass ? matrix.scores(ofClass: index).dice : nil
            }
        }
    }

    /// A test over some paired values.
    struct Sample {
        /// The values of both networks where the truth gives them one.
        let pairs: [(segnet: Double, unet: Double)]
        /// The slices or folds that the measure leaves out.
        let leftOutCount: Int

        var differences: [Double] { pairs.map { $0.segnet - $0.unet } }
        var difference: Statistics { Statistics(differences) }

        init(_ matrices: [MatrixPair], _ measure: Measure) {
            pairs = matrices.compactMap { pair in
                measure.value(of: pair.segnet).flatMap { segnet in
                    measure.value(of: pair.unet).map { (segnet, $0) }
                }
            }
            leftOutCount = matrices.count - pairs.count
        }
    }

    /// What both networks made of a slice or a fold.
    typealias MatrixPair = (segnet: ConfusionMatrix, unet: ConfusionMatrix)

    let task: SegmentationTask
    let measure: Measure
    let slices: Sample
    let folds: Sample
    /// Both networks' false alarms on the slices that both are tested on; nil for no class.
    let falseAlarms: (segnet: FalseAlarms, unet: FalseAlarms)?
    /// The 95 % bootstrap interval of the mean difference over slices.
    let interval: BootstrapInterval?
    let wilcoxon: WilcoxonSignedRank
    let foldTest: CorrectedResampledT?
    /// Holm's correction over all comparisons of the study.
    fileprivate(set) var slicePHolm: Double?
    fileprivate(set) var foldPHolm: Double?
    /// The tests over slices that are corrected for together, this one included.
    fileprivate(set) var testCount = 1

    /// The measure in words.
    var title: String { measure.title(task) }

    /// The least mean difference that the test over slices would find four times in five, given how
    /// the differences spread.
    var detectable: Double? {
        DetectableDifference.among(slices.differences, tests: testCount)
    }

    /// Slices on which neither network finds a pixel of the class.
    var missedByBothCount: Int {
        measure.lesionClass == nil ? 0 : slices.pairs.count { $0.segnet == 0 && $0.unet == 0 }
    }
}

extension Findings {
    /// All comparisons of the study; none where it has one network alone or no slice in common.
    var comparisons: [PairedComparison] {
        var all = study.tasks.flatMap(comparisons)
        let slices = Holm.adjusted(all.map(\.wilcoxon.pValue))
        let folds = Holm.adjusted(all.map { $0.foldTest?.pValue })
        let testCount = max(1, slices.count { $0 != nil })
        for index in all.indices {
            (all[index].slicePHolm, all[index].foldPHolm) = (slices[index], folds[index])
            all[index].testCount = testCount
        }
        return all
    }

    private func comparisons(_ task: SegmentationTask) -> [PairedComparison] {
        func group(_ network: NetworkKind) -> GroupFindings? {
            groups.first { $0.network == network && $0.task == task }
        }
        guard let segnet = group(.segnet), let unet = group(.unet) else { return [] }
        let measures = [.accuracy] + task.lesionClasses.map(PairedComparison.Measure.dice)
        return measures.map { compare(segnet, unet, $0) }.filter { !$0.slices.pairs.isEmpty }
    }

    private func compare(
        _ segnet: GroupFindings, _ unet: GroupFindings, _ measure: PairedComparison.Measure
    ) -> PairedComparison {
        let matrices = Self.pairedSlices(segnet, unet)
        let slices = PairedComparison.Sample(matrices, measure)
        let folds = PairedComparison.Sample(Self.pairedFolds(segnet, unet), measure)
        return PairedComparison(
            task: segnet.task, measure: measure, slices: slices, folds: folds,
            falseAlarms: measure.lesionClass.map { index in
                (
                    FalseAlarms(ofClass: index, matrices.map(\.segnet)),
                    FalseAlarms(ofClass: index, matrices.map(\.unet))
                )
            },
            interval: BootstrapInterval(
                meanOf: slices.differences, seed: study.settings.seed,
                name: "\(segnet.task.rawValue) \(measure.title(segnet.task))"),
            wilcoxon: WilcoxonSignedRank(differences: slices.differences),
            foldTest: CorrectedResampledT(
                differences: folds.differences, testShare: Self.testShare(segnet)))
    }

    /// The slices that both networks are tested on.
    private static func pairedSlices(
        _ segnet: GroupFindings, _ unet: GroupFindings
    ) -> [PairedComparison.MatrixPair] {
        let others = Dictionary(
            unet.slices.map { ($0.number, $0) }, uniquingKeysWith: { first, _ in first })
        return segnet.slices.compactMap { slice in
            others[slice.number].map { (slice.confusion, $0.confusion) }
        }
    }

    /// The folds that both networks have, each pooled.
    private static func pairedFolds(
        _ segnet: GroupFindings, _ unet: GroupFindings
    ) -> [PairedComparison.MatrixPair] {
        guard segnet.folds != nil, unet.folds != nil else { return [] }
        return segnet.evaluated.compactMap(\.result).compactMap { result in
            unet.evaluated.compactMap(\.result)
                .first { $0.split == result.split }
                .map { (result.pooledTest, $0.pooledTest) }
        }
    }

    /// Test slices over training slices, the mean of the folds.
    private static func testShare(_ group: GroupFindings) -> Double {
        let splits = group.evaluated.map(\.job.split)
        let training = splits.reduce(0) { $0 + $1.training.count }
        return Double(splits.reduce(0) { $0 + $1.test.count }) / Double(max(1, training))
    }
}
