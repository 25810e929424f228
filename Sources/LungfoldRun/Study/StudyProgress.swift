import Foundation
import LungfoldCluster
import LungfoldStudy
import Synchronization

/// What rank 0 tells the user while jobs run, and what it notes in run.json: a line when a job starts
/// and ends, and now and then one of a long job.
///
/// Events arrive on the comm thread, everything else on the main thread; the state is behind a lock.
final class StudyProgress: Sendable {
    /// The least time between two lines of one running job.
    private static let interval = 60.0

    private struct Running {
        var rank: Int
        var host: String
        var start: Double
        var lastLine: Double
        /// The share of the job that was done when it was first heard of.
        var firstShare: Double?
        var latest: JobProgress?
    }

    private struct State {
        var record: RunRecord
        var costs: [String: Double] = [:]
        var totalCost = 0.0
        var doneCost = 0.0
        var start = 0.0
        var ended = 0
        var count = 0
        var running: [String: Running] = [:]
        var failures: [JobFailure] = []
        var finished: [String] = []
    }

    private let directory: RunDirectory
    private let state: Mutex<State>

    init(record: RunRecord, directory: RunDirectory) {
        self.directory = directory
        state = Mutex(State(record: record))
    }

    /// Begins a queue.
    func begin(_ tasks: [QueueTask]) {
        state.withLock { state in
            state.costs = Dictionary(uniqueKeysWithValues: tasks.map { ($0.key, $0.cost) })
            state.totalCost = tasks.reduce(0) { $0 + $1.cost }
            state.doneCost = 0
            state.start = Self.now
            state.ended = 0
            state.count = tasks.count
            state.finished = []
        }
    }

    /// The jobs of this queue that are done, in the order in which they ended.
    var finished: [String] { state.withLock { $0.finished } }

    /// The jobs that failed, in all queues of this run.
    var failures: [JobFailure] { state.withLock { $0.failures } }

    /// Ends run.json.
    func end(_ outcome: RunRecord.State) throws {
        try state.withLock { state in
            state.record.state = outcome
            state.record.ended = Date()
            try state.record.save(in: directory)
        }
    }

    /// Takes in what happened to a job.
    func handle(_ event: QueueEvent) {
        state.withLock { state in
            switch event {
            case .started(let key, let rank, let host):
                state.running[key] = Running(
                    rank: rank, host: host, start: Self.now, lastLine: Self.now)
                Console.say("\(key) starts on rank \(rank) (\(host))")
            case .progress(let key, _, let bytes): Self.note(bytes, of: key, &state)
            case .finished(let key, _): finish(key, &state)
            case .failed(let key, _, let reason): fail(key, reason, &state)
            case .interrupted(let key, _):
                state.running[key] = nil
                Console.say("\(key) was stopped; it starts again with the next run")
            }
        }
    }

    /// The jobs that run now, and how long all of them take.
    var runningJobs: RunningJobs {
        state.withLock { state in
            RunningJobs(
                jobs: state.running.map(Self.describe).sorted { $0.rank < $1.rank },
                secondsLeft: Self.secondsLeft(state))
        }
    }

    private static func describe(_ key: String, _ job: Running) -> StudyStatus.RunningJob {
        var described = StudyStatus.RunningJob(key: key, rank: job.rank, host: job.host)
        guard let latest = job.latest else { return described }
        described.epoch = latest.epoch
        described.epochs = latest.epochs
        described.loss = latest.loss.isFinite ? latest.loss : nil
        described.imagesPerSecond = latest.imagesPerSecond.isFinite ? latest.imagesPerSecond : nil
        // A job that goes on from a checkpoint has done a share before this start.
        let done = latest.share - (job.firstShare ?? 0)
        if done > 0 { described.secondsLeft = (now - job.start) * (1 - latest.share) / done }
        return described
    }

    // MARK: Events

    private static func note(_ bytes: [UInt8], of key: String, _ state: inout State) {
        guard let progress = try? JSON.decode(JobProgress.self, from: bytes, subject: key) else {
            return
        }
        state.running[key]?.latest = progress
        if state.running[key]?.firstShare == nil { state.running[key]?.firstShare = progress.share }
        guard let job = state.running[key], now - job.lastLine >= interval, progress.share < 1
        else {
            return
        }
        state.running[key]?.lastLine = now
        Console.say(
            "\(key) epoch \(progress.epoch)/\(progress.epochs): \(progress.text), \(remaining(state))"
        )
    }

    private func finish(_ key: String, _ state: inout State) {
        let job = close(key, &state)
        state.finished.append(key)
        let seconds = Self.now - (job?.start ?? Self.now)
        let figures = job?.latest.map { ", \($0.text)" } ?? ""
        Console.say(
            "\(key) done in \(Text.duration(seconds))\(figures); \(Self.remaining(state))")
        state.record.jobs[key] = RunRecord.JobTime(
            rank: job?.rank ?? 0, host: job?.host ?? "", ended: Date(), seconds: seconds)
        // A disk that is full shows in the job's own files, which end the run with a reason.
        try? state.record.save(in: directory)
    }

    private func fail(_ key: String, _ reason: String, _ state: inout State) {
        _ = close(key, &state)
        state.failures.append(JobFailure(key: key, reason: reason))
        Console.say("\(key) FAILED: \(reason) \(Self.remaining(state))")
    }

    private func close(_ key: String, _ state: inout State) -> Running? {
        state.ended += 1
        state.doneCost += state.costs[key] ?? 0
        return state.running.removeValue(forKey: key)
    }

    // MARK: Estimates

    private static var now: Double { ProcessInfo.processInfo.systemUptime }

    /// `7 of 90 jobs, about 3 h 20 min left`
    private static func remaining(_ state: State) -> String {
        let jobs = "\(state.ended) of \(state.count) jobs"
        guard let left = secondsLeft(state) else { return jobs }
        return "\(jobs), about \(Text.duration(left)) left"
    }

    /// Costs so far and times so far tell the pace.
    private static func secondsLeft(_ state: State) -> Double? {
        let partial = state.running.reduce(0) { sum, job in
            sum + (state.costs[job.key] ?? 0) * (job.value.latest?.share ?? 0)
        }
        let done = state.doneCost + partial
        guard done > 0, state.ended < state.count else { return nil }
        return (now - state.start) * (state.totalCost - done) / done
    }
}
