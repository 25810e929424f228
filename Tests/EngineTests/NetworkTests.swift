import Foundation
import LungfoldEngine
import Testing

/// The authors' trained SegNet, which lies beside the repository on a developer's machine.
private let authorsFile = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent(
        "shared/reference/segnet-binary.safetensors"
    )
    .path

@Suite("network descriptions") struct NetworkTests {
    @Test(
        "the authors' weights fit SegNet by name and shape",
        .enabled(
            if: FileManager.default.fileExists(atPath: authorsFile),
            "shared/reference/segnet-binary.safetensors is not beside the repository"))
    func authorsWeights() throws {
        let weights = try WeightSet(contentsOf: authorsFile)
        let network = try NetworkDescription.describing(weights, source: authorsFile)
        #expect(network == .segnet(classes: 2, depth: 3, filters: 64))
        #expect(weights.tensors["decoder1_conv1.weight"]?.shape == [2, 64, 3, 3])
        #expect(weights.encoded().count == 1_501_864)
    }

    @Test("parameter counts, by arithmetic")
    func parameterCounts() {
        // SegNet: 1 -> 64, ten 64 -> 64, 64 -> 2; a bias, a scale and an offset a filter.
        let segnet = 9 * 64 + 10 * 9 * 64 * 64 + 9 * 64 * 2 + 3 * (11 * 64 + 2)
        #expect(NetworkDescription.segnet(classes: 2).parameterCount == segnet)
        #expect(segnet == 372_486)
        func pair(_ inputs: Int, _ filters: Int) -> Int {
            9 * inputs * filters + 9 * filters * filters + 2 * filters
        }
        var unet = pair(1, 64) + pair(64, 128) + pair(128, 256) + pair(256, 512)
        for width in [256, 128, 64] {
            unet += 4 * 2 * width * width + width + pair(2 * width, width)
        }
        unet += 64 * 2 + 2
        #expect(NetworkDescription.unet(classes: 2).parameterCount == unet)
        #expect(unet == 7_696_193 + 65)
    }

