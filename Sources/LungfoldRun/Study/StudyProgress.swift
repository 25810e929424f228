import Foundation
import LungfoldCluster
import LungfoldStudy
import Synchronization

/// What rank 0 does with what it hears of the jobs: it keeps how the run stands, has it told, and notes
/// it in run.json.
///
/// Events arrive on the comm thread, everything else on the main thread; the state is behind a lock.
final class StudyProgress: Sendable {
    private struct State {
        var record: RunRecord
        var run: RunState
    }

    private let directory: RunDirectory
    private let announcer: Announcer
    private let state: Mutex<State>
    private let begin = now

    init(record: RunRecord, directory: RunDirectory, announcer: Announcer) {
        self.directory = directory
        self.announcer = announcer
        let run = RunState(
            hosts: record.ranks.map(\.host), generation: record.generation, at: Self.now)
        state = Mutex(State(record: record, run: run))
        announcer.open(directory, generation: record.generation) { [self] in view }
        var event = StudyEvent(.runStarted)
        event.generation = record.generation
        event.ranks = record.ranks.count
        event.host = record.ranks.first?.host
        event.version = record.versions["lungfold"]
        announcer.tell(event)
    }

    /// Begins a queue.
    /// - Parameter before: jobs that are finished already.
    func begin(_ work: [RemainingWork], finishedBefore before: Int) {
        let shares = Dictionary(uniqueKeysWithValues: work.map { ($0.key, $0.share) })
        state.withLock {
            $0.run.begin(
                work.map(\.task), shares: shares, finishedBefore: before, at: Self.now)
        }
    }

    /// The jobs of this queue that are done, in the order in which they ended.
    var finished: [String] { state.withLock { $0.run.finished } }

    /// The jobs that failed, in all queues of this run.
    var failures: [JobFailure] { state.withLock { $0.run.failures } }

    /// The jobs that run now, and how long all of them take.
    var runningJobs: RunningJobs { state.withLock { $0.run.runningJobs(at: Self.now) } }

    private var view: StudyView {
        state.withLock { $0.run.view(at: Self.now, isStopping: StopSignals.hasArrived) }
    }

    /// Takes in what happened to a job.
    func handle(_ event: QueueEvent) {
        let told = state.withLock { state in
            let told = state.run.take(event, at: Self.now)
            if let told, told.event == .jobFinished, let key = told.job {
                state.record.jobs[key] = RunRecord.JobTime(
                    rank: told.rank ?? 0, host: told.host ?? "", ended: Date(),
                    seconds: told.seconds ?? 0)
                // A disk that is full shows in the job's own files, which end the run with a reason.
                try? save(state.record)
            }
            return told
        }
        if let told { announcer.tell(told) }
    }

    // MARK: The end

    /// All is trained; the report comes next.
    func beginReport() { state.withLock { $0.run.isWritingReport = true } }

    /// Ends run.json, and tells of it.
    func end(_ outcome: RunRecord.State) throws {
        try note(outcome)
        tellEnd(outcome)
    }

    /// Ends run.json as an error has it, and tells of it, unless the end is told already.
    func fail(_ error: any Error) {
        guard state.withLock({ $0.run.outcome == nil }) else { return }
        // The error that led here is the one to show.
        try? note(.failed)
        tellEnd(.failed, "\(error)")
    }

    /// Ends run.json.
    func note(_ outcome: RunRecord.State) throws {
        try state.withLock { state in
            state.record.state = outcome
            state.record.ended = Date()
            try save(state.record)
        }
    }

    /// Writes run.json, unless another run has it by now.
    private func save(_ record: RunRecord) throws {
        try WritePermission(directory: directory, generation: record.generation).check()
        try record.save(in: directory)
    }

    /// Tells of the end, unless it is told already.
    func tellEnd(_ outcome: RunRecord.State, _ reason: String? = nil) {
        let event: StudyEvent? = state.withLock { state in
            guard state.run.outcome == nil else { return nil }
            state.run.outcome = outcome.text
            let view = state.run.view(at: Self.now, isStopping: false)
            var event = StudyEvent(.runEnded, text: reason)
            event.generation = state.record.generation
            event.state = outcome.rawValue
            event.jobs = view.jobs
            event.jobsEnded = view.finished + view.failed
            event.jobsFailed = view.failed
            event.seconds = Self.now - begin
            if [.finished, .jobsFailed].contains(outcome) { event.report = directory.reportPage }
            return event
        }
        if let event { announcer.tell(event) }
    }

    private static var now: Double { ProcessInfo.processInfo.systemUptime }
}

extension RunRecord.State {
    /// For people.
    var text: String { self == .jobsFailed ? "finished, some jobs failed" : rawValue }
}
