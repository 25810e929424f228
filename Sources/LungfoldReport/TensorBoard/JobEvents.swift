import LungfoldStudy

/// Training curves as TensorBoard shows them. Steps are iterations, so that training and validation
/// share an axis.
public enum JobEvents {
    /// The curve of a job, as an event file, with its hyperparameters and its scores on the test
    /// slices, which TensorBoard compares with other jobs'.
    public static func file(_ result: JobResult, _ parameters: HyperParameters) -> EventFile {
        var file = EventFile()
        parameters.begin(&file, result)
        for (tag, points) in curves(result) {
            for point in points { file.add(point.value, tag: tag, step: point.step) }
        }
        let step = result.history.validations.last?.iteration ?? 0
        for (tag, value) in scores(result) { file.add(value, tag: tag, step: step) }
        parameters.end(&file)
        return file
    }

    /// Mean accuracy over the test slices, and each class's Dice coefficient over all their pixels.
    private static func scores(_ result: JobResult) -> [(String, Double)] {
        let names = result.task.classNames
        let pooled = ConfusionMatrix.pooled(result.testConfusion, classCount: names.count)
        let accuracy = Statistics(result.accuracies(on: .test)).mean.map { ("test/accuracy", $0) }
        return [accuracy].compactMap(\.self)
            + names.indices.compactMap { index in
                pooled.scores(ofClass: index).dice.map { ("test/dice/\(names[index])", $0) }
            }
    }

    /// The mean curve of an experiment's folds, which TensorBoard cannot make itself; only of steps
    /// that all folds have.
    public static func mean(_ results: [JobResult]) -> EventFile {
        var file = EventFile()
        var values: [String: [Int: [Double]]] = [:]
        for (tag, points) in results.flatMap(curves) {
            for point in points {
                values[tag, default: [:]][point.step, default: []] += [point.value]
            }
        }
        for (tag, steps) in values.sorted(by: { $0.key < $1.key }) {
            for (step, list) in steps.sorted(by: { $0.key < $1.key })
            where list.count == results.count {
                file.add(list.reduce(0, +) / Double(list.count), tag: tag, step: step)
            }
        }
        return file
    }

    private static func curves(_ result: JobResult) -> [(String, [(step: Int, value: Double)])] {
        let perEpoch = result.split.training.count / max(1, result.experiment.miniBatch)
        let (epochs, validations) = (result.history.epochs, result.history.validations)
        func training(_ value: (History.Epoch) -> Double) -> [(step: Int, value: Double)] {
            epochs.map { ($0.epoch * perEpoch, value($0)) }
        }
        let dice = result.task.classNames.indices.map { index in
            (
                "dice/\(result.task.classNames[index])",
                validations.compactMap { validation in
                    (index < validation.dice.count ? validation.dice[index] : nil)
                        .map { (step: validation.iteration, value: $0) }
                }
            )
        }
        return [
            ("loss/training", training(\.trainingLoss)),
            ("loss/validation", validations.map { ($0.iteration, $0.loss) }),
            ("accuracy/training", training(\.trainingAccuracy)),
            ("accuracy/validation", validations.map { ($0.iteration, $0.accuracy) }),
            ("learning rate", training(\.learningRate)),
        ] + dice
    }
}

extension StudyOutcome {
    /// The mean over folds of every experiment of which at least two are finished: event files by the
    /// name of their run.
    public func meanEvents() -> [(run: String, file: EventFile)] {
        Findings(self).groups.flatMap { group in
            group.experiments.compactMap { experiment in
                let results = experiment.records.compactMap(\.result)
                guard results.count > 1 else { return nil }
                return (
                    "\(group.name)-e\(experiment.experiment.number)-mean", JobEvents.mean(results)
                )
            }
        }
    }
}
