import Foundation
import LungfoldCluster
import LungfoldStudy

extension Scenario {
    /// Jobs, milliseconds each; those whose names end in 0 throw if the third number is 1. With a
    /// fourth number of 1, each rank's first job waits until all ranks have one.
    static func queue(_ world: World, _ numbers: [Int]) throws -> Int32 {
        var mine: Set<String> = []
        let ranksMeet = numbers.dropFirst(3).first == 1
        let tasks = makeTasks(numbers[0])
        let summary = try world.runQueue(tasks, onEvent: printEvent) { key, context in
            context.countStep()
            context.report(Array("half of \(key)".utf8))
            if ranksMeet, mine.isEmpty { try meet(world) }
            Thread.sleep(forTimeInterval: Double(numbers[1]) / 1000)
            if numbers[2] == 1, key.hasSuffix("0") { throw LungfoldError(.io, key, "it is broken") }
            mine.insert(key)
        }
        let counts = try world.sum(tasks.map { mine.contains($0.key) ? 1 : 0 })
        let done = tasks.filter { numbers[2] == 0 || !$0.key.hasSuffix("0") }.map(\.key)
        try world.checkOwners(of: done, owned: mine)
        if let counts {
            ClusterProbe.say(
                "summary \(summary.finished) \(summary.failed) \(summary.unfinished) "
                    + "\(summary.wasStopped) counts \(counts.reduce(0, +)) most \(counts.max() ?? 0)"
            )
        }
        return summary.failed > 0 ? 3 : 0
    }

    /// Waits until every rank is here.
    private static func meet(_ world: World) throws {
        try ClusterProbe.mark("rank-\(world.rank)-here")
        let begin = Date()
        while !(0..<world.size).allSatisfy({ ClusterProbe.isMarked("rank-\($0)-here") }) {
            guard -begin.timeIntervalSinceNow < 20 else {
                throw LungfoldError(.internal, "rank \(world.rank)", "other ranks have no job")
            }
            Thread.sleep(forTimeInterval: 0.01)
        }
    }

    /// Two queues in a row: ranks that leave the first early must not disturb it.
    static func twoQueues(_ world: World, _ numbers: [Int]) throws -> Int32 {
        for _ in 0..<numbers[0] {
            let summary = try world.runQueue(makeTasks(3), onEvent: { _ in }) { _, _ in }
            guard summary.finished == 3 else { return 1 }
        }
        return 0
    }

    /// One job on some rank, the others wait: they print the share of the time in which waiting took
    /// the processor, in thousandths.
    static func idle(_ world: World, _ numbers: [Int]) throws -> Int32 {
        let seconds = Double(numbers[0]) / 1000
        let inQueue = try processorShare(ofAtLeast: seconds) {
            _ = try world.runQueue(makeTasks(1), onEvent: { _ in }) { _, _ in
                Thread.sleep(forTimeInterval: seconds)
            }
        }
        if world.rank == 0 { Thread.sleep(forTimeInterval: seconds) }
        let inCollective = try processorShare(ofAtLeast: seconds) {
            _ = try world.broadcast { [] }
        }
        var slots = [UInt64](repeating: 0, count: world.size)
        slots[world.rank] = UInt64(max(inQueue, inCollective) * 1000)
        if let all = try world.gatherBits(slots) {
            ClusterProbe.say("thousandths \(all.map(String.init).joined(separator: " "))")
        }
        return 0
    }

    /// The processor time that `body` takes, divided by the time that passes, or by `seconds` where
    /// that is more: a rank that comes late waits for a moment only.
    private static func processorShare(
        ofAtLeast seconds: Double, _ body: () throws -> Void
    ) rethrows -> Double {
        let (begin, used) = (Date(), ClusterProbe.processorTime)
        try body()
        return (ClusterProbe.processorTime - used) / max(seconds, -begin.timeIntervalSinceNow)
    }

    /// So many jobs that run until they are asked to stop, which a rank asks for after a while.
    static func stop(_ world: World, _ numbers: [Int]) throws -> Int32 {
        let summary = try world.runQueue(makeTasks(numbers[1]), onEvent: printEvent) {
            key, context in
            if world.rank == numbers[0] {
                Thread.sleep(forTimeInterval: 0.3)
                world.requestStop()
            }
            while !context.shouldStop { Thread.sleep(forTimeInterval: 0.01) }
            throw LungfoldError(.interrupted, key, "it was stopped")
        }
        if world.rank == 0 {
            ClusterProbe.say(
                "summary \(summary.finished) \(summary.failed) \(summary.unfinished) "
                    + "\(summary.wasStopped)")
        }
        return 75
    }

