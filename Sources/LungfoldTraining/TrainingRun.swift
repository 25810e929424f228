import LungfoldEngine
import LungfoldImaging
import LungfoldStudy

/// What a training run leaves behind.
public struct TrainedNetwork: Sendable {
    /// Integers and curves; depends on the job and the slices alone.
    public var result: JobResult
    /// The trained weights, with the metadata that `NetworkFile` reads.
    public var weights: WeightSet
    /// The weights of the validation with the highest mean Dice of the lesion classes (`History.best`),
    /// the running statistics that it used among them; the metadata also says `epoch`, `iteration` and
    /// `validation_dice`. Results come from `weights` alone, as the paper's do.
    public var bestWeights: WeightSet
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
    private let checkpoint: Checkpoint?
    private let save: (TrainingProgress, () -> Checkpoint) throws -> Void
    private let progress: (TrainingProgress) throws -> Void
    private let heartbeat: () throws -> Void

    /// Prepares a run.
    /// - Parameters:
    ///   - job: what to train and on which slices.
    ///   - slices: all slices of the study; the job picks its own.
    ///   - threads: threads of the engine; the result does not depend on it.
    ///   - checkpoint: where a run of the same job stopped; this one goes on there, and gives the same
    ///     result, bit for bit, as one that never stopped.
    ///   - progress: called after every mini-batch; what it throws ends the run.
    ///   - save: called after every mini-batch, after `progress`, with what makes a checkpoint of that
    ///     moment; it decides whether to keep one. What it throws ends the run.
    ///   - heartbeat: called before every slice that is evaluated and every mini-batch of batch
    ///     normalisation's statistics, which on large data take longer than an epoch. What it throws
    ///     ends the run; where that is a `LungfoldError` of kind `interrupted`, nothing that was
    ///     trained is lost: `save` is called before, or was called after the last mini-batch.
    public init(
        job: Job, slices: SliceSet, threads: Int, from checkpoint: Checkpoint? = nil,
        progress: @escaping (TrainingProgress) throws -> Void = { _ in },
        save: @escaping (TrainingProgress, () -> Checkpoint) throws -> Void = { _, _ in },
        heartbeat: @escaping () throws -> Void = {}
    ) {
        self.job = job
        self.slices = slices
        self.threads = threads
        self.checkpoint = checkpoint
        self.save = save
        self.progress = progress
        self.heartbeat = heartbeat
    }

    /// Trains, validates and tests.
    /// - Throws: `LungfoldError` naming the job: if it does not fit the slices, or if the loss is not
    ///   finite, with the epoch; and whatever `progress`, `save` and `heartbeat` throw.
    public func run() throws -> TrainedNetwork {
        do {
            let trainer = try Trainer(
                job: job, slices: slices, threads: threads, heartbeat: heartbeat)
            if let checkpoint {
                try trainer.resume(from: checkpoint)
                // The one in which the earlier run was stopped, if it was.
                try trainer.validateIfDue()
            }
            while !trainer.isTrained { try advance(trainer) }
            return try trainer.finish()
        } catch let error as EngineError {
            throw LungfoldError(
                .usage, "job \(job.key)", "\(error.subject): \(error.problem)",
                remedy: error.remedy)
        }
    }

    /// Trains a mini-batch, which is kept even if the run is stopped in the validation after it.
    private func advance(_ trainer: Trainer) throws {
        var step = try trainer.advance()
        let stop = try interruption(of: { try trainer.validateIfDue() })
        step.history = trainer.history
        try progress(step)
        try save(step) { trainer.checkpoint }
        if let stop { throw stop }
    }

    /// The error by which `body` was interrupted; throws any other.
    private func interruption(of body: () throws -> Void) throws -> LungfoldError? {
        do {
            try body()
            return nil
        } catch let error as LungfoldError where error.kind == .interrupted {
            return error
        }
    }
}
