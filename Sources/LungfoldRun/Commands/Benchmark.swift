import LungfoldEngine
import LungfoldStudy
import LungfoldTraining

/// `lungfold bench`: the speed of whole training steps, or of inference, on random slices.
public struct Benchmark: Sendable {
    /// What was measured.
    public struct Figures: Codable, Hashable, Sendable {
        /// The network.
        public var network: NetworkKind
        /// `training` or `inference`.
        public var mode: String
        /// Slices in a mini-batch.
        public var batch: Int
        /// Rows and columns of a slice.
        public var imageSize: Int
        /// Threads.
        public var threads: Int
        /// Steps measured, after the warm-up.
        public var steps: Int
        /// The median step.
        public var medianStepSeconds: Double
        /// Slices a second, at the median step.
        public var imagesPerSecond: Double
        /// The most physical memory the process has used (VmHWM).
        public var peakMemoryBytes: Int
    }

    private static let warmUpSteps = 2

    let network: NetworkKind
    private let task: SegmentationTask
    private let settings: TrainingSettings
    let batch: Int
    let steps: Int
    private let inference: Bool
    let threads: Int

    /// Describes a benchmark.
    /// - Throws: `LungfoldError` for sizes that do not fit.
    public init(
        network: NetworkKind, task: SegmentationTask, settings: TrainingSettings, batch: Int,
        steps: Int, inference: Bool, threads: Int?
    ) throws {
        try settings.check()
        for (option, value) in [("--batch", batch), ("--steps", steps)]
        where !(1...10_000).contains(value) {
            throw LungfoldError(
                .usage, option, "\(value) is outside 1...10000",
                remedy: "Choose a number in that range")
        }
        self.network = network
        self.task = task
        self.settings = settings
        self.batch = batch
        self.steps = steps
        self.inference = inference
        self.threads = ThreadChoice(option: threads).threads
    }

    /// Measures.
    public func run() throws -> Figures {
        let step = try inference ? inferenceStep() : trainingStep()
        var times: [Double] = []
        for index in 0..<Self.warmUpSteps + steps {
            let time = try ContinuousClock().measure { try step(UInt64(index)) }
            if index >= Self.warmUpSteps { times.append(time / .seconds(1)) }
        }
        let median = times.sorted()[times.count / 2]
        return Figures(
            network: network, mode: inference ? "inference" : "training", batch: batch,
            imageSize: settings.imageSize, threads: threads, steps: steps,
            medianStepSeconds: median, imagesPerSecond: Double(batch) / median,
            peakMemoryBytes: ProcessStatus.current().peakMemoryBytes ?? 0)
    }

    /// Measures and writes the figures: as JSON to a file or `-`, or as a line for people.
    public func deliver(json: String?) throws {
        let figures = try run()
        if let json { return try Console.deliver(JSON.encode(figures), to: json) }
        Console.say(
            "\(network.title), \(figures.mode), mini-batch \(batch), \(settings.imageSize) x "
                + "\(settings.imageSize), \(threads) thread(s): "
                + "\(Text.decimal(figures.imagesPerSecond, 2)) images/s, "
                + "\(Text.decimal(figures.medianStepSeconds * 1000, 1)) ms a step, "
                + "\(Text.bytes(figures.peakMemoryBytes)) at most")
    }

    // MARK: Steps

    private func trainingStep() throws -> (UInt64) throws -> Void {
        let engine = try trainingEngine()
        let (images, labels) = randomSlices()
        return { index in
            _ = engine.step(
                images: images, labels: labels, learningRate: 1e-4, dropoutKey: index)
        }
    }

    private func inferenceStep() throws -> (UInt64) throws -> Void {
        let engine = try inferenceEngine()
        let images = randomSlices().images
        return { _ in _ = engine.classify(images: images) }
    }

    /// The times of each operation of one step.
    func stepTimes() throws -> () -> [StepTime] {
        let (images, labels) = randomSlices()
        if inference {
            let engine = try inferenceEngine()
            return { engine.measurePass(images: images) }
        }
        let engine = try trainingEngine()
        return { engine.measureStep(images: images, labels: labels) }
    }

    private func trainingEngine() throws -> TrainingEngine {
        let description = try settings.description(of: network, task: task)
        return try LungfoldError.translating(.usage) {
            let engine = try TrainingEngine(
                description, batch: batch, height: settings.imageSize, width: settings.imageSize,
                classWeights: Array(repeating: 1, count: task.classCount),
                options: settings.engineOptions(threads: threads))
            try engine.load(randomWeights(description))
            return engine
        }
    }

    private func inferenceEngine() throws -> InferenceEngine {
        let description = try settings.description(of: network, task: task)
        return try LungfoldError.translating(.usage) {
            let engine = try InferenceEngine(
                description, batch: batch, height: settings.imageSize, width: settings.imageSize,
                options: settings.engineOptions(threads: threads))
            try engine.load(randomWeights(description))
            return engine
        }
    }

    private func randomWeights(_ description: NetworkDescription) -> WeightSet {
        var random = CounterRandom(seed: 1, stream: "bench weights")
        return description.initialWeights { random.normal() }
    }

    private func randomSlices() -> (images: [Float], labels: [UInt8]) {
        var random = CounterRandom(seed: 1, stream: "bench slices")
        let pixels = batch * settings.imageSize * settings.imageSize
        let images = (0..<pixels).map { _ in Float(random.uniform(in: -22...233)) }
        let labels = (0..<pixels).map { _ in UInt8(random.next() % UInt64(task.classCount)) }
        return (images, labels)
    }
}
