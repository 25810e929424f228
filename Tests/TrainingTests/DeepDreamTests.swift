import LungfoldEngine
import LungfoldStudy
import LungfoldTraining
import Testing

@Suite("dreams") struct DeepDreamTests {
    private func network(_ kind: NetworkKind, _ task: SegmentationTask = .binary) throws
        -> NetworkFile
    {
        var job = sampleJob(kind, task, learningRate: 1e-3, epochs: 10)
        job.settings.filters = 12
        let trained = try TrainingRun(job: job, slices: sampleSlices(), threads: 1).run()
        return try NetworkFile(trained.weights, source: "a trained network")
    }

    private var settings: DreamSettings {
        var settings = DreamSettings()
        settings.size = 24
        return settings
    }

    @Test(
        "a class's activation rises, and its picture has full contrast",
        arguments: NetworkKind.allCases)
    func rises(_ kind: NetworkKind) throws {
        let file = try network(kind, .multiclass)
        let layer = try #require(file.network.featureLayers.last?.name)
        let dreams = try DeepDream(
            file, layer: layer, settings: settings, options: EngineOptions()
        ).run(channels: [0, 1, 2, 3])
        #expect(dreams.map(\.channel) == [0, 1, 2, 3])
        for dream in dreams {
            #expect(dream.after > dream.before, "\(dream.channel)")
            #expect(dream.grey.count == 24 * 24)
            #expect(dream.grey.min() == 0 && dream.grey.max() == 255)
        }
        #expect(Set(dreams.map(\.grey)).count == 4)
    }

    @Test("a picture depends on its channel and the seed, not on threads or on other channels")
    func deterministic() throws {
        let file = try network(.segnet)
        func dream(_ channels: [Int], threads: Int = 1, seed: UInt64 = 1) throws -> [Dream] {
            var settings = settings
            settings.seed = seed
            return try DeepDream(
                file, layer: "encoder2_conv1", settings: settings,
                options: EngineOptions(threads: threads)
            ).run(channels: channels)
        }
        let dreams = try dream([3, 7])
        #expect(try dream([7], threads: 3) == [dreams[1]])
        #expect(try dream([3]) == [dreams[0]])
        #expect(try dream([7], seed: 2)[0].grey != dreams[1].grey)
    }

    @Test("a network that does not look at the image leaves the noise as it is")
    func dead() throws {
        var file = try network(.unet)
        file.weights.tensors["final_conv.weight"]?.values = Array(repeating: 0, count: 24)
        let dreams = try DeepDream(
            file, layer: "final_conv", settings: settings, options: EngineOptions()
        ).run(channels: [0, 1])
        #expect(dreams.allSatisfy { $0.before == $0.after })
        #expect(dreams[0].grey == dreams[1].grey)
    }

    @Test("octaves grow to the size by the scale, in what the network can halve")
    func octaves() throws {
        let file = try network(.segnet)
        func sizes(_ size: Int, _ octaves: Int, _ scale: Double) -> [Int] {
            var settings = DreamSettings()
            (settings.size, settings.octaves, settings.scale) = (size, octaves, scale)
            return DeepDream(
                file, layer: "encoder1_conv1", settings: settings, options: EngineOptions()
            ).sizes
        }
        #expect(sizes(128, 3, 1.4) == [64, 92, 128])
        #expect(sizes(128, 1, 1.4) == [128])
        #expect(sizes(8, 3, 1.4) == [4, 8])
        #expect(sizes(4, 5, 2) == [4])
    }
}
