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
    /// Lesions of any class as a share of the lungs; nil where it is not known what was predicted where.
    let burden: LesionBurden?
    /// The same of each class by its index, from 1; empty where it is not known.
    let classBurdens: [Int: LesionBurden]

    /// Everything that is a lesion against everything else.
    var lesion: ClassOutcome { confusion.lesionOutcome }

    /// The Dice coefficient of lesions of any class; nil where there is none, true or predicted.
    var lesionDice: Double? { Scores(lesion).dice }

    /// The share of correct pixels.
    var accuracy: Double? { confusion.accuracy }

    /// The Dice coefficient of a class; nil where it is 0/0.
    func dice(ofClass index: Int) -> Double? { confusion.scores(ofClass: index).dice }
}

extension SliceFindings {
    /// The test slices of a finished job.
    static func of(
        _ result: JobResult, _ material: SliceMaterial?, _ lungs: LungRegion
    ) -> [SliceFindings] {
        let predictions = material?.predictions[result.key]
        return zip(result.split.test, result.testConfusion).enumerated().map { place, tested in
            let (number, confusion) = tested
            let prediction = predictions.flatMap { place < $0.count ? $0[place] : nil }
            let pixels = TestedPixels(number, prediction, result.task, material)
            let region = lungs.pixels(ofSlice: number)
            func burden(
                _ outcome: ClassOutcome, _ isLesion: (UInt8) -> Bool
            ) -> LesionBurden? {
                guard let region else {
                    return LesionBurden(wholeSlice: outcome, pixelCount: confusion.pixelCount)
                }
                return pixels.map {
                    LesionBurden(
                        truth: $0.truth, prediction: $0.prediction, lungs: region,
                        isLesion: isLesion)
                }
            }
            var classBurdens: [Int: LesionBurden] = [:]
            for index in result.task.lesionClasses {
                classBurdens[index] = burden(confusion.outcome(ofClass: index)) { $0 == index }
            }
            return SliceFindings(
                number: number, split: result.split.name, confusion: confusion,
                prediction: prediction, surfaces: pixels?.surfaces,
                burden: burden(confusion.lesionOutcome) { $0 != 0 }, classBurdens: classBurdens)
        }
    }
}

/// The classes of a test slice's pixels, row-major.
private struct TestedPixels {
    let truth: [UInt8]
    let prediction: [UInt8]
    let task: SegmentationTask
    let size: Int

    /// Nil where labels or prediction were not kept.
    init?(
        _ number: Int, _ prediction: [UInt8]?, _ task: SegmentationTask, _ material: SliceMaterial?
    ) {
        guard let prediction, let material, material.labels.indices.contains(number - 1) else {
            return nil
        }
        truth = material.labels[number - 1].map { task.classIndex(ofLabel: $0) }
        size = material.size
        self.prediction = prediction
        self.task = task
    }

    var surfaces: [Int: SurfaceScores] {
        Dictionary(
            uniqueKeysWithValues: task.lesionClasses.map { index in
                let scores = SurfaceScores(
                    truth: truth.map { $0 == index }, prediction: prediction.map { $0 == index },
                    size: size)
                return (index, scores)
            })
    }
}

extension ConfusionMatrix {
    /// Everything that is a lesion, of whatever class, against everything else.
    var lesionOutcome: ClassOutcome {
        let healthy = outcome(ofClass: 0)
        return ClassOutcome(
            truePositives: healthy.trueNegatives, falsePositives: healthy.falseNegatives,
            falseNegatives: healthy.falsePositives, trueNegatives: healthy.truePositives)
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
