import Synchronization

/// Where a rank's trainer thread and its comm thread meet: orders one way, messages the other.
final class Handover: Sendable {
    /// What the trainer is to do next.
    enum Order: Sendable {
        case run(key: String)
        case leave
    }

    let stopFlag: StopFlag
    private let stall: Double
    private let orders = Monitor<[Order]>([])
    private let outbox = Monitor<[WorkerMessage]>([])
    private let stepCount = Atomic<UInt64>(0)
    private let trainerIsBusy = Atomic<Bool>(false)

    /// - Parameter stall: the seconds after which a job without a step stands still.
    init(stopFlag: StopFlag, stall: Double) {
        self.stopFlag = stopFlag
        self.stall = stall
    }

    // MARK: The trainer's side

    func countStep() {
        stepCount.wrappingAdd(1, ordering: .relaxed)
        JobMark.jobMoves(for: stall)
    }

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
        if case .run = order {
            trainerIsBusy.store(true, ordering: .releasing)
            JobMark.jobMoves(for: stall)
        }
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
