import LungfoldStudy

extension JobEvents {
    /// The mean curve of an experiment's folds, which TensorBoard cannot make itself. Folds of different
    /// sizes have their epochs and validations after different numbers of iterations, so an epoch is
    /// averaged with the same epoch of the others, a validation with the one of the same ordinal, and
    /// the last with the last, which is of the finished network. Steps are mean iterations, rounded.
    public static func mean(_ results: [JobResult]) -> EventFile {
        let curves = results.map { result in
            CurveEvents(task: result.task, split: result.split, experiment: result.experiment)
        }
        var file = EventFile()
        add(zip(curves, results).map { $0.points(of: $1.history.epochs) }, to: &file)
        add(zip(curves, results).map { $0.points(of: $1.history.validations) }, to: &file)
        return file
    }

    /// - Parameter folds: the points of each fold, in order.
    private static func add(_ folds: [[CurveEvents.Point]], to file: inout EventFile) {
        let length = folds.map(\.count).min() ?? 0
        for place in 0..<length {
            let points = folds.map { $0[place < length - 1 ? place : $0.count - 1] }
            let step = Int(mean(points.map { Double($0.step) }).rounded())
            for (tag, _) in points[0].values {
                let values = points.compactMap { $0.values.first { $0.0 == tag }?.1 }
                // A mean over some of the folds would jump where one comes or goes.
                if values.count == folds.count { file.add(mean(values), tag: tag, step: step) }
            }
        }
    }

    private static func mean(_ values: [Double]) -> Double {
        values.reduce(0, +) / Double(values.count)
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