    @Test("operations, by arithmetic")
    func operations() {
        let pixels = 256 * 256
        // Two convolutions at each resolution in the encoder, two in the decoder.
        let full = 9 * (64 + 64 * 64 + 64 * 64 + 64 * 2)
        let lower = (9 * 4 * 64 * 64) / 4 + (9 * 4 * 64 * 64) / 16
        #expect(
            NetworkDescription.segnet(classes: 2).forwardFLOPs(height: 256, width: 256)
                == 2 * pixels * (full + lower))
        // One stage of 4 filters: 1-4-4 | 4-8-8 | up 8-4 | 8-4-4 | 4-3.
        let unet = 64 * 9 * (4 + 16) + 16 * 9 * (32 + 64) + 64 * 32 + 64 * 9 * (32 + 16) + 64 * 12
        #expect(
            NetworkDescription.unet(classes: 3, depth: 1, filters: 4)
                .forwardFLOPs(height: 8, width: 8) == 2 * unet)
    }

    @Test("how each tensor is trained")
    func roles() throws {
        func tensor(_ name: String, in network: NetworkDescription) throws -> ParameterDescription {
            try #require(network.tensors.first { $0.name == name })
        }
        let segnet = NetworkDescription.segnet(classes: 4, depth: 2, filters: 8)
        let fixed = try tensor("encoder1_conv2.bias", in: segnet)
        #expect(!fixed.isTrainable && fixed.learningRateFactor == 0 && fixed.l2Factor == 0)
        let weight = try tensor("decoder1_conv1.weight", in: segnet)
        #expect(weight.shape == [4, 8, 3, 3] && weight.fanIn == 72 && weight.l2Factor == 1)
        for name in ["encoder2_bn_1.weight", "encoder2_bn_1.bias"] {
            let parameter = try tensor(name, in: segnet)
            #expect(parameter.learningRateFactor == 1 && parameter.l2Factor == 1)
        }
        #expect(segnet.statistics.count == 16)
        #expect(segnet.statistics.allSatisfy { !$0.isTrainable && $0.l2Factor == 0 })

        let unet = NetworkDescription.unet(classes: 2, depth: 2, filters: 8)
        let upconv = try tensor("decoder2_upconv.weight", in: unet)
        #expect(upconv.shape == [32, 16, 2, 2] && upconv.fanIn == 128)
        let doubled = try tensor("decoder2_upconv.bias", in: unet)
        #expect(doubled.learningRateFactor == 2 && doubled.l2Factor == 0)
        let bias = try tensor("final_conv.bias", in: unet)
        #expect(bias.isTrainable && bias.learningRateFactor == 1 && bias.l2Factor == 0)
        #expect(try tensor("decoder2_conv1.weight", in: unet).shape == [16, 32, 3, 3])
        #expect(unet.statistics.isEmpty)
    }

    @Test("U-Net forks before its dropout and joins decoder first")
    func unetOrder() throws {
        let layers = NetworkDescription.unet(classes: 2, depth: 2, filters: 4).layers
        let saved = try #require(layers.firstIndex(of: .save(name: "encoder2")))
        #expect(layers[saved + 1] == .dropout(name: "encoder2_dropout", probability: 0.5))
        #expect(layers[saved + 2] == .maxPool(name: "encoder2_maxpool"))
        let joined = try #require(layers.firstIndex(of: .concatenate(saved: "encoder2")))
        #expect(layers[joined - 1] == .relu)
        #expect(layers[joined - 2] == .transposedConvolution(name: "decoder2_upconv", filters: 8))
        #expect(layers.count { if case .dropout = $0 { true } else { false } } == 2)
    }

    @Test("every depth gives unique names and classes at the image's resolution")
    func depths() {
        for depth in 1...5 {
            for network in [
                NetworkDescription.segnet(classes: 4, depth: depth, filters: 6),
                .unet(classes: 4, depth: depth, filters: 6),
            ] {
                let names = network.tensors.map(\.name)
                #expect(Set(names).count == names.count)
                #expect(network.flow().last?.output.channels == 4)
                #expect(network.flow().map(\.output.level).max() == depth)
            }
        }
    }

    @Test("sizes that do not divide are refused, naming the nearest that do")
    func sizes() throws {
        let network = NetworkDescription.segnet(classes: 2, depth: 3, filters: 4)
        try network.checkSize(height: 256, width: 8)
        let error = #expect(throws: EngineError.self) {
            try network.checkSize(height: 256, width: 250)
        }
        #expect(error?.description.contains("width 250") == true)
        #expect(error?.description.contains("248 or 256") == true)
        for size in [Int.min, -8, 0, 4, 16392, Int.max] {
            #expect(throws: EngineError.self) { try network.checkSize(height: size, width: 256) }
        }
    }

    @Test("sizes that a user gives are checked")
    func named() throws {
        #expect(
            try NetworkDescription.named("unet", classes: 4, depth: 2, filters: 8)
                == .unet(classes: 4, depth: 2, filters: 8))
        for (name, classes, depth, filters) in [
            ("vnet", 2, 3, 64), ("unet", 1, 3, 64), ("unet", 2, 0, 64), ("segnet", 2, 3, 0),
            ("segnet", 2, 99, 64),
        ] {
            #expect(throws: EngineError.self) {
                try NetworkDescription.named(name, classes: classes, depth: depth, filters: filters)
            }
        }
    }

    @Test("initial weights: He deviation, everything else constant")
    func initialWeights() throws {
        let network = NetworkDescription.unet(classes: 2, depth: 2, filters: 16)
        var sign = -1.0
        let weights = network.initialWeights {
            sign = -sign
            return sign
        }
        try network.check(weights)
        for tensor in network.tensors {
            let magnitude = tensor.fanIn == 0 ? 0 : Float((2 / Double(tensor.fanIn)).squareRoot())
            let values = try #require(weights.tensors[tensor.name]).values
            #expect(values.allSatisfy { abs($0) == magnitude })
        }
        let segnet = NetworkDescription.segnet(classes: 2, depth: 1, filters: 2)
        let normalised = segnet.initialWeights { 0 }.tensors
        #expect(normalised["encoder1_bn_2.weight"]?.values == [1, 1])
        #expect(normalised["encoder1_bn_2.running_var"]?.values == [1, 1])
        #expect(normalised["encoder1_bn_2.running_mean"]?.values == [0, 0])
    }

    @Test("weights that do not fit are refused by tensor")
    func mismatches() {
        let network = NetworkDescription.segnet(classes: 2, depth: 1, filters: 2)
        let name = "encoder1_conv2.weight"
        let changes: [(inout WeightSet) -> Void] = [
            { $0.tensors[name] = nil },
            { $0.tensors[name] = WeightTensor(shape: [2, 2, 3, 1], repeating: 0) },
            { $0.tensors[name]?.values[3] = .nan },
        ]
        for change in changes {
            var weights = network.initialWeights { 1 }
            change(&weights)
            let error = #expect(throws: EngineError.self) { try network.check(weights) }
            #expect(error?.description.contains(name) == true)
        }
        var more = network.initialWeights { 1 }
        more.tensors["stranger"] = WeightTensor(shape: [], values: [0])
        #expect(throws: EngineError.self) { try network.check(more) }
    }
}
