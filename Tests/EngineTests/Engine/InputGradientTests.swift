import LungfoldEngine
import Testing

@Suite("the image's gradient") struct InputGradientTests {
    /// Weights whose population statistics are not those of fresh ones.
    private func weights(_ network: NetworkDescription) -> WeightSet {
        var weights = network.randomWeights()
        var draw = Draw(11)
        for tensor in network.tensors where !tensor.isTrainable {
            guard tensor.role == .runningMean || tensor.role == .runningVariance else { continue }
            let least: Float = tensor.role == .runningVariance ? 1.5 : 0
            weights.tensors[tensor.name]?.values = (0..<tensor.count).map { _ in
                least + Float(draw.uniform())
            }
        }
        return weights
    }

    /// Against the definition in double precision, differenced: h is small enough that no ReLU and no
    /// pool changes its mind.
    @Test(
        "of every layer, by central differences", arguments: TestNetworks.all,
        Convolution.allCases)
    func differences(_ network: NetworkDescription, _ convolution: Convolution) throws {
        for layer in network.featureLayers {
            try expectDifferences(network, layer, EngineOptions(convolution: convolution))
        }
    }

    @Test("of the classes, on every instruction set", arguments: InstructionSet.allCases)
    func instructionSets(_ set: InstructionSet) throws {
        _ = try Bench(set)
        for network in TestNetworks.all {
            let layer = try #require(network.featureLayers.last)
            #expect(layer.features.channels == 3 && layer.features.level == 0)
            try expectDifferences(network, layer, EngineOptions(instructionSet: set))
        }
    }

    private func expectDifferences(
        _ network: NetworkDescription, _ layer: FeatureLayer, _ options: EngineOptions
    ) throws {
        let batch = TestBatch(network, 2, 8, 12)
        let weights = weights(network)
        let engine = try InputGradientEngine(
            network, layer: layer.name, batch: 2, height: 8, width: 12, options: options)
        try engine.load(weights)
        let naive = NaiveNetwork(
            description: network, parameters: weights.tensors, isTraining: false)
        for channel in Set([0, layer.features.channels - 1]) {
            let what = "\(network.name), \(layer.name), channel \(channel)"
            let made = engine.gradient(images: batch.floats, channel: channel)
            func activation(_ index: Int = 0, _ nudge: Double = 0) -> Double {
                var images = batch.images
                images.values[index] += nudge
                return naive.mean(ofChannel: channel, in: layer.name, images)
            }
            #expect(
                abs(made.activation - activation()) <= 3e-5 * (1 + abs(activation())), "\(what)")
            let largest = made.gradient.reduce(0) { max($0, abs($1)) }
            #expect(largest > 0, "\(what): no pixel matters")
            let h = 1e-6
            for index in stride(from: 0, to: made.gradient.count, by: 19) {
                let difference = (activation(index, h) - activation(index, -h)) / (2 * h)
                #expect(
                    abs(Double(made.gradient[index]) - difference) <= 1e-4 * Double(largest) + 1e-7,
                    "\(what), pixel \(index): \(made.gradient[index]), not \(difference)")
            }
        }
    }

    @Test("the same bits on 1, 2 and 3 threads", arguments: Convolution.allCases)
    func threads(_ convolution: Convolution) throws {
        for network in [
            NetworkDescription.segnet(classes: 4, depth: 3, filters: 6),
            .unet(classes: 2, depth: 2, filters: 64),
        ] {
            let batch = TestBatch(network, 1, 40, 24)
            let layer = try #require(network.featureLayers.last)
            let made = try (1...3).map { threads in
                let engine = try InputGradientEngine(
                    network, layer: layer.name, height: 40, width: 24,
                    options: EngineOptions(threads: threads, convolution: convolution))
                try engine.load(weights(network))
                _ = engine.gradient(images: batch.floats, channel: 0)
                return engine.gradient(images: batch.floats, channel: 1)
            }
            for other in made.dropFirst() {
                #expect(other.gradient == made[0].gradient, "\(network.name)")
                #expect(other.activation == made[0].activation, "\(network.name)")
            }
        }
    }

    @Test("layers are listed with their channels, and others refused")
    func layers() throws {
        let network = NetworkDescription.segnet(classes: 4, depth: 1, filters: 6)
        let names = ["encoder1_conv1", "encoder1_conv2", "decoder1_conv2", "decoder1_conv1"]
        #expect(network.featureLayers.map(\.name) == names)
        #expect(network.featureLayers.map(\.features.channels) == [6, 6, 6, 4])
        #expect(network.featureLayers[0].kind == "3x3 convolution, batch normalisation")
        let error = #expect(throws: EngineError.self) {
            try InputGradientEngine(network, layer: "bridge_conv1", height: 8, width: 8)
        }
        #expect(error?.description.contains("bridge_conv1") == true)
        #expect(error?.description.contains(names.joined(separator: ", ")) == true)
        #expect(throws: EngineError.self) {
            try InputGradientEngine(network, layer: names[0], height: 8, width: 9)
        }
    }
}
