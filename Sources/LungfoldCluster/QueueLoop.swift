import LungfoldStudy

/// The comm thread's part of a job queue: carries messages between this rank's trainer and the
/// coordinator, and on rank 0 is the coordinator's voice too.
final class QueueLoop {
    private let mpi: MPI
    private let handover: Handover
    private let limits: QueueLimits
    private let tags: (toCoordinator: Int32, toWorker: Int32)
    private let coordination: Coordination?
    private var summary: QueueSummary?
    private var stopWasAnnounced = false
    private var lastTurn = Clock.now
    private var lastBeat = -Double.infinity
    private var heardFromCoordinator = Clock.now

    /// - Parameter coordination: on rank 0 the coordinator, nil elsewhere.
    init(mpi: MPI, handover: Handover, limits: QueueLimits, coordination: Coordination?) {
        self.mpi = mpi
        self.handover = handover
        self.limits = limits
        self.coordination = coordination
        tags = mpi.nextQueueTags()
    }

    /// Runs until all ranks have left the queue.
    func run() throws -> QueueSummary {
        while true {
            let messages = handover.takeMessages(atMost: limits.poll)
            // First: that a job was interrupted may be due to it.
            try announceStop()
            for message in messages { try tell(message) }
            try receive()
            try keepInTouch()
            let allHasLeft = try mpi.sendsAreDone()
            if let summary, allHasLeft, coordination?.isOver ?? true { return summary }
        }
    }

    private func tell(_ message: WorkerMessage) throws {
        try mpi.send(message.encoded(), to: 0, tag: tags.toCoordinator)
    }

    private func receive() throws {
        while let (_, bytes) = try mpi.receive(tag: tags.toWorker) {
            heardFromCoordinator = Clock.now
            try obey(CoordinatorMessage(encoded: bytes))
        }
        guard let coordination else { return }
        while let (source, bytes) = try mpi.receive(tag: tags.toCoordinator) {
            let message = try WorkerMessage(encoded: bytes)
            try send(coordination.receive(message, from: source, at: Clock.now))
        }
    }

    private func send(_ letters: [Coordination.Letter]) throws {
        for letter in letters {
            try mpi.send(letter.message.encoded(), to: letter.rank, tag: tags.toWorker)
        }
    }

    private func obey(_ message: CoordinatorMessage) throws {
        switch message {
        case .run(let key): handover.give(.run(key: key))
        case .stop: handover.stopFlag.set()
        case .beat: break
        case .end(let summary):
            self.summary = summary
            handover.give(.leave)
            try tell(.goodbye)
        }
    }

    /// Signs of life, and limits.
    private func keepInTouch() throws {
        let now = Clock.now
        let away = now - lastTurn
        lastTurn = now
        if away > limits.beat {  // stopped by SIGSTOP, or busy: what came in meanwhile is not late
            heardFromCoordinator += away
            coordination?.forgive(away)
        }
        try giveSigns(at: now)
        if let coordination {
            try coordination.check(at: now)
        } else if summary == nil, now - heardFromCoordinator > limits.lostContact {
            leaveLostRun(after: now - heardFromCoordinator)
        }
    }

    /// Says that this rank was asked to stop.
    private func announceStop() throws {
        guard summary == nil, handover.stopFlag.isSet, !stopWasAnnounced else { return }
        stopWasAnnounced = true
        try tell(.stopRequested)
    }

    /// Says that this rank lives. Not after its goodbye, from which on nobody hears it.
    private func giveSigns(at now: Double) throws {
        guard summary == nil, now - lastBeat >= limits.beat else { return }
        lastBeat = now
        try tell(.beat(steps: handover.steps))
        try send(coordination?.beats() ?? [])
    }

    /// Rank 0 is out of reach: whoever can reach it has started anew by now or will, so this rank
    /// saves and leaves, lest two of them write the same files. MPI_Abort needs a network; _exit does
    /// not.
    private func leaveLostRun(after seconds: Double) -> Never {
        handover.stopFlag.set()
        Diagnostics.say(
            "rank \(mpi.rank) on \(mpi.processorName()): nothing heard from rank 0 for "
                + "\(Int(seconds)) s; saving and leaving. The same command continues the study.")
        let begin = Clock.now
        while handover.isBusy, Clock.now - begin < limits.save { Clock.sleep(seconds: 0.05) }
        JobMark.noteRequest()
        Diagnostics.exitNow(LungfoldError.Kind.interrupted.rawValue)
    }
}
