import Synchronization

/// Where a rank's trainer thread and its comm thread meet: orders one way, messages the other.
final class Handover: Sendable {
    /// What the trainer is to do next.
    enum Order: Sendable {
        case run(key: String)
        case leave
    }

    let stopFlag: StopFlag
    private let orders = Monitor<[Order]>([])
    private let outbox = Monitor<[WorkerMessage]>([])
    private let stepCount = Atomic<UInt64>(0)
    private let trainerIsBusy = Atomic<Bool>(false)

    init(stopFlag: StopFlag) { self.stopFlag = stopFlag }

    // MARK: The trainer's side

    func countStep() { stepCount.wrappingAdd(1, ordering: .relaxed) }

    func post(_ message: WorkerMessage) { outbox.withLock { $0.append(message) } }

    /// Asks for the next order and waits for it.
    func nextOrder() -> Order {
        trainerIsBusy.store(false, ordering: .releasing)
        post(.ready)
        let order = orders.wait { $0.isEmpty ? nil : $0.removeFirst() }
        return order
    }

    // MARK: The comm thread's side

    var steps: UInt64 { stepCount.load(ordering: .relaxed) }

    /// Whether a job is running.
    var isBusy: Bool { trainerIsBusy.load(ordering: .acquiring) }

    func give(_ order: Order) {
        if case .run = order { trainerIsBusy.store(true, ordering: .releasing) }
        orders.withLock { $0.append(order) }
    }

    /// The trainer's messages; waits a little for one.
    func takeMessages(atMost seconds: Double) -> [WorkerMessage] {
        outbox.wait(atMost: seconds) { messages in
            guard !messages.isEmpty else { return nil }
            defer { messages = [] }
            return messages
        } ?? []
    }
}
