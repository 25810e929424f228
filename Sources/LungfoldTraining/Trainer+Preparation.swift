import LungfoldImaging
import LungfoldStudy

extension Job {
    /// The learning rate in an epoch (1-based): 0.95 times the last one's every 12 epochs, as the
    /// authors' stored curves have it.
    func learningRate(inEpoch epoch: Int) -> Double {
        (0..<(epoch - 1) / 12).reduce(experiment.learningRate) { rate, _ in rate * 0.95 }
    }
}

extension Trainer {
    /// Checks that a job can be trained with the slices at hand.
    static func check(_ job: Job, _ slices: SliceSet) throws {
        let subject = "job \(job.key)"
        guard slices.hasLabels else {
            throw LungfoldError(
                .usage, subject, "the slices have no labels to train with", remedy: "Give --labels")
        }
        try job.split.check(sliceCount: slices.count, source: subject)
        let (miniBatch, count) = (job.experiment.miniBatch, job.split.training.count)
        guard (1...count).contains(miniBatch) else {
            throw LungfoldError(
                .usage, subject, "a mini-batch of \(miniBatch) slices, but \(count) to train on",
                remedy: "Take an experiment with a smaller mini-batch, or more slices")
        }
        for (name, value) in [
            ("epochs", job.settings.epochs),
            ("validation interval", job.settings.validationInterval),
        ] where value < 1 {
            throw LungfoldError(.usage, subject, "\(name) \(value) is less than 1")
        }
    }

    /// Median-frequency weights of the training slices or of all, as the job has it.
    static func classWeights(_ job: Job, _ slices: SliceSet) -> [Double] {
        let numbers = job.settings.classWeightsFrom == .train ? job.split.training : nil
        return slices.classCounts(of: numbers, task: job.task).medianFrequencyWeights
    }

    /// The mean grey value of the training slices, not augmented.
    static func inputMean(_ job: Job, _ slices: SliceSet) -> Float {
        let sums = job.split.training.map { number in
            slices.image(number).reduce(0.0) { $0 + Double($1) }
        }
        let pixels = job.split.training.count * slices.size * slices.size
        return Float(sums.reduce(0, +) / Double(pixels))
    }
}
