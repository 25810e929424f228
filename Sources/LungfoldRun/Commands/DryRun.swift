import LungfoldCluster
import LungfoldEngine
import LungfoldStudy

/// `lungfold study --dry-run`: what the study would be, without training or writing anything.
public struct DryRun: Sendable {
    private let request: StudyRequest

    /// Describes a study.
    public init(_ request: StudyRequest) { self.request = request }

    /// Prints jobs, parameters, operations, memory and estimated time for the ranks at hand.
    /// - Returns: the exit code.
    public func run() -> Int32 {
        World.run { world in
            _ = try world.broadcast {
                let threads = ThreadChoice(option: request.threads, cores: .init(world.placement))
                for note in threads.notes { Console.note(note) }
                let shared = try request.resolve(notice: Console.say)
                try show(shared.study, ranks: world.size, threads: threads.threads)
                return []
            }
            return 0
        }
    }

    private func show(_ study: Study, ranks: Int, threads: Int) throws {
        let jobs = study.jobs()
        for job in jobs { Console.say(Self.line(job)) }
        var rows = [
            ["network, task", "jobs", "parameters", "FLOPs a job", "memory a rank", "time a job"]
        ]
        var seconds: [Double] = []
        for network in study.networks {
            // Tasks differ in the last layer alone, so one measurement serves both.
            let pace = try self.pace(of: network, study, threads: threads)
            for task in study.tasks {
                let group = jobs.filter { $0.network == network && $0.task == task }
                let (row, times) = try summary(group, network, task, pace)
                rows.append(row)
                seconds += times
            }
        }
        Console.say(Text.table(rows))
        let total = Self.makespan(seconds, ranks: ranks)
        let more = study.protocol == .paper ? ", and then the folds of the best experiments" : ""
        Console.say(
            "\(jobs.count) jobs on \(ranks) rank(s) with \(threads) thread(s): "
                + "about \(Text.duration(total))\(more)")
    }

    private static func line(_ job: Job) -> String {
        let split = job.split
        return "\(job.key): learning rate \(job.experiment.learningRate), "
            + "mini-batch \(job.experiment.miniBatch), \(split.training.count)/"
            + "\(split.validation.count)/\(split.test.count) slices"
    }

    /// Seconds that a floating-point operation takes in a training step of the network's smallest
    /// mini-batch, measured here and now; and the memory that its largest one needs.
    private func pace(of network: NetworkKind, _ study: Study, threads: Int) throws
        -> (seconds: Double, bytes: Int)
    {
        let batches = (study.experiments[network] ?? []).map(\.miniBatch)
        guard let smallest = batches.min(), let largest = batches.max() else { return (0, 0) }
        let (settings, task) = (study.settings, study.tasks[0])
        let figures = try Benchmark(
            network: network, task: task, settings: settings, batch: smallest, steps: 1,
            inference: false, threads: threads
        ).run()
        let description = try settings.description(of: network, task: task)
        let forward = description.forwardFLOPs(
            height: settings.imageSize, width: settings.imageSize)
        return (
            1 / figures.imagesPerSecond / (3 * Double(forward)),
            try memory(description, settings, batch: largest, threads: threads)
        )
    }

    /// What training and validating a network plan to use, in bytes.
    private func memory(
        _ description: NetworkDescription, _ settings: TrainingSettings, batch: Int, threads: Int
    ) throws -> Int {
        let size = settings.imageSize
        let options = settings.engineOptions(threads: threads)
        return try LungfoldError.translating(.usage) {
            let training = try TrainingEngine(
                description, batch: batch, height: size, width: size,
                classWeights: Array(repeating: 1, count: description.classes), options: options)
            let inference = try InferenceEngine(
                description, batch: 1, height: size, width: size, options: options)
            return training.plannedBytes + inference.plannedBytes
        }
    }

    private func summary(
        _ jobs: [Job], _ network: NetworkKind, _ task: SegmentationTask,
        _ pace: (seconds: Double, bytes: Int)
    ) throws -> (row: [String], seconds: [Double]) {
        let costs = try jobs.map { try $0.floatingPointOperations() }
        let mean = costs.reduce(0, +) / Double(max(1, costs.count))
        let parameters = try request.settings.description(of: network, task: task).parameterCount
        let row = [
            "\(network.rawValue), \(task.rawValue)", "\(jobs.count)", "\(parameters)",
            Text.scaled(mean), Text.bytes(pace.bytes), Text.duration(mean * pace.seconds),
        ]
        return (row, costs.map { $0 * pace.seconds })
    }

    /// The time until the last rank is done when the longest job goes first.
    static func makespan(_ seconds: [Double], ranks: Int) -> Double {
        var busy = Array(repeating: 0.0, count: ranks)
        for time in seconds.sorted(by: >) {
            let free = busy.indices.min { busy[$0] < busy[$1] } ?? 0
            busy[free] += time
        }
        return busy.max() ?? 0
    }
}
