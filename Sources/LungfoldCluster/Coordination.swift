import LungfoldStudy

/// Rank 0's side of a job queue: the coordinator, the watch over each rank, and the listener who is
/// told of every event.
final class Coordination {
    /// A message and the rank it is for.
    struct Letter {
        var message: CoordinatorMessage
        var rank: Int
    }

    private let hosts: [String]
    private let onEvent: @Sendable (QueueEvent) -> Void
    private var coordinator: Coordinator
    private var watches: [Watch]
    private var suspects: Set<Int> = []

    init(
        tasks: [QueueTask], hosts: [String], limits: QueueLimits,
        onEvent: @escaping @Sendable (QueueEvent) -> Void
    ) {
        self.hosts = hosts
        self.onEvent = onEvent
        coordinator = Coordinator(tasks: tasks, hosts: hosts)
        watches = hosts.map { _ in Watch(limits: limits, at: Clock.now) }
    }

    /// Whether every rank has left the queue.
    var isOver: Bool { coordinator.isOver }

    /// Takes in a rank's message; gives what is to be sent.
    func receive(_ message: WorkerMessage, from rank: Int, at time: Double) -> [Letter] {
        watches[rank].hear(at: time)
        // The last that is heard of it.
        if message == .goodbye, suspects.remove(rank) != nil { sayIsBack(rank) }
        if case .beat(let steps) = message { watches[rank].count(steps: steps, at: time) }
        let letters = coordinator.receive(message, from: rank).compactMap(perform)
        for rank in hosts.indices { watches[rank].work(on: coordinator.job(of: rank), at: time) }
        return letters
    }

    /// Signs of life for all ranks, until they have been told that all is over.
    func beats() -> [Letter] {
        coordinator.hasEnded ? [] : hosts.indices.map { Letter(message: .beat, rank: $0) }
    }

    /// Rank 0 was away for some seconds, which count for nobody.
    func forgive(_ seconds: Double) {
        for rank in watches.indices { watches[rank].forgive(seconds) }
    }

    /// Names ranks that are silent and jobs that do not move; throws when one has been for too long. A
    /// rank that was told that all is over gives signs of life until it says goodbye.
    func check(at time: Double) throws {
        for rank in hosts.indices where !coordinator.hasLeft(rank) {
            switch watches[rank].verdict(at: time) {
            case .well:
                if suspects.remove(rank) != nil { sayIsBack(rank) }
            case .suspect(let reason):
                if suspects.insert(rank).inserted {
                    Diagnostics.warn("\(name(rank)): \(reason); the run ends if this goes on")
                }
            case .lost(let reason):
                throw LungfoldError(
                    .internal, name(rank), reason,
                    remedy: "Ending the run; the same command continues it")
            }
        }
    }

    private func perform(_ action: Coordinator.Action) -> Letter? {
        switch action {
        case .send(let message, let rank): return Letter(message: message, rank: rank)
        case .tell(let event):
            onEvent(event)
            return nil
        }
    }

    private func sayIsBack(_ rank: Int) { Diagnostics.warn("\(name(rank)): is back") }

    private func name(_ rank: Int) -> String {
        let job = coordinator.job(of: rank).map { ", job \($0)" } ?? ""
        return "rank \(rank) on \(hosts[rank])\(job)"
    }
}
