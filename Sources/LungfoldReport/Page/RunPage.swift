import Foundation
import LungfoldStudy

/// Where and when a study was trained: all that the report leaves out, so that the same results give the
/// same report.
public struct RunAccount: Sendable {
    /// A process of the latest run.
    public struct Rank: Hashable, Sendable {
        /// Its machine.
        public var host: String
        /// The threads it computed with.
        public var threads: Int

        /// Describes a process.
        public init(host: String, threads: Int) {
            self.host = host
            self.threads = threads
        }
    }

    /// The training of a job.
    public struct Training: Hashable, Sendable {
        /// The job's key.
        public var key: String
        /// The rank that trained it, in its run.
        public var rank: Int
        /// That rank's machine.
        public var host: String
        /// When it ended.
        public var ended: Date
        /// How long it took since that run took it up.
        public var seconds: Double

        /// Describes a training.
        public init(key: String, rank: Int, host: String, ended: Date, seconds: Double) {
            self.key = key
            self.rank = rank
            self.host = host
            self.ended = ended
            self.seconds = seconds
        }
    }

    /// How far the study is.
    public var state: String
    /// The starts of the study so far.
    public var generation: Int
    /// The latest run's command line.
    public var command: [String]
    /// When the latest run began.
    public var started: Date
    /// When it ended; nil while it runs, and where it was killed.
    public var ended: Date?
    /// The latest run's processes, by rank.
    public var ranks: [Rank]
    /// Versions by name.
    public var versions: [String: String]
    /// The trainings of all runs.
    public var trainings: [Training]

    /// Gathers an account.
    public init(
        state: String, generation: Int, command: [String], started: Date, ended: Date?,
        ranks: [Rank], versions: [String: String], trainings: [Training]
    ) {
        self.state = state
        self.generation = generation
        self.command = command
        self.started = started
        self.ended = ended
        self.ranks = ranks
        self.versions = versions
        self.trainings = trainings.sorted { $0.key < $1.key }
    }

    /// The account as a page of its own, `report/run.html`.
    public func page() throws -> String {
        try Self.page(
            PageView.Section(
                id: "run", title: "The latest run",
                paragraphs: ["Versions and instruction set are those on the host of rank 0."],
                facts: facts, listTitle: "Its processes", list: processes,
                blocks: [.init(entry: .init(id: jobs.name, title: jobs.title), html: tableBlock)]))
    }

    /// The page where there is no account, so that no link leads nowhere, or to an older one.
    /// - Parameter reason: why there is none, in sentences.
    public static func pageWithout(because reason: String) throws -> String {
        try page(
            PageView.Section(
                id: "run", title: "The latest run",
                paragraphs: ["Hosts, threads, versions and times are not known: \(reason)"]))
    }

    private static func page(_ section: PageView.Section) throws -> String {
        try PageTemplate.render(
            PageView(
                title: "Lungfold: hosts, threads, versions and times", style: PageStyle.sheet,
                script: PageStyle.script, state: "What may differ between two runs of one study.",
                failures: [], hasFailures: false, sections: [section],
                footer: "Also in run.json, for programs. The report itself is index.html."))
    }

    private var facts: [PageView.Fact] {
        let sum = trainings.reduce(0) { $0 + $1.seconds }
        let list: [(String, String)] = [
            ("State", state), ("Starts so far", "\(generation)"),
            ("Began", Self.text(started)), ("Ended", ended.map(Self.text) ?? "not noted"),
            ("Command", command.joined(separator: " ")),
        ]
        let rest =
            versions.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
            + [("Training, all jobs together", Self.text(seconds: sum))]
        return (list + rest).map { PageView.Fact(name: $0, value: $1) }
    }

    private var processes: [String] {
        ranks.enumerated().map { "rank \($0) on \($1.host), \($1.threads) thread(s)" }
    }

    private var tableBlock: String {
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"\(jobs.title)\">\n"
            + HTMLTableRenderer.render(jobs) + "</div>\n"
    }

    private var jobs: Table {
        Table(
            name: "trainings", title: "Trainings",
            columns: ["Job", "Host", "Rank", "Ended", "Minutes"].map { Table.Column($0) },
            rows: trainings.map {
                [
                    .text($0.key), .text($0.host), .integer($0.rank), .text(Self.text($0.ended)),
                    .real($0.seconds / 60, decimals: 1),
                ]
            },
            notes: [
                "Minutes since the run that ended the job took it up; earlier runs' share is not"
                    + " in them."
            ])
    }

    /// `2026-11-24 02:44 UTC`
    private static func text(_ date: Date) -> String {
        let text = date.formatted(.iso8601).prefix(16)
        return text.replacingOccurrences(of: "T", with: " ") + " UTC"
    }

    /// `3 h 05 min`
    private static func text(seconds: Double) -> String {
        let minutes = Int(min(seconds, 1e9) / 60)
        return String(format: "%d h %02d min", minutes / 60, minutes % 60)
    }
}
