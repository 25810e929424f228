import LungfoldCluster
import LungfoldStudy

/// What rank 0 knows of the jobs of a run: what runs where and how far, what has ended, and how long
/// the rest takes. Times are seconds of one clock, which nothing here looks at.
package struct RunState: Sendable {
    private struct Running {
        var rank: Int
        var host: String
        var start: Double
        /// The share of the job that was done when it was first heard of.
        var firstShare: Double?
        var latest: JobProgress?
    }

    /// The hosts of the ranks.
    let hosts: [String]
    /// Which start of the study it is; nil for a single training.
    let generation: Int?
    private let start: Double
    private var costs: [String: Double] = [:]
    /// The shares of jobs that their checkpoints hold; costs are without them.
    private var shares: [String: Double] = [:]
    private var totalCost = 0.0
    private var doneCost = 0.0
    private var queueStart: Double
    /// The jobs of all queues so far.
    private var jobCount = 0
    /// Those of them that are done, before this run or in it.
    private var finishedCount = 0
    /// Those of them that this queue has nothing to do with any more.
    private var settled = 0
    private var running: [String: Running] = [:]
    /// The jobs of this queue that are done, in the order in which they ended.
    private(set) var finished: [String] = []
    /// The jobs that failed, in all queues of this run.
    private(set) var failures: [JobFailure] = []
    /// Whether all is trained and the report is being written.
    package var isWritingReport = false
    /// How the run ended; nil while it runs.
    package var outcome: String?

    /// Begins a run.
    package init(hosts: [String], generation: Int?, at time: Double) {
        self.hosts = hosts
        self.generation = generation
        start = time
        queueStart = time
    }

    /// Begins a queue.
    /// - Parameters:
    ///   - tasks: its jobs, with the cost of what is left of each.
    ///   - shares: the shares of them that were done before, in 0...1; 0 where there is none.
    ///   - before: jobs that are finished already.
    ///   - time: now, in seconds.
    package mutating func begin(
        _ tasks: [QueueTask], shares: [String: Double] = [:], finishedBefore before: Int,
        at time: Double
    ) {
        self.shares = shares
        costs = Dictionary(uniqueKeysWithValues: tasks.map { ($0.key, $0.cost) })
        totalCost = tasks.reduce(0) { $0 + $1.cost }
        doneCost = 0
        queueStart = time
        settled = jobCount + before
        jobCount = settled + tasks.count
        finishedCount += before
        finished = []
        running = [:]
    }

    // MARK: What happens

    /// Takes in what happened to a job; gives what is to be told of it.
    package mutating func take(_ event: QueueEvent, at time: Double) -> StudyEvent? {
        switch event {
        case .started(let key, let rank, let host):
            running[key] = Running(rank: rank, host: host, start: time)
            return describe(.jobStarted, key, rank, at: time)
        case .progress(let key, let rank, let bytes):
            guard let report = try? JSON.decode(RankReport.self, from: bytes, subject: key) else {
                return nil
            }
            return take(report, key, rank, at: time)
        case .finished(let key, let rank):
            var told = describe(.jobFinished, key, rank, at: time)
            let job = close(key)
            finished.append(key)
            finishedCount += 1
            if let latest = job?.latest { told.fill(latest) }
            told.seconds = time - (job?.start ?? time)
            count(&told, at: time)
            return told
        case .failed(let key, let rank, let reason):
            var told = describe(.jobFailed, key, rank, at: time)
            _ = close(key)
            failures.append(JobFailure(key: key, reason: reason))
            told.text = reason
            count(&told, at: time)
            return told
        case .interrupted(let key, let rank):
            let told = describe(.jobInterrupted, key, rank, at: time)
            running[key] = nil
            return told
        }
    }

    private mutating func take(
        _ report: RankReport, _ key: String, _ rank: Int, at time: Double
    ) -> StudyEvent? {
        if let warning = report.warning {
            var told = describe(.warning, key, rank, at: time)
            told.text = warning
            return told
        }
        guard let progress = report.progress else { return nil }
        if running[key]?.firstShare == nil {
            running[key]?.firstShare = shares[key] ?? progress.share
        }
        running[key]?.latest = progress
        guard !progress.isTest else { return nil }  // the job's end tells it
        var told = describe(progress.endsEpoch ? .epochFinished : .progress, key, rank, at: time)
        told.fill(progress)
        return told
    }

    private func describe(_ kind: StudyEvent.Kind, _ key: String, _ rank: Int, at time: Double)
        -> StudyEvent
    {
        var event = StudyEvent(kind, job: key)
        event.generation = generation
        event.rank = rank
        event.host = running[key]?.host
        count(&event, at: time)
        return event
    }

    private func count(_ event: inout StudyEvent, at time: Double) {
        event.jobs = jobCount
        event.jobsEnded = ended
        event.jobsFailed = failures.count
        event.secondsLeft = secondsLeft(at: time)
    }

    private mutating func close(_ key: String) -> Running? {
        doneCost += costs[key] ?? 0
        return running.removeValue(forKey: key)
    }

    private var ended: Int { finishedCount + failures.count }

    // MARK: How it stands

    /// The jobs that run, and how long all of them take.
    func runningJobs(at time: Double) -> RunningJobs {
        RunningJobs(
            jobs: running.map { describe($0, $1, at: time) }.sorted { $0.rank < $1.rank },
            secondsLeft: secondsLeft(at: time), share: share, elapsed: time - start)
    }

    /// What people see.
    /// - Parameter isStopping: whether the run was asked to stop.
    package func view(at time: Double, isStopping: Bool) -> StudyView {
        let jobs = runningJobs(at: time)
        let state =
            isStopping ? "stopping" : isWritingReport ? "writing the report" : "running"
        return StudyView(
            state: outcome ?? state, generation: generation, jobs: jobCount,
            finished: finishedCount, failed: failures.count,
            running: jobs.jobs, hosts: hosts, share: share, elapsed: jobs.elapsed,
            secondsLeft: outcome == nil ? jobs.secondsLeft : nil)
    }

    private func describe(_ key: String, _ job: Running, at time: Double)
        -> StudyStatus.RunningJob
    {
        var described = StudyStatus.RunningJob(key: key, rank: job.rank, host: job.host)
        guard let latest = job.latest else { return described }
        described.epoch = latest.epoch
        described.epochs = latest.epochs
        described.loss = latest.loss.isFinite ? latest.loss : nil
        described.imagesPerSecond = latest.imagesPerSecond.isFinite ? latest.imagesPerSecond : nil
        // A job that goes on from a checkpoint has done a share before this start.
        let done = latest.share - (job.firstShare ?? 0)
        if done > 0 { described.secondsLeft = (time - job.start) * (1 - latest.share) / done }
        return described
    }

    /// The cost of what this queue has done so far.
    private var spent: Double {
        running.reduce(doneCost) { sum, job in
            let before = shares[job.key] ?? 0
            let left = max(0, (job.value.latest?.share ?? before) - before)
            return sum + (before < 1 ? (costs[job.key] ?? 0) * left / (1 - before) : 0)
        }
    }

    /// The share of the work of all jobs that is done: by cost for those of this queue, by number for
    /// those that had ended before it.
    private var share: Double {
        guard jobCount > 0 else { return 0 }
        let queue = totalCost > 0 ? spent / totalCost : 1
        return (Double(settled) + queue * Double(jobCount - settled)) / Double(jobCount)
    }

    /// Costs so far and times so far tell the pace.
    private func secondsLeft(at time: Double) -> Double? {
        guard spent > 0, ended < jobCount else { return nil }
        return (time - queueStart) * max(0, totalCost - spent) / spent
    }
}
