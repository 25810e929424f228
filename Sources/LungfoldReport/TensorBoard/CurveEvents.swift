import LungfoldStudy

/// A job's training curve as events for TensorBoard, in the order in which training makes it. Steps are
/// iterations, so that training and validation share an axis.
struct CurveEvents: Sendable {
    private let perEpoch: Int
    private let classNames: [String]
    private let first: Int
    /// What of a history is told already.
    private var (epochs, validations) = (0, 0)

    /// - Parameter iteration: what is to be told begins behind it.
    init(
        task: SegmentationTask, split: Split, experiment: Experiment, after iteration: Int = 0
    ) {
        perEpoch = experiment.iterationsPerEpoch(slices: split.training.count)
        classNames = task.classNames
        first = iteration + 1
    }

    /// Adds what is new in a history; of equal steps the epoch's end comes first.
    /// - Parameters:
    ///   - history: the curve so far, which only grows.
    ///   - file: the events so far.
    ///   - time: seconds since 1970; nil for a file that is to depend on no clock.
    mutating func add(_ history: History, to file: inout EventFile, time: Double? = nil) {
        let points =
            self.points(of: history.epochs.dropFirst(epochs))
            + self.points(of: history.validations.dropFirst(validations))
        (epochs, validations) = (history.epochs.count, history.validations.count)
        // The sort is stable: epochs stand before validations.
        for point in points.sorted(by: { $0.step < $1.step }) where point.step >= first {
            for (tag, value) in point.values {
                file.add(value, tag: tag, step: point.step, time: time)
            }
        }
    }

    /// The scalars of a step.
    typealias Point = (step: Int, values: [(String, Double)])

    /// What epochs are told as.
    func points(of epochs: some Sequence<History.Epoch>) -> [Point] {
        epochs.map { ($0.epoch * perEpoch, values(of: $0)) }
    }

    /// What validations are told as.
    func points(of validations: some Sequence<History.Validation>) -> [Point] {
        validations.map { ($0.iteration, values(of: $0)) }
    }

    private func values(of epoch: History.Epoch) -> [(String, Double)] {
        [
            ("loss/training", epoch.trainingLoss), ("accuracy/training", epoch.trainingAccuracy),
            ("learning rate", epoch.learningRate),
        ]
    }

    private func values(of validation: History.Validation) -> [(String, Double)] {
        let dice = zip(classNames, validation.dice).compactMap { name, value in
            value.map { ("dice/\(name)", $0) }
        }
        return [
            ("loss/validation", validation.loss), ("accuracy/validation", validation.accuracy),
        ] + dice
    }
}
