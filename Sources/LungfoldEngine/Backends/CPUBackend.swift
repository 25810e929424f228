import CLungfoldKernels

/// Runs a plan on the CPU's cores.
final class CPUBackend: Backend {
    private let plan: Plan
    private let parameters: ParameterStore
    private let memory = CPUMemory()
    private let kernels: OpaquePointer
    private let pool: OpaquePointer
    private let steps: [CPUStep]
    private let normalisations: [UnsafeMutablePointer<lf_batchnorm>]
    private let dropoutKeys: [UnsafeMutablePointer<UInt64>]
    private let populationMemory: UnsafeMutablePointer<Double>?
    private var populationPasses = 0
    /// Nil in a plan for the image's gradient.
    private var lossStep: lf_loss?
    /// The channel that is aimed at in such a plan, and its mean.
    private var aim = (channel: 0, activation: 0.0)
    private let image: UnsafeMutablePointer<Float>
    private let imageGradient: UnsafePointer<Float>?
    private let labels: UnsafeMutablePointer<UInt8>
    private let classWeights: UnsafeMutablePointer<Float>
    private let predicted: UnsafeMutablePointer<UInt8>
    private var outcome = PassOutcome(weightedLoss: 0, weight: 1, correctPixels: 0)
    private var updates = 0

    let plannedBytes: Int
    private(set) var stepTimes: [StepTime] = []
    var measuresSteps = false

    init(_ plan: Plan, options: EngineOptions) throws {
        kernels = try Self.kernels(options.instructionSet)
        self.plan = plan
        parameters = try ParameterStore(plan)
        var builder = try CPUStepBuilder(plan: plan, parameters: parameters, memory: memory)
        let steps = plan.steps.map { builder.build($0) }
        try Self.placeShared(steps, builder: builder, memory: memory, purpose: plan.purpose)
        self.steps = steps
        normalisations = builder.normalisations
        dropoutKeys = builder.dropoutKeys
        image = builder.floats(plan.image)
        let pixels = plan.batch * plan.height * plan.width
        labels = try memory.reserve(UInt8.self, count: pixels)
        predicted = try memory.reserve(UInt8.self, count: pixels)
        classWeights = try memory.reserve(Float.self, count: 256)
        let channels = plan.normalisations.map(\.channels).reduce(0, +)
        populationMemory =
            plan.purpose == .training
            ? try memory.reserve(Double.self, count: 2 * channels) : nil
        imageGradient = plan.imageGradient.map { UnsafePointer(builder.floats($0)) }
        lossStep = plan.loss.map { builder.loss($0) }
        lossStep?.labels = UnsafePointer(labels)
        lossStep?.predictions = predicted
        lossStep?.class_weights = UnsafePointer(classWeights)
        guard let pool = lf_pool_create(Int32(options.threads), builder.scratchBytes) else {
            throw EngineError(
                "threads \(options.threads)", "the system refuses that many threads",
                remedy: "Take fewer")
        }
        self.pool = pool
        plannedBytes = memory.byteCount + builder.scratchBytes * options.threads
    }

    deinit { lf_pool_destroy(pool) }

    private static func kernels(_ instructionSet: InstructionSet?) throws -> OpaquePointer {
        guard let instructionSet else { return lf_kernels_best() }
        guard let kernels = lf_kernels_named(instructionSet.rawValue) else {
            throw EngineError(
                "instruction set \(instructionSet.rawValue)", "this CPU does not have it",
                remedy: "Leave the choice to Lungfold")
        }
        return kernels
    }

    /// Steps run one after another, so all share the memory that a step needs beyond the arena. Only
    /// the transformed weights of plans that do not train keep places of their own.
    private static func placeShared(
        _ steps: [CPUStep], builder: CPUStepBuilder, memory: CPUMemory, purpose: Plan.Purpose
    ) throws {
        let shared = try memory.reserve(Float.self, count: builder.sharedFloats)
        for step in steps {
            switch step {
            case .convolution(let op):
                let transformed = Int(lf_conv_transformed_floats(op))
                let changes = purpose == .training
                op.pointee.transformed =
                    changes ? shared : try memory.reserve(Float.self, count: transformed)
                op.pointee.shared = changes ? shared + transformed : shared
                op.pointee.prepared = changes ? 0 : 1
            case .convolutionGradient(let op): op.pointee.shared = shared
            case .upconvolution(let op), .upconvolutionBackward(let op),
                .upconvolutionGradient(let op):
                op.pointee.shared = shared
            case .pooling, .normalise, .normaliseGradient, .biasGradient, .clear, .loss, .aim,
                .sink:
                break
            }
        }
    }

