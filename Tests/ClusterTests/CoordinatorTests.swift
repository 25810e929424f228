import LungfoldCluster
import LungfoldStudy
import Testing

/// Ranks without MPI or threads: each is a list of messages on their way to the coordinator, and a
/// random rank's next message arrives next.
private struct SimulatedRanks {
    var coordinator: Coordinator
    var outboxes: [[WorkerMessage]]
    var random: CounterRandom
    /// The outcome of a job on a rank; finished unless told otherwise.
    var outcome: (String) -> WorkerMessage = { _ in .finished }
    var events: [QueueEvent] = []
    var ends: [QueueSummary] = []

    init(tasks: [QueueTask], ranks: Int, seed: UInt64) {
        coordinator = Coordinator(tasks: tasks, hosts: (0..<ranks).map { "host\($0)" })
        outboxes = Array(repeating: [.ready], count: ranks)
        random = CounterRandom(seed: seed, stream: "order of messages")
    }

    /// Delivers a message; false when there is none.
    mutating func deliverOne() -> Bool {
        guard
            let rank = outboxes.indices.filter({ !outboxes[$0].isEmpty }).randomElement(
                using: &random)
        else { return false }
        perform(coordinator.receive(outboxes[rank].removeFirst(), from: rank))
        return true
    }

    mutating func perform(_ actions: [Coordinator.Action]) {
        for action in actions {
            switch action {
            case .tell(let event): events.append(event)
            case .send(.run(let key), let rank):
                outboxes[rank] += [.beat(steps: 1), .progress([1]), outcome(key), .ready]
            case .send(.end(let summary), let rank):
                ends.append(summary)
                outboxes[rank].append(.goodbye)
            case .send: break
            }
        }
    }

    var started: [String] {
        events.compactMap { if case .started(let key, _, _) = $0 { key } else { nil } }
    }
}

private func someTasks(_ count: Int, seed: UInt64) -> [QueueTask] {
    var random = CounterRandom(seed: seed, stream: "costs")
    return (0..<count).map {
        QueueTask(key: "job\($0)", cost: Double(UInt8.random(in: 0..<9, using: &random)))
    }
}

struct CoordinatorTests {
    @Test(arguments: [0, 1, 2, 7, 45, 360], [1, 2, 3, 7, 45, 46])
    func everyJobIsDoneOnceLongestFirst(jobs: Int, ranks: Int) {
        for seed in UInt64(0)..<5 {
            let tasks = someTasks(jobs, seed: seed)
            var world = SimulatedRanks(tasks: tasks, ranks: ranks, seed: seed)
            while world.deliverOne() {}

            #expect(world.coordinator.isOver)
            #expect(world.ends == Array(repeating: QueueSummary(finished: jobs), count: ranks))
            let order = tasks.sorted { ($1.cost, $0.key) < ($0.cost, $1.key) }.map(\.key)
            #expect(world.started == order)
            let finished = world.events.compactMap {
                if case .finished(let key, _) = $0 { key } else { nil }
            }
            #expect(finished.sorted() == order.sorted())
            let progress = world.events.filter { if case .progress = $0 { true } else { false } }
            #expect(progress.count == jobs)
        }
    }

    @Test func aFailedJobLeavesTheOthersAlone() {
        var world = SimulatedRanks(tasks: someTasks(20, seed: 1), ranks: 3, seed: 2)
        world.outcome = { $0 == "job7" ? .failed(reason: "loss is NaN") : .finished }
        while world.deliverOne() {}
        #expect(world.ends.first == QueueSummary(finished: 19, failed: 1))
        let reasons = world.events.compactMap {
            if case .failed(let key, _, let reason) = $0 { "\(key) \(reason)" } else { nil }
        }
        #expect(reasons == ["job7 loss is NaN"])
    }

    @Test(arguments: 0..<30)
    func stoppingLeavesEveryJobDoneOrUnfinished(messagesBefore: Int) {
        var world = SimulatedRanks(tasks: someTasks(20, seed: 1), ranks: 4, seed: 3)
        for _ in 0..<messagesBefore { _ = world.deliverOne() }
        world.outboxes[2].insert(.stopRequested, at: 0)
        while world.deliverOne() {}
        #expect(world.coordinator.isOver)
        #expect(world.ends.count == 4)
        let summary = world.ends[0]
        #expect(summary.wasStopped)
        #expect(summary.finished + summary.unfinished == 20)
    }

    @Test func aStopBeforeAnyJobEndsTheQueue() {
        var coordinator = Coordinator(tasks: someTasks(3, seed: 0), hosts: ["a"])
        #expect(coordinator.receive(.stopRequested, from: 0) == [.send(.stop, to: 0)])
        let end = QueueSummary(unfinished: 3, wasStopped: true)
        #expect(coordinator.receive(.ready, from: 0) == [.send(.end(end), to: 0)])
        #expect(coordinator.receive(.stopRequested, from: 0).isEmpty)
        #expect(!coordinator.isOver)
        #expect(coordinator.receive(.goodbye, from: 0).isEmpty)
        #expect(coordinator.isOver)
    }

    @Test func aStopAfterTheEndIsNone() {
        var world = SimulatedRanks(tasks: someTasks(2, seed: 0), ranks: 1, seed: 0)
        while world.ends.isEmpty { _ = world.deliverOne() }
        #expect(world.coordinator.receive(.stopRequested, from: 0).isEmpty)
        #expect(world.ends == [QueueSummary(finished: 2)])
    }

    @Test func anUnknownCostGoesFirst() {
        let tasks = [("a", 1.0), ("b", .nan), ("c", 5)].map { QueueTask(key: $0.0, cost: $0.1) }
        var world = SimulatedRanks(tasks: tasks, ranks: 1, seed: 0)
        while world.deliverOne() {}
        #expect(world.started == ["b", "c", "a"])
    }

    @Test func interruptedJobsCountAsUnfinished() {
        var world = SimulatedRanks(tasks: someTasks(2, seed: 0), ranks: 1, seed: 0)
        world.outcome = { $0 == "job0" ? .interrupted : .finished }
        while world.deliverOne() {}
        #expect(world.ends == [QueueSummary(finished: 1, unfinished: 1)])
    }
}
