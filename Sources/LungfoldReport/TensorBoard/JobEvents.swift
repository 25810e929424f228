import LungfoldStudy

/// Training curves as TensorBoard shows them. Steps are iterations, so that training and validation
/// share an axis.
public enum JobEvents {
    /// The curve of a job, as an event file, with its hyperparameters and its scores on the test
    /// slices, which TensorBoard compares with other jobs'.
    public static func file(_ result: JobResult, _ parameters: HyperParameters) -> EventFile {
        var file = EventFile()
        parameters.begin(&file, result)
        var curve = CurveEvents(
            task: result.task, split: result.split, experiment: result.experiment)
        curve.add(result.history, to: &file)
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
}
