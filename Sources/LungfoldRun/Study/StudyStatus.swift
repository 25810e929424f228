import Foundation
import LungfoldStudy

/// How far a study is, for anybody who asks from any shell, while it runs or after.
public struct StudyStatus: Codable, Hashable, Sendable {
    /// A job that is being trained.
    public struct RunningJob: Codable, Hashable, Sendable {
        var key: String
        var rank: Int
        var host: String
        /// The epoch that is being trained, and epochs in all; 0 before the first mini-batch.
        var epoch = 0
        var epochs = 0
        /// The mean loss of the epoch so far.
        var loss: Double?
        var imagesPerSecond: Double?
        /// Seconds it still takes at the pace so far.
        var secondsLeft: Double?
    }

    /// `running`, or how the last run ended.
    public var state: String
    /// Which start of the study it is.
    public var generation: Int
    /// The process that writes here, and its host; nil when none does.
    var owner: DirectoryLock.Owner?
    /// The jobs that are done.
    public var finished: [String] = []
    /// The jobs that a rank is at work on.
    public var running: [RunningJob] = []
    /// The jobs that have a checkpoint and nobody at work on them.
    public var begun: [String] = []
    /// The jobs that nobody has begun.
    public var waiting: [String] = []
    /// The jobs that ended without a result.
    public var failed: [JobFailure] = []
    /// Seconds that the jobs still take at the pace so far.
    public var secondsLeft: Double?
    /// The share of the work that is done, in 0...1; missing where no run tells.
    public var share: Double?
    /// Seconds since the run began.
    public var elapsed: Double?
    /// The hosts of the last run's ranks.
    var hosts: [String] = []

    /// Reads a study's folder. Its files are the truth; what runs is as `status.json` had it a moment
    /// ago, and is believed only while a process holds the lock.
    /// - Throws: `LungfoldError` where the folder is no study's.
    public init(_ directory: RunDirectory) throws {
        let file = try directory.load()
        let record: RunRecord? = try? JSON.decode(
            from: FileSystem.read(directory.recordFile), subject: directory.recordFile)
        generation = record?.generation ?? 0
        owner = DirectoryLock.holder(of: directory)
        state =
            owner == nil && record?.state == .running
            ? "killed" : record?.state.rawValue ?? "not started"
        if owner != nil {
            state = "running"
            let report: RunningJobs? = try? JSON.decode(
                from: FileSystem.read(directory.statusFile), subject: directory.statusFile)
            running = report?.jobs ?? []
            secondsLeft = report?.secondsLeft
            share = report?.share.map { min(1, max(0, $0)) }
            elapsed = report?.elapsed
        }
        hosts = record?.ranks.map(\.host) ?? []
        let keys = file.study.jobs().map(\.key)
        let others = FileSystem.names(in: "\(directory.path)/jobs").filter { !keys.contains($0) }
        for key in keys + others { sort(key, directory.job(key)) }
    }

    private mutating func sort(_ key: String, _ job: JobDirectory) {
        if job.isFinished {
            finished.append(key)
            running.removeAll { $0.key == key }
        } else if running.contains(where: { $0.key == key }) {
            return
        } else if FileSystem.exists(job.failureFile) {
            failed.append((try? job.failure()) ?? JobFailure(key: key, reason: "unknown"))
        } else if job.isBegun {
            begun.append(key)
        } else {
            waiting.append(key)
        }
    }

    /// For people: a line of sums, and one for each job that runs or has failed.
    public var text: String {
        let place = owner.map { " (process \($0.pid) on \($0.host))" } ?? ""
        let sums =
            "\(finished.count) finished, \(running.count) running, \(failed.count) failed, "
            + "\(begun.count + waiting.count) waiting"
            + (begun.isEmpty ? "" : ", \(begun.count) of them begun")
        let left = secondsLeft.map { "; about \(Text.duration($0)) left" } ?? ""
        var lines = ["\(state), run \(generation)\(place): \(sums)\(left)"]
        lines += running.map { job in
            let figures = [
                "epoch \(job.epoch)/\(job.epochs)", job.loss.map { "loss \(Text.decimal($0, 4))" },
                job.imagesPerSecond.map { "\(Text.decimal($0, 1)) images/s" },
                job.secondsLeft.map { "about \(Text.duration($0)) left" },
            ]
            return "running: \(job.key) on rank \(job.rank) (\(job.host)): "
                + figures.compactMap(\.self).joined(separator: ", ")
        }
        lines += failed.map { "failed: \($0.key): \($0.reason)" }
        return lines.joined(separator: "\n")
    }
}

/// What `status.json` holds: the jobs that run, as rank 0 knows them.
struct RunningJobs: Codable, Sendable {
    var jobs: [StudyStatus.RunningJob]
    var secondsLeft: Double?
    /// The share of the work of all jobs that is done, in 0...1.
    var share: Double?
    /// Seconds since the run began.
    var elapsed: Double?
}

extension StudyStatus {
    /// The same as a run's own view.
    var view: StudyView {
        let jobs = finished.count + running.count + failed.count + begun.count + waiting.count
        return StudyView(
            state: state, generation: generation, jobs: jobs, finished: finished.count,
            failed: failed.count, running: running, hosts: hosts,
            share: share ?? (jobs > 0 ? Double(finished.count) / Double(jobs) : 0),
            elapsed: elapsed, secondsLeft: secondsLeft)
    }
}