    // MARK: Faults, with limits a fraction of the real ones

    /// Every rank prints its process id and works for a minute; the test kills one.
    static func sleep(_ world: World, _: [Int]) throws -> Int32 {
        try work(world, limits: QueueLimits()) { _ in Thread.sleep(forTimeInterval: 60) }
    }

    /// As `sleep`, with the seconds of silence and of grace; the test stops one with SIGSTOP.
    static func silent(_ world: World, _ numbers: [Int]) throws -> Int32 {
        let limits = shortLimits(silence: Double(numbers[0]), grace: Double(numbers[1]))
        return try work(world, limits: limits) { _ in Thread.sleep(forTimeInterval: 60) }
    }

    /// Rank 1 is stopped when its job is done, before rank 0's is and the queue ends.
    static func leaving(_ world: World, _: [Int]) throws -> Int32 {
        try work(world, limits: shortLimits(silence: 5)) { _ in
            guard world.rank == 1 else {
                try ClusterProbe.mark("rank-0-works")
                return Thread.sleep(forTimeInterval: 3)
            }
            while !ClusterProbe.isMarked("rank-0-works") { Thread.sleep(forTimeInterval: 0.01) }
            Thread.detachNewThread {
                Thread.sleep(forTimeInterval: 1)
                kill(getpid(), SIGSTOP)
            }
        }
    }

    /// The last rank's job stops making steps.
    static func stalled(_ world: World, _: [Int]) throws -> Int32 {
        try work(world, limits: shortLimits(stall: 5)) { context in
            for step in 0..<600 {
                Thread.sleep(forTimeInterval: 0.1)
                if world.rank < world.size - 1 || step < 3 { context.countStep() }
            }
        }
    }

    /// The test stops rank 0, and the others have to leave by themselves, but not before their jobs
    /// have saved, which takes a while.
    static func lost(_ world: World, _: [Int]) throws -> Int32 {
        try work(world, limits: shortLimits(lostContact: 5)) { context in
            while !context.shouldStop { Thread.sleep(forTimeInterval: 0.01) }
            Thread.sleep(forTimeInterval: 0.5)
            try ClusterProbe.mark("rank-\(world.rank)-saved")
            throw LungfoldError(.interrupted, "the job", "it was stopped")
        }
    }

    private static func work(
        _ world: World, limits: QueueLimits, _ job: (JobContext) throws -> Void
    ) throws -> Int32 {
        _ = try world.runQueue(makeTasks(world.size), limits: limits, onEvent: printEvent) {
            _, context in
            ClusterProbe.say("rank \(world.rank) process \(getpid())")
            try job(context)
        }
        return 0
    }

    /// What a scenario is about takes seconds; all else takes so long that a healthy rank on a busy
    /// machine is not suspected.
    private static func shortLimits(
        silence: Double = 60, stall: Double = 60, grace: Double = 2, lostContact: Double = 60
    ) -> QueueLimits {
        var limits = QueueLimits()
        limits.beat = 0.1
        limits.silence = silence
        limits.stall = stall
        limits.grace = grace
        limits.lostContact = lostContact
        limits.save = 20
        return limits
    }

    private static func makeTasks(_ count: Int) -> [QueueTask] {
        (0..<count).map { QueueTask(key: "job\($0)", cost: Double(($0 * 37) % 11)) }
    }

    private static let printEvent: @Sendable (QueueEvent) -> Void = { event in
        switch event {
        case .started(let key, let rank, _): ClusterProbe.say("started \(key) \(rank)")
        case .progress(let key, _, let bytes):
            ClusterProbe.say("progress \(key) \(String(decoding: bytes, as: UTF8.self))")
        case .finished(let key, let rank): ClusterProbe.say("finished \(key) \(rank)")
        case .failed(let key, _, let reason): ClusterProbe.say("failed \(key) \(reason)")
        case .interrupted(let key, let rank): ClusterProbe.say("interrupted \(key) \(rank)")
        }
    }
}
