import Foundation
import LungfoldEngine
import Testing

/// What PyTorch computes for a small network: a file that scripts/make-fixtures wrote. The script
/// says what each tensor is.
private struct Fixture {
    let name: String
    let file: WeightSet
    let network: NetworkDescription
    /// [mini-batches, slices, rows, columns].
    let shape: [Int]

    static let names = [
        "segnet-2-classes", "segnet-4-classes", "unet-2-classes", "unet-4-classes",
    ]

    init(_ name: String) throws {
        let path = try #require(
            Bundle.module.path(forResource: name, ofType: "safetensors", inDirectory: "Fixtures"))
        let file = try WeightSet(contentsOf: path)
        func number(_ key: String) throws -> Int { try #require(Int(file.metadata[key] ?? "")) }
        let (classes, depth, filters) = try (
            number("classes"), number("encoder_depth"), number("filters")
        )
        self.name = name
        self.file = file
        network =
            file.metadata["architecture"] == "segnet"
            ? .segnet(classes: classes, depth: depth, filters: filters)
            : .unet(classes: classes, depth: depth, filters: filters, dropout: 0)
        shape = try #require(file.tensors["images"]).shape
    }

    func values(_ name: String) throws -> [Float] { try #require(file.tensors[name]).values }

    func images(_ batch: Int) throws -> [Float] { try half("images", batch) }

    func labels(_ batch: Int) throws -> [UInt8] { try half("labels", batch).map { UInt8($0) } }

    private func half(_ name: String, _ batch: Int) throws -> [Float] {
        let count = shape[1...].reduce(1, *)
        return Array(try values(name)[batch * count..<(batch + 1) * count])
    }

    /// The tensors whose names begin with a prefix, without it.
    func tensors(_ prefix: String) -> [String: WeightTensor] {
        Dictionary(
            uniqueKeysWithValues: file.tensors.filter { $0.key.hasPrefix(prefix) }
                .map { (String($0.key.dropFirst(prefix.count)), $0.value) })
    }

    /// The parameters of a prefix, with the running statistics of a fresh network.
    func weights(_ prefix: String) -> WeightSet {
        var weights = network.initialWeights { 0 }
        weights.tensors.merge(tensors(prefix)) { $1 }
        return weights
    }

    func trainingEngine(_ convolution: Convolution) throws -> TrainingEngine {
        var options = EngineOptions()
        options.convolution = convolution
        return try TrainingEngine(
            network, batch: shape[1], height: shape[2], width: shape[3],
            classWeights: values("class_weights"), options: options)
    }
}

/// Checks values one by one: |value - reference| <= relative * |reference| + absolute.
private func expectClose(
    _ values: [Float], _ reference: [Float], relative: Float, absolute: Float, _ what: String,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    guard values.count == reference.count else {
        Issue.record(
            "\(what): \(values.count) values, not \(reference.count)",
            sourceLocation: sourceLocation)
        return
    }
    // Negated, so that a NaN counts as wrong.
    let wrong = zip(values, reference).enumerated().filter { _, pair in
        !(abs(pair.0 - pair.1) <= relative * abs(pair.1) + absolute)
    }
    if let first = wrong.first {
        Issue.record(
            """
            \(what): \(wrong.count) of \(values.count) differ, the first at \(first.offset): \
            \(first.element.0), not \(first.element.1) +- (\(relative) of it + \(absolute))
            """, sourceLocation: sourceLocation)
    }
}

private func largest(_ values: [Float]) -> Float { values.reduce(0) { max($0, abs($1)) } }

@Suite("agreement with PyTorch") struct FixtureTests {
    /// PyTorch's own float32 lies within 2e-6 of the largest value of a tensor from the double-
    /// precision fixtures. Winograd F(4x4, 3x3) rounds up to ten times as coarsely (see
    /// arXiv:1803.10986), and up to ten layers add up.
    private static let relative: Float = 1e-4
    private static let ofLargest: Float = 5e-5

