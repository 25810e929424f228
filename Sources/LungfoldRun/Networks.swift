import LungfoldEngine
import LungfoldStudy
import LungfoldTraining

extension TrainingSettings {
    /// The network that these settings describe, checked for the image size.
    /// - Throws: `LungfoldError` (`usage`) naming the size that does not fit.
    func description(of network: NetworkKind, task: SegmentationTask) throws -> NetworkDescription {
        try LungfoldError.translating(.usage) {
            let description = try self.network(network, task: task)
            try description.checkSize(height: imageSize, width: imageSize)
            return description
        }
    }
}

extension Job {
    /// Mini-batches in all epochs.
    var iterations: Int { split.training.count / experiment.miniBatch * settings.epochs }

    /// What the job is expected to cost, in floating-point operations: the order of the queue and the
    /// estimate of what is left. A training step takes three forward passes.
    func floatingPointOperations() throws -> Double {
        let forward = try settings.description(of: network, task: task)
            .forwardFLOPs(height: settings.imageSize, width: settings.imageSize)
        let validations = 1 + iterations / settings.validationInterval
        let passes =
            3 * iterations * experiment.miniBatch + validations * split.validation.count
            + split.training.count + split.test.count
        return Double(forward) * Double(passes)
    }
}
