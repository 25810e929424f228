import LungfoldImaging
import LungfoldStudy
import LungfoldTraining

/// A job in its folder, from where it stands to its result: it may be stopped or killed at any moment
/// and goes on from its last checkpoint, of the last epoch or of five minutes ago.
struct JobTraining {
    /// The longest time between two checkpoints.
    static let interval = Duration.seconds(300)

    let job: Job
    let slices: SliceSet
    /// The digest of the slices.
    let dataDigest: String
    let threads: Int
    let directory: JobDirectory
    /// The geometry that predictions get.
    let geometry: LabelVolumeWriter
    /// Is told of checkpoints that cannot be used.
    var notice: (String) -> Void = Console.warn
    /// Throws where this process may no longer write to the folder.
    var permission: () throws -> Void = {}

    /// Trains the job and writes its files.
    /// - Parameters:
    ///   - shouldStop: whether to save and stop, asked after every mini-batch and evaluated slice.
    ///   - heartbeat: called before every slice that is evaluated: a sign of life.
    ///   - progress: called after every mini-batch.
    /// - Throws: `LungfoldError` of kind `interrupted` when stopped, of kind `io` or `cannotCreate`
    ///   when the folder cannot be read or written; any other error is the job's own.
    func run(
        shouldStop: @escaping () -> Bool, heartbeat: @escaping () -> Void = {},
        progress: @escaping (TrainingProgress) throws -> Void
    ) throws -> JobResult {
        try permission()
        try directory.make()
        let attempts = Attempts(directory, permission: permission)
        // Before the checkpoints are read, so that one which ends its reader counts as a crash, too.
        // Where the job stands is told by their headers.
        try attempts.begin(job, from: CheckpointFiles.iteration(in: directory))
        defer { attempts.end() }
        let checkpoints = CheckpointFiles(
            directory, identity: try identity(), permission: permission
        ) { [job] in try $0.check(isOf: job, file: $1) }
        let start = try checkpoints.load(notice: notice)
        if let start { RankLog.note("\(job.key): goes on after iteration \(start.iteration)") }
        let trained = try TrainingRun(
            job: job, slices: slices, threads: threads, from: start, progress: progress,
            save: saving(to: checkpoints, shouldStop),
            heartbeat: { [job] in
                heartbeat()
                guard shouldStop() else { return }
                throw LungfoldError(
                    .interrupted, "job \(job.key)", "was stopped while it was evaluated",
                    remedy: "The same command continues it")
            }
        ).run()
        try permission()
        try directory.save(
            trained.result, weights: trained.weights.encoded(),
            more: JobEvidence(trained, geometry: geometry, slices: slices).files(),
            permission: permission)
        return trained.result
    }

    /// What a checkpoint must belong to.
    private func identity() throws -> [String: String] {
        ["job": job.key, "study": Digest.text(of: try JSON.encode(job)), "data": dataDigest]
    }

    private func saving(to checkpoints: CheckpointFiles, _ shouldStop: @escaping () -> Bool)
        -> (TrainingProgress, () -> Checkpoint) throws -> Void
    {
        var saved = ContinuousClock.now
        return { step, checkpoint in
            let stops = shouldStop()
            let isDue = step.endsEpoch || ContinuousClock.now - saved >= Self.interval
            guard stops || isDue else { return }
            try permission()
            try checkpoints.save(checkpoint())
            saved = .now
            RankLog.noteSometimes(
                "checkpoint of \(job.key)",
                "\(job.key): checkpoint after iteration \(step.iteration)")
            if stops {
                throw LungfoldError(
                    .interrupted, "job \(job.key)",
                    "was stopped after iteration \(step.iteration) of \(step.iterations)",
                    remedy: "The same command continues it")
            }
        }
    }
}