    @Test(
        "forward, loss and every gradient", arguments: Fixture.names,
        Convolution.allCases)
    func gradients(_ name: String, _ convolution: Convolution) throws {
        let fixture = try Fixture(name)
        let engine = try fixture.trainingEngine(convolution)
        try engine.load(fixture.weights("initial/"))
        let result = try engine.gradients(
            images: fixture.images(0), labels: fixture.labels(0), dropoutKey: 0)
        let loss = try fixture.values("loss")
        expectClose([Float(result.loss)], loss, relative: 1e-5, absolute: 0, "\(name) loss")
        try expectTensor(result.logits, fixture.values("logits"), "\(name) logits")
        let expected = fixture.tensors("gradient/")
        let trainable = fixture.network.parameters.filter(\.isTrainable).map(\.name)
        #expect(Set(expected.keys) == Set(trainable))
        for (tensor, gradient) in expected.sorted(by: { $0.key < $1.key }) {
            let found = try #require(result.gradients[tensor], "no gradient of \(tensor)")
            #expect(found.shape == gradient.shape)
            expectTensor(found.values, gradient.values, "\(name) gradient of \(tensor)")
        }
    }

    private func expectTensor(_ values: [Float], _ reference: [Float], _ what: String) {
        expectClose(
            values, reference, relative: Self.relative,
            absolute: Self.ofLargest * largest(reference), what)
    }

    /// Adam divides a gradient by its own size, so where a gradient passes zero its rounding counts
    /// in full. In ten steps a parameter moves by up to 7.5e-3 (1e-3 a step, half of that from the
    /// sixth on); 1e-4 is 1.3 % of that. PyTorch's float32 needs 1.5e-5.
    private static let afterTenSteps: Float = 1e-4

    @Test(
        "ten Adam steps with L2 and learning-rate factors", arguments: Fixture.names,
        Convolution.allCases)
    func tenSteps(_ name: String, _ convolution: Convolution) throws {
        let fixture = try Fixture(name)
        let engine = try fixture.trainingEngine(convolution)
        try engine.load(fixture.weights("initial/"))
        let rate = try #require(Float(fixture.file.metadata["learning_rate"] ?? ""))
        let losses = try (0..<10).map { step in
            let outcome = try engine.step(
                images: fixture.images(step % 2), labels: fixture.labels(step % 2),
                learningRate: step < 5 ? rate : rate / 2, dropoutKey: UInt64(step))
            return Float(outcome.loss)
        }
        try expectClose(
            losses, fixture.values("losses"), relative: 1e-4, absolute: 0, "\(name) losses")
        let trained = engine.weights().tensors
        for (tensor, expected) in fixture.tensors("final/").sorted(by: { $0.key < $1.key }) {
            let found = try #require(trained[tensor])
            #expect(found.shape == expected.shape)
            expectClose(
                found.values, expected.values, relative: 1e-5, absolute: Self.afterTenSteps,
                "\(name) \(tensor)")
        }
    }

    @Test(
        "population statistics, and the loss of inference with them", arguments: Fixture.names,
        Convolution.allCases)
    func population(_ name: String, _ convolution: Convolution) throws {
        let fixture = try Fixture(name)
        let engine = try fixture.trainingEngine(convolution)
        try engine.load(fixture.weights("final/"))
        engine.beginPopulationStatistics()
        for batch in 0..<2 {
            try engine.accumulatePopulationStatistics(images: fixture.images(batch))
        }
        engine.finishPopulationStatistics()
        let weights = engine.weights()
        for (tensor, expected) in fixture.tensors("population/") {
            let found = try #require(weights.tensors[tensor])
            expectTensor(found.values, expected.values, "\(name) \(tensor)")
        }
        try expectInferenceLoss(of: fixture, weights: weights, convolution)
    }

    private func expectInferenceLoss(
        of fixture: Fixture, weights: WeightSet, _ convolution: Convolution
    ) throws {
        var options = EngineOptions()
        options.convolution = convolution
        let engine = try InferenceEngine(
            fixture.network, batch: fixture.shape[1], height: fixture.shape[2],
            width: fixture.shape[3], options: options)
        try engine.load(weights)
        let score = try engine.score(
            images: fixture.images(0), labels: fixture.labels(0),
            classWeights: fixture.values("class_weights"))
        try expectClose(
            [Float(score.weightedLoss), Float(score.weight)], fixture.values("inference_loss"),
            relative: 1e-4, absolute: 0, "\(fixture.name) inference loss")
        #expect(try score.predictions == engine.classify(images: fixture.images(0)))
    }
}
