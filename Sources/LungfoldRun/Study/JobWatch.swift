import LungfoldReport
import LungfoldStudy
import LungfoldTraining

/// What a rank makes known of the job that it trains: to rank 0, to its log, and as curves to whoever
/// looks into the job's folder.
struct JobWatch {
    private let job: Job
    private let permission: () throws -> Void
    private let report: (RankReport) throws -> Void
    private let curve: JobCurve
    private let speed: JobSpeed
    private var pace: EpochPace
    private var reported = ContinuousClock.now
    private let begin = ContinuousClock.now

    /// - Parameters:
    ///   - permission: throws where this process may no longer write to the folder.
    ///   - report: carries a report to rank 0.
    init(
        _ job: Job, _ directory: JobDirectory, permission: @escaping () throws -> Void = {},
        report: @escaping (RankReport) throws -> Void
    ) {
        self.job = job
        self.permission = permission
        self.report = report
        curve = JobCurve(job, directory)
        speed = JobSpeed(directory)
        pace = EpochPace(miniBatch: job.experiment.miniBatch)
        RankLog.note("\(job.key): starts")
    }

    /// Takes in a training step.
    mutating func take(_ step: TrainingProgress) throws {
        let imagesPerSecond = pace.count(step)
        if step.endsEpoch {
            try permission()
            curve.note(step.history)
            speed.note(imagesPerSecond, iteration: step.iteration)
        }
        guard step.endsEpoch || ContinuousClock.now - reported > .seconds(2) else { return }
        reported = .now
        let progress = JobProgress(step, imagesPerSecond: imagesPerSecond)
        try report(RankReport(progress))
        guard step.endsEpoch else { return }
        RankLog.noteSometimes("epoch of \(job.key)", Self.line(job, progress))
    }

    /// The job is done.
    func end(_ result: JobResult) throws {
        let progress = JobProgress(result)
        try report(RankReport(progress))
        let seconds = (ContinuousClock.now - begin) / .seconds(1)
        RankLog.note(
            "\(job.key): done in \(Text.duration(seconds)): loss \(Text.decimal(progress.loss, 4)), "
                + "test accuracy \(Text.decimal(progress.accuracy, 4))")
    }

    private static func line(_ job: Job, _ progress: JobProgress) -> String {
        "\(job.key): epoch \(progress.epoch)/\(progress.epochs): "
            + "loss \(Text.decimal(progress.loss, 4)), "
            + "accuracy \(Text.decimal(progress.accuracy, 4)), "
            + "\(Text.decimal(progress.imagesPerSecond, 1)) images/s"
    }
}