    // MARK: Parameters

    func load(_ weights: WeightSet) {
        for (index, tensor) in plan.tensors.enumerated() {
            if let values = weights.tensors[tensor.name] { parameters.write(values, to: index) }
        }
        guard plan.purpose != .training else { return }
        for op in normalisations { lf_batchnorm_inference(op) }
        for case .convolution(let op) in steps { lf_conv_prepare(pool, kernels, op) }
    }

    func weights() -> WeightSet {
        WeightSet(tensors: tensors(where: { _ in true }) { self.parameters.read($0) })
    }

    func gradients() -> [String: WeightTensor] {
        tensors(where: \.isTrainable) { self.parameters.read($0, .gradient) }
    }

    var optimiser: OptimiserState {
        get {
            var state = OptimiserState()
            state.updates = updates
            state.first = tensors(where: \.isTrainable) { self.parameters.read($0, .first) }
            state.second = tensors(where: \.isTrainable) { self.parameters.read($0, .second) }
            return state
        }
        set {
            updates = newValue.updates
            for (index, tensor) in plan.tensors.enumerated() {
                if let first = newValue.first[tensor.name] {
                    parameters.write(first, to: index, .first)
                }
                if let second = newValue.second[tensor.name] {
                    parameters.write(second, to: index, .second)
                }
            }
        }
    }

    private func tensors(
        where included: (ParameterDescription) -> Bool, read: (Int) -> WeightTensor
    ) -> [String: WeightTensor] {
        var all: [String: WeightTensor] = [:]
        for (index, tensor) in plan.tensors.enumerated() where included(tensor) {
            all[tensor.name] = read(index)
        }
        return all
    }

    // MARK: Passes

    func setMiniBatch(
        images: [Float], labels: [UInt8], classWeights: [Float], dropoutKey: UInt64
    ) {
        let pixels = plan.batch * plan.height * plan.width
        precondition(images.count == pixels && labels.count == pixels, "one image a slice")
        precondition(classWeights.count == plan.description.classes, "one weight a class")
        image.update(from: images, count: pixels)
        self.labels.update(from: labels, count: pixels)
        self.classWeights.update(from: classWeights, count: classWeights.count)
        for (index, key) in dropoutKeys.enumerated() {
            // Odd multiples of the golden ratio: the dropouts of a step must not agree.
            key.pointee = dropoutKey &+ UInt64(2 * index + 1) &* 0x9e37_79b9_7f4a_7c15
        }
    }

    func forward() -> PassOutcome {
        if measuresSteps { stepTimes = [] }
        run(0..<plan.forwardEnd)
        populationPasses += 1
        return outcome
    }

    func backward() { run(plan.forwardEnd..<steps.count) }

    private func run(_ range: Range<Int>) {
        guard measuresSteps else {
            for index in range { run(steps[index]) }
            return
        }
        let clock = ContinuousClock()
        for index in range {
            let elapsed = clock.measure { run(steps[index]) }
            let step = plan.steps[index]
            stepTimes.append(
                StepTime(
                    name: step.name, seconds: elapsed / .seconds(1),
                    directFLOPs: step.directFLOPs(batch: plan.batch)))
        }
    }

    private func run(_ step: CPUStep) {
        switch step {
        case .convolution(let op): lf_conv_run(pool, kernels, op)
        case .convolutionGradient(let op): lf_conv_gradient_run(pool, kernels, op)
        case .upconvolution(let op): lf_upconv_forward(pool, kernels, op)
        case .upconvolutionBackward(let op): lf_upconv_backward(pool, kernels, op)
        case .upconvolutionGradient(let op): lf_upconv_gradient(pool, kernels, op)
        case .pooling(let op): lf_pooling_run(pool, kernels, op)
        case .normalise(let op): lf_batchnorm_forward(op)
        case .normaliseGradient(let op): lf_batchnorm_backward(op)
        case .biasGradient(let sums, let channels, let gradient):
            lf_bias_gradient(sums, channels, gradient)
        case .clear(let memory, let bytes):
            memory.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
        case .loss: runLoss()
        case .aim(let op): runAim(op)
        case .sink(let rows, let sink): lf_sink_run(pool, kernels, Int32(plan.batch), rows, sink)
        }
    }

