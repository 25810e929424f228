/// The job queue as rank 0 keeps it: who runs what, what is next, when all is over. A state machine
/// without MPI, clock or threads: a rank's message goes in, what is to be done comes out.
///
/// The job with the largest expected cost goes first (list scheduling in LPT order, Graham 1969,
/// doi:10.1137/0117039); jobs of equal cost go by name, so that the order can be repeated.
package struct Coordinator {
    /// What is to be done.
    package enum Action: Hashable, Sendable {
        case send(CoordinatorMessage, to: Int)
        case tell(QueueEvent)
    }

    private let hosts: [String]
    /// Jobs not handed out yet, the next one last.
    private var waiting: [QueueTask]
    private var running: [Int: String] = [:]
    private var idle: Set<Int> = []
    private var gone: Set<Int> = []
    private var summary = QueueSummary()
    /// Whether the ranks have been told that all is over.
    package private(set) var hasEnded = false

    /// Opens a queue.
    /// - Parameters:
    ///   - tasks: the jobs, in any order.
    ///   - hosts: the host of each rank.
    package init(tasks: [QueueTask], hosts: [String]) {
        self.hosts = hosts
        waiting = tasks.sorted { Self.goesFirst($1, before: $0) }
    }

    /// Whether every rank has said goodbye.
    package var isOver: Bool { gone.count == hosts.count }

    /// Whether a rank has said goodbye.
    package func hasLeft(_ rank: Int) -> Bool { gone.contains(rank) }

    /// The job a rank runs now.
    package func job(of rank: Int) -> String? { running[rank] }

    /// Takes in a rank's message and says what follows from it.
    package mutating func receive(_ message: WorkerMessage, from rank: Int) -> [Action] {
        switch message {
        case .ready:
            idle.insert(rank)
            return handOut()
        case .progress(let bytes):
            guard let key = running[rank] else { return [] }
            return [.tell(.progress(key: key, rank: rank, bytes: bytes))]
        case .finished, .failed, .interrupted:
            return close(message, rank)
        case .stopRequested:
            return stop()
        case .beat:
            return []
        case .goodbye:
            gone.insert(rank)
            return []
        }
    }

    private static func goesFirst(_ a: QueueTask, before b: QueueTask) -> Bool {
        let (costA, costB) = (orderable(a.cost), orderable(b.cost))
        return costA != costB ? costA > costB : a.key < b.key
    }

    /// NaN has no place in an order; a job of unknown cost goes first, lest it end last.
    private static func orderable(_ cost: Double) -> Double { cost.isNaN ? .infinity : cost }

    private mutating func close(_ message: WorkerMessage, _ rank: Int) -> [Action] {
        guard let key = running.removeValue(forKey: rank) else { return [] }
        switch message {
        case .failed(let reason):
            summary.failed += 1
            return [.tell(.failed(key: key, rank: rank, reason: reason))]
        case .interrupted:
            summary.unfinished += 1
            return [.tell(.interrupted(key: key, rank: rank))]
        default:
            summary.finished += 1
            return [.tell(.finished(key: key, rank: rank))]
        }
    }

    private mutating func stop() -> [Action] {
        guard !summary.wasStopped, !hasEnded else { return [] }
        summary.wasStopped = true
        summary.unfinished += waiting.count
        waiting = []
        return hosts.indices.map { .send(.stop, to: $0) } + endIfAllIsDone()
    }

    private mutating func handOut() -> [Action] {
        var actions: [Action] = []
        for rank in idle.sorted() {
            guard let task = waiting.popLast() else { break }
            idle.remove(rank)
            running[rank] = task.key
            actions.append(.tell(.started(key: task.key, rank: rank, host: hosts[rank])))
            actions.append(.send(.run(key: task.key), to: rank))
        }
        return actions + endIfAllIsDone()
    }

    private mutating func endIfAllIsDone() -> [Action] {
        guard !hasEnded, waiting.isEmpty, idle.count == hosts.count else { return [] }
        hasEnded = true
        return hosts.indices.map { .send(.end(summary), to: $0) }
    }
}
