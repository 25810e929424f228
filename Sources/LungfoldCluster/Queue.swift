/// A job as the queue sees it.
public struct QueueTask: Hashable, Sendable {
    /// The job's name.
    public var key: String
    /// What it is expected to cost, in any unit; jobs that cost more are handed out earlier.
    public var cost: Double

    /// Makes a task from a job's name and expected cost.
    public init(key: String, cost: Double) {
        self.key = key
        self.cost = cost
    }
}

/// What rank 0 hears about the jobs of all ranks, in the order in which it happens on each.
public enum QueueEvent: Hashable, Sendable {
    /// The job was handed to a rank.
    case started(key: String, rank: Int, host: String)
    /// The job said how far it is.
    case progress(key: String, rank: Int, bytes: [UInt8])
    /// The job is done.
    case finished(key: String, rank: Int)
    /// The job threw an error and has no result; the others go on.
    case failed(key: String, rank: Int, reason: String)
    /// The job returned early because the study is to stop.
    case interrupted(key: String, rank: Int)
}

/// How a queue ended; the same on every rank.
public struct QueueSummary: Hashable, Sendable {
    /// Jobs that are done.
    public var finished: Int
    /// Jobs that threw an error.
    public var failed: Int
    /// Jobs that were interrupted or never handed out.
    public var unfinished: Int
    /// Whether the study was asked to stop.
    public var wasStopped: Bool

    /// Makes a summary.
    public init(
        finished: Int = 0, failed: Int = 0, unfinished: Int = 0, wasStopped: Bool = false
    ) {
        self.finished = finished
        self.failed = failed
        self.unfinished = unfinished
        self.wasStopped = wasStopped
    }
}

/// How long the queue waits for what; all in seconds.
public struct QueueLimits: Hashable, Sendable {
    /// Between two looks for messages.
    public var poll = 0.01
    /// Between two signs of life of a rank.
    public var beat = 5.0
    /// A rank that is silent for longer is named.
    public var silence = 60.0
    /// A job that makes no step for longer, and for longer than `stallFactor` median steps, is named.
    public var stall = 15 * 60.0
    /// How many median steps a job may rest.
    public var stallFactor = 10.0
    /// From naming a rank or job to ending the run, unless it moves again.
    public var grace = 60.0
    /// A rank that hears nothing from rank 0, or rank 0 from a rank that never came, gives up.
    public var lostContact = 5 * 60.0
    /// A rank that has lost rank 0 gives its job this long to save and return.
    public var save = 30.0

    /// The limits for real studies.
    public init() {}

    /// The same limits, all but `poll` shorter by a factor: for tests of what they bring about.
    public func scaled(by factor: Double) -> QueueLimits {
        var limits = self
        limits.beat *= factor
        limits.silence *= factor
        limits.stall *= factor
        limits.grace *= factor
        limits.lostContact *= factor
        limits.save *= factor
        return limits
    }
}

/// What a running job sees of the queue. May be used by any thread.
public struct JobContext: Sendable {
    let handover: Handover

    /// Tells rank 0 how far the job is, in at most about 4 KiB.
    public func report(_ bytes: [UInt8]) { handover.post(.progress(bytes)) }

    /// Counts a training step: the sign that the job is alive.
    public func countStep() { handover.countStep() }

    /// Whether the job should save and throw an error of kind `interrupted`.
    public var shouldStop: Bool { handover.stopFlag.isSet }
}
