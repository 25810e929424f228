import LungfoldStudy

/// A test slice as the best experiment of a network and task did on it.
struct SliceFindings {
    /// The slice, 1-based.
    let number: Int
    /// The split that tested it.
    let split: String
    /// Its pixels by true and predicted class.
    let confusion: ConfusionMatrix
    /// The class of each pixel, row-major; nil where predictions were not kept.
    let prediction: [UInt8]?
    /// The outline scores of each class by its index, from 1; nil where predictions were not kept.
    let surfaces: [Int: SurfaceScores]?
    /// Pixels of the lungs; nil without a mask.
    let lungPixels: Int?

    /// Everything that is a lesion against everything else.
    var lesion: ClassOutcome {
        let healthy = confusion.outcome(ofClass: 0)
        return ClassOutcome(
            truePositives: healthy.trueNegatives, falsePositives: healthy.falseNegatives,
            falseNegatives: healthy.falsePositives, trueNegatives: healthy.truePositives)
    }

    /// The Dice coefficient of lesions of any class; nil where there is none, true or predicted.
    var lesionDice: Double? { Scores(lesion).dice }

    /// Lesion pixels over the pixels of the lungs, or of the slice without a mask: truth and prediction.
    var burden: (truth: Double, prediction: Double)? {
        let whole = Double(lungPixels ?? confusion.pixelCount)
        guard whole > 0 else { return nil }
        return (Double(lesion.truth) / whole, Double(lesion.predicted) / whole)
    }

    /// The share of correct pixels.
    var accuracy: Double? { confusion.accuracy }

    /// The Dice coefficient of a class; nil where it is 0/0.
    func dice(ofClass index: Int) -> Double? { confusion.scores(ofClass: index).dice }
}

extension SliceFindings {
    /// The test slices of a finished job.
    static func of(_ result: JobResult, _ material: SliceMaterial?) -> [SliceFindings] {
        let predictions = material?.predictions[result.key]
        return result.split.test.indices.map { place in
            let number = result.split.test[place]
            let prediction = predictions.flatMap { place < $0.count ? $0[place] : nil }
            return SliceFindings(
                number: number, split: result.split.name, confusion: result.testConfusion[place],
                prediction: prediction,
                surfaces: prediction.flatMap { surfaces($0, number, result.task, material) },
                lungPixels: material?.lungs.flatMap { lungs in
                    lungs.indices.contains(number - 1) ? lungs[number - 1].count { $0 != 0 } : nil
                })
        }
    }

    private static func surfaces(
        _ prediction: [UInt8], _ number: Int, _ task: SegmentationTask, _ material: SliceMaterial?
    ) -> [Int: SurfaceScores]? {
        guard let material, material.labels.indices.contains(number - 1) else { return nil }
        let truth = material.labels[number - 1].map { task.classIndex(ofLabel: $0) }
        return Dictionary(
            uniqueKeysWithValues: task.lesionClasses.map { index in
                let scores = SurfaceScores(
                    truth: truth.map { $0 == index }, prediction: prediction.map { $0 == index },
                    size: material.size)
                return (index, scores)
            })
    }
}

extension Scores {
    /// Scores the pixels of a class.
    init(_ outcome: ClassOutcome) {
        self.init(
            truePositives: outcome.truePositives, falsePositives: outcome.falsePositives,
            falseNegatives: outcome.falseNegatives, trueNegatives: outcome.trueNegatives)
    }
}

extension GroupFindings {
    /// The jobs whose test slices stand for the network and task: the best experiment's on folds, or on
    /// the hold-out where there are none.
    var evaluated: [JobRecord] { folds?.records ?? best?.records ?? [] }

    /// `SegNet, binary`.
    var title: String { "\(network.title), \(task.rawValue)" }

    /// `segnet-binary`, for names of files and anchors.
    var name: String { "\(network.rawValue)-\(task.rawValue)" }

    /// Slices with lesions, true or predicted, the worst first.
    var worstFirst: [SliceFindings] {
        slices.filter { $0.lesionDice != nil }.sorted {
            ($0.lesionDice ?? 0, $0.number) < ($1.lesionDice ?? 0, $1.number)
        }
    }
}

extension StudyOutcome {
    /// The keys of the finished jobs whose predictions the report shows.
    public var illustratedJobs: [String] {
        Findings(self).groups.flatMap { $0.evaluated.compactMap(\.result).map(\.key) }
    }
}
