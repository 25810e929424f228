import LungfoldStudy

/// Scores slice by slice in the layout of nnU-Net's `summary.json`: every class of the foreground by its
/// index, and means over slices that leave out what is 0/0.
///
/// A score that is 0/0 is null; nnU-Net writes NaN there, which is no JSON. The key never lacks, for
/// readers of the layout look it up.
public struct CaseSummary: Encodable, Sendable {
    var foregroundMean: CaseMetrics
    var mean: [String: CaseMetrics]
    var cases: [Case]

    struct Case: Encodable {
        var referenceFile: String
        var predictionFile: String
        var metrics: [String: CaseMetrics]

        enum CodingKeys: String, CodingKey {
            case referenceFile = "reference_file"
            case predictionFile = "prediction_file"
            case metrics
        }
    }

    enum CodingKeys: String, CodingKey {
        case foregroundMean = "foreground_mean"
        case mean
        case cases = "metric_per_case"
    }

    /// Scores the test slices of a job.
    public init(_ result: JobResult) {
        let classes = Array(1..<result.task.classCount)
        let cases = zip(result.split.test, result.testConfusion).map { number, matrix in
            Case(
                referenceFile: "slice \(number)",
                predictionFile: "\(JobEvidence.predictionsName), slice \(number)",
                metrics: Dictionary(
                    uniqueKeysWithValues: classes.map {
                        ("\($0)", CaseMetrics(matrix.outcome(ofClass: $0)))
                    }))
        }
        let means = Dictionary(
            uniqueKeysWithValues: classes.map { index in
                ("\(index)", CaseMetrics(meanOf: cases.compactMap { $0.metrics["\(index)"] }))
            })
        self.cases = cases
        mean = means
        foregroundMean = CaseMetrics(meanOf: classes.compactMap { means["\($0)"] })
    }
}

/// What nnU-Net notes of a class on a slice, or the mean of several: pixels, and scores in 0...1 that are
/// nil where they are 0/0.
struct CaseMetrics: Encodable {
    let dice: Double?
    let iou: Double?
    let falsePositives, truePositives, falseNegatives, trueNegatives: Double
    let predicted, reference: Double

    init(_ outcome: ClassOutcome) {
        truePositives = Double(outcome.truePositives)
        falsePositives = Double(outcome.falsePositives)
        falseNegatives = Double(outcome.falseNegatives)
        trueNegatives = Double(outcome.trueNegatives)
        predicted = Double(outcome.predicted)
        reference = Double(outcome.truth)
        let union = truePositives + falsePositives + falseNegatives
        dice = union == 0 ? nil : 2 * truePositives / (union + truePositives)
        iou = union == 0 ? nil : truePositives / union
    }

    init(meanOf all: [CaseMetrics]) {
        func mean(_ value: (CaseMetrics) -> Double?) -> Double? { Statistics(all.map(value)).mean }
        (dice, iou) = (mean(\.dice), mean(\.iou))
        truePositives = mean(\.truePositives) ?? 0
        falsePositives = mean(\.falsePositives) ?? 0
        falseNegatives = mean(\.falseNegatives) ?? 0
        trueNegatives = mean(\.trueNegatives) ?? 0
        predicted = mean(\.predicted) ?? 0
        reference = mean(\.reference) ?? 0
    }

    enum CodingKeys: String, CodingKey {
        case dice = "Dice"
        case iou = "IoU"
        case falsePositives = "FP"
        case truePositives = "TP"
        case falseNegatives = "FN"
        case trueNegatives = "TN"
        case predicted = "n_pred"
        case reference = "n_ref"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        // Swift's own encoding of an optional leaves the key out.
        try container.encode(dice, forKey: .dice)
        try container.encode(iou, forKey: .iou)
        try container.encode(falsePositives, forKey: .falsePositives)
        try container.encode(truePositives, forKey: .truePositives)
        try container.encode(falseNegatives, forKey: .falseNegatives)
        try container.encode(trueNegatives, forKey: .trueNegatives)
        try container.encode(predicted, forKey: .predicted)
        try container.encode(reference, forKey: .reference)
    }
}
