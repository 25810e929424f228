import LungfoldEngine
import LungfoldImaging
import LungfoldStudy

/// What a training run leaves behind.
public struct TrainedNetwork: Sendable {
    /// Integers and curves; depends on the job and the slices alone.
    public var result: JobResult
    /// The trained weights, with the metadata that `NetworkFile` reads.
    public var weights: WeightSet
    /// The class of each pixel of each test slice, in the order of the split's.
    public var testPredictions: [[UInt8]]
    /// The same of each validation slice.
    public var validationPredictions: [[UInt8]]
}

/// One job from slices to result. It knows nothing of ranks.
public struct TrainingRun {
    /// The job.
    public let job: Job
    private let slices: SliceSet
    private let threads: Int
    private let progress: (TrainingProgress) throws -> Void

    /// Prepares a run.
    /// - Parameters:
    ///   - job: what to train and on which slices.
    ///   - slices: all slices of the study; the job picks its own.
    ///   - threads: threads of the engine; the result does not depend on it.
    ///   - progress: called after every mini-batch; what it throws ends the run.
    public init(
        job: Job, slices: SliceSet, threads: Int,
        progress: @escaping (TrainingProgress) throws -> Void = { _ in }
    ) {
        self.job = job
        self.slices = slices
        self.threads = threads
        self.progress = progress
    }

    /// Trains, validates and tests.
    /// - Throws: `LungfoldError` naming the job: if it does not fit the slices, or if the loss is not
    ///   finite, with the epoch; and whatever `progress` throws.
    public func run() throws -> TrainedNetwork {
        do {
            let trainer = try Trainer(job: job, slices: slices, threads: threads)
            while !trainer.isTrained { try progress(trainer.advance()) }
            return try trainer.finish()
        } catch let error as EngineError {
            throw LungfoldError(
                .usage, "job \(job.key)", "\(error.subject): \(error.problem)",
                remedy: error.remedy)
        }
    }
}
