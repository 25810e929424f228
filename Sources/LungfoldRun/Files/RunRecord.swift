import Foundation
import LungfoldImaging
import LungfoldReport
import LungfoldStudy

/// What `run.json` holds: all that may differ between two runs of one study. Times are in seconds.
public struct RunRecord: Codable, Sendable {
    /// How far the study is.
    public enum State: String, Codable, Sendable {
        /// Jobs are being trained, or the run was killed.
        case running
        /// All jobs are done and the report is written.
        case finished
        /// The report is written; some jobs failed.
        case jobsFailed
        /// Stopped early; the same command continues.
        case interrupted
        /// An error ended the run, such as a report that could not be written.
        case failed
    }

    /// A process of the run.
    public struct Rank: Codable, Hashable, Sendable {
        /// Its machine.
        public var host: String
        /// The threads it computes with.
        public var threads: Int

        /// Describes a process.
        public init(host: String, threads: Int) {
            self.host = host
            self.threads = threads
        }
    }

    /// When and where a job was trained.
    public struct JobTime: Codable, Hashable, Sendable {
        /// The rank.
        public var rank: Int
        /// Its machine.
        public var host: String
        /// When it ended.
        public var ended: Date
        /// How long it took.
        public var seconds: Double

        /// Describes a job's training.
        public init(rank: Int, host: String, ended: Date, seconds: Double) {
            self.rank = rank
            self.host = host
            self.ended = ended
            self.seconds = seconds
        }
    }

    /// How far the study is.
    public var state = State.running
    /// The digest of study.json; nil in folders of versions that did not keep it.
    public var study: String?
    /// Which start of the study this is; each is higher than the one before.
    public var generation: Int
    /// The command line.
    public var command: [String]
    /// When this run began.
    public var started: Date
    /// When this run ended.
    public var ended: Date?
    /// The processes, by rank.
    public var ranks: [Rank]
    /// The versions of what was used, by name.
    public var versions: [String: String]
    /// Jobs trained by this run and by earlier ones of the same study, by key.
    public var jobs: [String: JobTime]

    /// Opens a record, with the jobs of the run before where there was one.
    public init(
        directory: RunDirectory, study: String?, command: [String], ranks: [Rank],
        versions: [String: String], started: Date
    ) {
        let before = RunRecord(of: directory)
        self.study = study
        self.command = command
        self.started = started
        self.ranks = ranks
        self.versions = versions
        jobs = before?.jobs ?? [:]
        // A damaged record must not lead back to a generation that was there before.
        let isDamaged = before == nil && FileSystem.exists(directory.recordFile)
        generation = GenerationFile(directory).next(
            isDamaged
                ? Int(started.timeIntervalSince1970) : min(before?.generation ?? 0, 1 << 60) + 1,
            at: started)
    }

    /// The record of a folder's latest run; nil where it is missing or damaged.
    public init?(of directory: RunDirectory) {
        guard
            let record: RunRecord = try? JSON.decode(
                from: FileSystem.read(directory.recordFile), subject: directory.recordFile)
        else { return nil }
        self = record
    }

    /// The record as the report tells it.
    var account: RunAccount {
        RunAccount(
            state: state.rawValue, generation: generation, command: command, started: started,
            ended: ended, ranks: ranks.map { .init(host: $0.host, threads: $0.threads) },
            versions: versions,
            trainings: jobs.map { key, time in
                .init(
                    key: key, rank: time.rank, host: time.host, ended: time.ended,
                    seconds: time.seconds)
            })
    }

    /// Writes the record.
    public func save(in directory: RunDirectory) throws {
        try WholeFile.write(JSON.encode(self), to: directory.recordFile)
    }
}
