import Foundation
import LungfoldCluster
import LungfoldStudy
import Synchronization

/// What is told of a job that is trained alone: the same as of a study's, without ranks and folder.
final class SingleProgress: Sendable {
    private let key: String
    private let announcer: Announcer
    private let state: Mutex<RunState>

    init(_ job: Job, _ announcer: Announcer) {
        key = job.key
        self.announcer = announcer
        var run = RunState(hosts: [Self.host], generation: nil, at: Self.now)
        run.begin([QueueTask(key: job.key, cost: 1)], finishedBefore: 0, at: Self.now)
        state = Mutex(run)
        announcer.open(nil, generation: nil) { [self] in
            state.withLock { $0.view(at: Self.now, isStopping: StopSignals.hasArrived) }
        }
    }

    /// Takes in a report of the job.
    func take(_ bytes: [UInt8]) { handle(.progress(key: key, rank: 0, bytes: bytes)) }

    /// Trains the job, and tells of its beginning and its end.
    func frame(_ body: () throws -> Void) throws {
        handle(.started(key: key, rank: 0, host: Self.host))
        do {
            try body()
            state.withLock { $0.outcome = RunRecord.State.finished.text }
            handle(.finished(key: key, rank: 0))
        } catch {
            let isStop = (error as? LungfoldError)?.kind == .interrupted
            state.withLock { run in
                run.outcome = (isStop ? RunRecord.State.interrupted : .failed).text
            }
            handle(
                isStop
                    ? .interrupted(key: key, rank: 0)
                    : .failed(key: key, rank: 0, reason: "\(error)"))
            throw error
        }
    }

    private func handle(_ event: QueueEvent) {
        let told = state.withLock { $0.take(event, at: Self.now) }
        if let told { announcer.tell(told) }
    }

    private static var now: Double { ProcessInfo.processInfo.systemUptime }

    private static let host = ProcessStatus.host
}
