import LungfoldStudy

/// Training curves as TensorBoard shows them. Steps are iterations, so that training and validation
/// share an axis.
public enum JobEvents {
    /// The curve of a job, as an event file.
    public static func file(_ result: JobResult) -> EventFile {
        var file = EventFile()
        for (tag, points) in curves(result) {
            for point in points { file.add(point.value, tag: tag, step: point.step) }
        }
        return file
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
