/// A figure of merit of one class against the rest: equations 2 to 6 of the paper
/// (doi:10.1186/s12880-020-00529-5).
public enum Score: String, Codable, CaseIterable, Hashable, Sendable {
    /// TP / (TP + FN): the share of the class's pixels that were found.
    case sensitivity
    /// TN / (TN + FP): the share of the other pixels that were left alone.
    case specificity
    /// 2 TP / (2 TP + FP + FN), the F1 score.
    case dice
    /// The geometric mean of sensitivity and specificity.
    case gMean
    /// The F score with beta 2, which weighs sensitivity over precision:
    /// 5 TP / (5 TP + 4 FN + FP).
    case f2

    /// The name as the paper prints it.
    public var title: String {
        switch self {
        case .sensitivity: "Sensitivity"
        case .specificity: "Specificity"
        case .dice: "Dice"
        case .gMean: "G-mean"
        case .f2: "F2"
        }
    }
}

/// What became of the pixels with regard to one class.
public struct ClassOutcome: Hashable, Sendable {
    /// Pixels of the class that were found.
    public var truePositives: Int
    /// Pixels of other classes that were taken for it.
    public var falsePositives: Int
    /// Pixels of the class that were missed.
    public var falseNegatives: Int
    /// Pixels of other classes that were left alone.
    public var trueNegatives: Int

    /// Counts pixels.
    public init(
        truePositives: Int, falsePositives: Int, falseNegatives: Int, trueNegatives: Int
    ) {
        self.truePositives = truePositives
        self.falsePositives = falsePositives
        self.falseNegatives = falseNegatives
        self.trueNegatives = trueNegatives
    }

    /// Pixels of the class.
    public var truth: Int { truePositives + falseNegatives }
    /// Pixels that were given the class.
    public var predicted: Int { truePositives + falsePositives }
}

/// The scores of one class, each in 0...1, or nil where it is 0/0: a class that no pixel has and no
/// pixel was given has no sensitivity, Dice, G-mean or F2.
public struct Scores: Codable, Hashable, Sendable {
    /// TP / (TP + FN).
    public var sensitivity: Double?
    /// TN / (TN + FP).
    public var specificity: Double?
    /// 2 TP / (2 TP + FP + FN).
    public var dice: Double?
    /// The geometric mean of sensitivity and specificity; nil where one of them is.
    public var gMean: Double?
    /// 5 TP / (5 TP + 4 FN + FP).
    public var f2: Double?

    /// Scores the pixels of a class that were found, wrongly taken for it, missed and left alone.
    public init(truePositives: Int, falsePositives: Int, falseNegatives: Int, trueNegatives: Int) {
        let (tp, fp) = (Double(truePositives), Double(falsePositives))
        let (fn, tn) = (Double(falseNegatives), Double(trueNegatives))
        sensitivity = share(tp, of: tp + fn)
        specificity = share(tn, of: tn + fp)
        dice = share(2 * tp, of: 2 * tp + fp + fn)
        f2 = share(5 * tp, of: 5 * tp + 4 * fn + fp)
        if let sensitivity, let specificity { gMean = (sensitivity * specificity).squareRoot() }
    }

    /// The value of a score.
    public subscript(score: Score) -> Double? {
        switch score {
        case .sensitivity: sensitivity
        case .specificity: specificity
        case .dice: dice
        case .gMean: gMean
        case .f2: f2
        }
    }
}

extension ConfusionMatrix {
    /// The number of pixels.
    public var pixelCount: Int { counts.reduce(0, +) }

    /// The number of pixels whose class was predicted.
    public var correctCount: Int { (0..<classCount).reduce(0) { $0 + self[$1, $1] } }

    /// The global accuracy: the share of pixels whose class was predicted; nil without pixels.
    public var accuracy: Double? { share(Double(correctCount), of: Double(pixelCount)) }

    /// The scores of a class against the rest.
    /// - Parameter index: the class, in 0..<classCount.
    public func scores(ofClass index: Int) -> Scores {
        let outcome = outcome(ofClass: index)
        return Scores(
            truePositives: outcome.truePositives, falsePositives: outcome.falsePositives,
            falseNegatives: outcome.falseNegatives, trueNegatives: outcome.trueNegatives)
    }

    /// The pixels of a class against the rest.
    /// - Parameter index: the class, in 0..<classCount.
    public func outcome(ofClass index: Int) -> ClassOutcome {
        let truth = (0..<classCount).reduce(0) { $0 + self[index, $1] }
        let predicted = (0..<classCount).reduce(0) { $0 + self[$1, index] }
        let found = self[index, index]
        return ClassOutcome(
            truePositives: found, falsePositives: predicted - found, falseNegatives: truth - found,
            trueNegatives: pixelCount - truth - predicted + found)
    }

    /// The sum of the matrices of several slices.
    /// - Parameter classCount: their number of classes, which an empty sum has too.
    public static func pooled(_ matrices: some Sequence<ConfusionMatrix>, classCount: Int)
        -> ConfusionMatrix
    {
        matrices.reduce(ConfusionMatrix(classCount: classCount), +)
    }
}

/// A quotient, or nil for 0/0 (no denominator here is 0 unless its numerator is).
private func share(_ part: Double, of whole: Double) -> Double? { whole == 0 ? nil : part / whole }