    private func runLoss() {
        guard var lossStep else { return }
        var correct: Int64 = 0
        var loss = 0.0
        var weight = 0.0
        lf_loss_run(pool, kernels, &lossStep, &loss, &weight, &correct)
        outcome = PassOutcome(weightedLoss: loss, weight: weight, correctPixels: Int(correct))
    }

    /// Of the mean over n pixels, each pixel's value has the derivative 1 / n.
    private func runAim(_ op: CPUAim) {
        let channel = aim.channel
        let (scale, shift) = (Double(op.scale?[channel] ?? 1), Double(op.shift?[channel] ?? 0))
        op.gradient.update(repeating: 0, count: op.pixels * op.channels)
        let derivative = Float(1 / Double(op.pixels))
        var sum = 0.0
        for pixel in 0..<op.pixels {
            let place = pixel * op.channels + channel
            sum += Double(op.activation[place])
            op.gradient[place] = derivative
        }
        aim.activation = sum / Double(op.pixels) * scale + shift
    }

    func inputGradient(images: [Float], channel: Int) -> (activation: Double, gradient: [Float]) {
        guard let imageGradient, let stride = plan.imageGradient?.channels else {
            preconditionFailure("the plan is for the image's gradient")
        }
        image.update(from: images, count: images.count)
        aim.channel = channel
        _ = forward()
        backward()
        return (aim.activation, images.indices.map { imageGradient[$0 * stride] })
    }

    func update(learningRate: Float, l2: Float) {
        updates += 1
        let rate = Double(learningRate) / (1 - power(0.9, updates))
        let root = (1 - power(0.999, updates)).squareRoot()
        for (index, tensor) in plan.tensors.enumerated() where tensor.isTrainable {
            lf_adam(
                pool, kernels, parameters.pointer(index), parameters.pointer(index, .gradient),
                parameters.pointer(index, .first), parameters.pointer(index, .second),
                parameters.count(index), Float(rate) * tensor.learningRateFactor, Float(root),
                l2 * tensor.l2Factor)
        }
    }

    /// base^exponent by squaring, the same on every machine.
    private func power(_ base: Double, _ exponent: Int) -> Double {
        var result = 1.0
        var square = base
        var rest = exponent
        while rest > 0 {
            if rest & 1 == 1 { result *= square }
            square *= square
            rest >>= 1
        }
        return result
    }

    func predictions() -> [UInt8] {
        Array(UnsafeBufferPointer(start: predicted, count: plan.batch * plan.height * plan.width))
    }

    func logits() -> [Float] {
        guard let lossStep else { return [] }
        let classes = plan.description.classes
        let stride = Int(lossStep.channels)
        return (0..<plan.batch * plan.height * plan.width).flatMap { pixel in
            (0..<classes).map { k -> Float in
                let y = lossStep.y[pixel * stride + k]
                guard let scale = lossStep.scale, let shift = lossStep.shift else { return y }
                return max(y * scale[k] + shift[k], 0)
            }
        }
    }

    // MARK: Population statistics

    func beginPopulationStatistics() {
        guard var place = populationMemory else { return }
        for case .normalise(let op) in steps {
            let count = 2 * Int(op.pointee.channels)
            place.update(repeating: 0, count: count)
            op.pointee.population = place
            place += count
        }
        populationPasses = 0
    }

    func finishPopulationStatistics() {
        for case .normalise(let op) in steps {
            let n = op.pointee
            guard let sums = n.population, populationPasses > 0 else { continue }
            let pixels = n.count * Double(populationPasses)
            for c in 0..<Int(n.channels) {
                let mean = sums[c] / pixels
                n.running_mean[c] = Float(mean)
                n.running_variance[c] = Float(
                    max(sums[Int(n.channels) + c] / pixels - mean * mean, 0))
            }
            op.pointee.population = nil
        }
    }
}
