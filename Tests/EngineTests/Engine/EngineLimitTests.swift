import Foundation
import LungfoldEngine
import Testing

@Suite("the engine at its limits") struct EngineLimitTests {
    private func step(_ network: NetworkDescription, side: Int) throws -> PassOutcome {
        let batch = TestBatch(network, 1, side, side)
        return try batch.engine(network).step(
            images: batch.floats, labels: batch.labels, learningRate: 1e-3, dropoutKey: 1)
    }

    @Test("depths and filters that are not the study's")
    func sizes() throws {
        for network in [
            NetworkDescription.segnet(classes: 2, depth: 2, filters: 96),
            .unet(classes: 4, depth: 2, filters: 48), .segnet(classes: 2, depth: 5, filters: 4),
            .unet(classes: 3, depth: 5, filters: 4), .segnet(classes: 2, depth: 4, filters: 1),
            .unet(classes: 64, depth: 1, filters: 1), .segnet(classes: 64, depth: 1, filters: 3),
        ] {
            let outcome = try step(network, side: 64)
            #expect(outcome.loss.isFinite && outcome.loss > 0, "\(network.name)")
            #expect((0...64 * 64).contains(outcome.correctPixels))
        }
    }

    @Test("images of 512 pixels with 96 filters are laid out")
    func large() throws {
        for depth in 4...5 {
            for network in [
                NetworkDescription.segnet(classes: 4, depth: depth, filters: 96),
                .unet(classes: 4, depth: depth, filters: 96),
            ] {
                let engine = try TrainingEngine(
                    network, batch: 1, height: 512, width: 512, classWeights: [1, 1, 1, 1])
                // At least the first stage's two convolutions must be kept.
                #expect(engine.plannedBytes > 2 * 512 * 512 * 96 * 4)
            }
        }
    }

    @Test("images as small as can be")
    func small() throws {
        for depth in 1...3 {
            let side = 1 << depth
            for network in [
                NetworkDescription.segnet(classes: 2, depth: depth, filters: 17),
                .unet(classes: 2, depth: depth, filters: 17),
            ] {
                #expect(try step(network, side: side).loss.isFinite, "\(network.name) \(side)")
            }
        }
    }

    @Test("more classes than the loss takes are refused")
    func classes() throws {
        let most = NetworkDescription.largestClassCount
        _ = try NetworkDescription.named("unet", classes: most, depth: 1, filters: 4)
        let error = #expect(throws: EngineError.self) {
            try NetworkDescription.named("unet", classes: most + 1, depth: 1, filters: 4)
        }
        #expect(error?.description.contains("classes \(most + 1)") == true)
    }

    @Test("a bias before batch normalisation must be 0, whether it trains or not")
    func biases() throws {
        let network = NetworkDescription(
            name: "biased", classes: 2, depth: 0, filters: 2,
            layers: [
                .convolution(name: "a", filters: 2, kernel: 3, trainsBias: true),
                .batchNorm(name: "n"), .relu,
                .convolution(name: "b", filters: 2, kernel: 3, trainsBias: false),
            ])
        let engine = try InferenceEngine(network, batch: 1, height: 4, width: 4)
        var weights = network.initialWeights { 1 }
        weights.tensors["b.bias"]?.values = [1, 2]
        try engine.load(weights)
        weights.tensors["a.bias"]?.values = [0, 1]
        let error = #expect(throws: EngineError.self) { try engine.load(weights) }
        #expect(error?.description.contains("a.bias") == true)
    }

    @Test("NaN in an image is a loss of NaN", arguments: Convolution.allCases)
    func notANumber(_ convolution: Convolution) throws {
        for network in TestNetworks.all {
            let batch = TestBatch(network, 2, 8, 12)
            var images = batch.floats
            images[17] = .nan
            let engine = try batch.engine(network, options: EngineOptions(convolution: convolution))
            for _ in 0..<2 {
                let outcome = engine.step(
                    images: images, labels: batch.labels, learningRate: 1e-3, dropoutKey: 1)
                #expect(outcome.loss.isNaN, "\(network.name)")
            }
        }
    }

    @Test("images of denormal numbers and of zeros train")
    func denormals() throws {
        for network in TestNetworks.all {
            for value in [Float(0), .leastNormalMagnitude / 1000, -.leastNonzeroMagnitude] {
                let batch = TestBatch(network, 2, 8, 12)
                let engine = try batch.engine(network)
                let images = Array(repeating: value, count: batch.labels.count)
                for _ in 0..<3 {
                    let outcome = engine.step(
                        images: images, labels: batch.labels, learningRate: 1e-3, dropoutKey: 1)
                    #expect(outcome.loss.isFinite, "\(network.name)")
                }
                let finite = engine.weights().tensors.values.allSatisfy {
                    $0.values.allSatisfy(\.isFinite)
                }
                #expect(finite, "\(network.name)")
            }
        }
    }

    @Test("threads that no system has are refused")
    func threads() {
        let network = NetworkDescription.segnet(classes: 2, depth: 1, filters: 2)
        for threads in [0, -1] {
            #expect(throws: EngineError.self) {
                try TrainingEngine(
                    network, batch: 1, height: 4, width: 4, classWeights: [1, 1],
                    options: EngineOptions(threads: threads))
            }
        }
    }

    /// In a process of its own, where nothing else allocates. Memory that a step takes and gives back
    /// is not seen; 400 bytes kept by each would be.
    @Test("a step leaves no memory behind")
    func allocations() async {
        await #expect(processExitsWith: .success) {
            let network = NetworkDescription.unet(classes: 2, depth: 1, filters: 2)
            let batch = TestBatch(network, 1, 8, 8)
            let engine = try batch.engine(network, options: EngineOptions(threads: 2))
            let images = batch.floats
            func dataKilobytes(after steps: Int) throws -> Int {
                for key in 0..<steps {
                    _ = engine.step(
                        images: images, labels: batch.labels, learningRate: 1e-3,
                        dropoutKey: UInt64(key))
                }
                let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
                let line = status.split(separator: "\n").first { $0.hasPrefix("VmData:") }
                return try #require(Int(line?.filter(\.isNumber) ?? ""))
            }
            let before = try dataKilobytes(after: 50)
            let after = try dataKilobytes(after: 1000)
            precondition(after < before + 400, "\(after) KiB, \(before) KiB before")
        }
    }
}
