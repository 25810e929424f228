import LungfoldEngine
import Testing

@Suite("the same bits") struct DeterminismTests {
    private func train(
        _ network: NetworkDescription, _ batch: TestBatch, _ options: EngineOptions
    ) throws -> WeightSet {
        let engine = try batch.engine(network, options: options)
        for step in 0..<3 {
            _ = engine.step(
                images: batch.floats, labels: batch.labels, learningRate: 1e-3,
                dropoutKey: UInt64(step))
        }
        return engine.weights()
    }

    private func expectSameBits(
        _ network: NetworkDescription, _ batch: TestBatch, _ options: EngineOptions
    ) throws {
        if let set = options.instructionSet { _ = try Bench(set) }
        let reference = try train(network, batch, options)
        for threads in 1...3 {
            var other = options
            other.threads = threads
            let made = try train(network, batch, other)
            #expect(made == reference, "\(network.name), \(threads) threads")
        }
        let started = network.randomWeights()
        let moved = network.parameters.filter(\.isTrainable).allSatisfy {
            reference.tensors[$0.name] != started.tensors[$0.name]
        }
        #expect(moved, "\(network.name): a tensor did not learn")
    }

    @Test(
        "for 1, 2 and 3 threads and twice over", arguments: InstructionSet.allCases,
        Convolution.allCases)
    func threads(_ set: InstructionSet, _ convolution: Convolution) throws {
        let options = EngineOptions(convolution: convolution, instructionSet: set)
        for network in [
            NetworkDescription.segnet(classes: 4, depth: 3, filters: 6),
            .unet(classes: 2, depth: 3, filters: 6),
        ] {
            for (count, height, width) in [(1, 40, 24), (2, 24, 40), (3, 8, 8)] {
                try expectSameBits(network, TestBatch(network, count, height, width), options)
            }
        }
    }

    @Test("where threads share each product")
    func wide() throws {
        let network = NetworkDescription.unet(classes: 2, depth: 2, filters: 64)
        try expectSameBits(network, TestBatch(network, 1, 24, 40), EngineOptions())
    }

    @Test("several strips to an item, several items to an image")
    func tall() throws {
        let network = NetworkDescription.unet(classes: 2, depth: 1, filters: 4)
        try expectSameBits(network, TestBatch(network, 2, 100, 132), EngineOptions())
    }
}

@Suite("Winograd and the reference") struct ConvolutionPathTests {
    @Test(
        "agree in loss and gradients",
        arguments: [
            NetworkDescription.segnet(classes: 2, depth: 3, filters: 64),
            .segnet(classes: 4, depth: 2, filters: 72), .unet(classes: 4, depth: 2, filters: 40),
            .unet(classes: 2, depth: 2, filters: 64),
        ])
    func agree(_ network: NetworkDescription) throws {
        let batch = TestBatch(network, 2, 40, 24)
        let made = try Convolution.allCases.map { convolution in
            try batch.engine(network, options: EngineOptions(convolution: convolution))
                .gradients(images: batch.floats, labels: batch.labels, dropoutKey: 5)
        }
        #expect(abs(made[0].loss - made[1].loss) <= 1e-5 * made[1].loss)
        #expect(made[0].gradients.keys == made[1].gradients.keys)
        for (name, gradient) in made[0].gradients {
            let other = try #require(made[1].gradients[name])
            #expect(cosine(gradient.values, other.values) >= 0.99999, "\(network.name) \(name)")
        }
    }

    private func cosine(_ a: [Float], _ b: [Float]) -> Double {
        var (product, left, right) = (0.0, 0.0, 0.0)
        for (x, y) in zip(a, b) {
            product += Double(x) * Double(y)
            left += Double(x) * Double(x)
            right += Double(y) * Double(y)
        }
        return product / (left * right).squareRoot()
    }
}
