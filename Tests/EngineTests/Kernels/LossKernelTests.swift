import CLungfoldKernels
import Foundation
import LungfoldEngine
import Testing

/// What the loss says of a mini-batch, and the definition's.
private struct LossRun {
    var loss = 0.0
    var weight = 0.0
    var correct: Int64 = 0
    var gradient: [Double] = []
    var predictions: [UInt8] = []
    /// The largest weight of a pixel in the mean.
    var largestScale = 0.0

    init(
        _ bench: Bench, _ logits: Maps, _ labels: [UInt8], _ weights: [Double],
        normalisation: (scale: [Double], shift: [Double])? = nil
    ) throws {
        let pixels = labels.count
        let strips = lf_strip_count(
            Int32(logits.batch), Int32(logits.height), Int32(logits.width))
        var op = lf_loss()
        op.batch = Int32(logits.batch)
        op.height = Int32(logits.height)
        op.width = Int32(logits.width)
        op.classes = Int32(logits.channels)
        op.channels = Int32(Lanes.pad(logits.channels))
        op.y = UnsafePointer(bench.pack(logits))
        op.scale = normalisation.map { UnsafePointer(bench.vector($0.scale)) }
        op.shift = normalisation.map { UnsafePointer(bench.vector($0.shift)) }
        op.labels = UnsafePointer(bench.buffer(labels))
        op.class_weights = UnsafePointer(bench.buffer(weights.map { Float($0) }))
        op.gradient = bench.buffer(pixels * Lanes.pad(logits.channels), of: Float(7))
        op.predictions = bench.buffer(pixels, of: UInt8(99))
        op.sums = bench.buffer(Int(strips) * 2, of: Double.nan)
        try bench.run { lf_loss_run($0, bench.kernels, &op, &loss, &weight, &correct) }
        gradient = bench.unpack(op.gradient, like: logits).values
        predictions = Array(UnsafeBufferPointer(start: op.predictions, count: pixels))
    }

    init(definition logits: Maps, _ labels: [UInt8], _ weights: [Double]) {
        let classes = logits.channels
        weight = labels.reduce(0) { $0 + weights[Int($1)] }
        for (pixel, label) in labels.enumerated() {
            let values = Array(logits.values[pixel * classes..<(pixel + 1) * classes])
            let made = NaiveLayers.crossEntropy(values, label: Int(label))
            let scale = weights[Int(label)]
            largestScale = max(largestScale, scale / weight)
            loss += scale * made.loss
            for k in 0..<classes {
                let target = k == Int(label) ? 1.0 : 0
                gradient.append(scale / weight * (made.probabilities[k] - target))
            }
            let guess = values.firstIndex(of: values.max() ?? 0) ?? 0
            predictions.append(UInt8(guess))
            if guess == Int(label) { correct += 1 }
        }
    }
}

@Suite("loss kernel") struct LossKernelTests {
    /// Float32 knows probabilities near 1 to 1e-7; what is left of a sure pixel's loss and gradient is
    /// no better than that.
    private func expectSame(_ made: LossRun, _ expected: LossRun, _ what: String) {
        #expect(
            abs(made.loss - expected.loss) <= 1e-6 * expected.loss + 1.2e-7 * expected.weight,
            "\(what): loss \(made.loss), not \(expected.loss)")
        #expect(abs(made.weight - expected.weight) <= 1e-12 * expected.weight, "\(what): weight")
        #expect(made.correct == expected.correct, "\(what): pixels right")
        #expect(made.predictions == expected.predictions, "\(what): predictions")
        let largest = expected.largestScale
        let wrong = zip(made.gradient, expected.gradient).first { value, reference in
            !(abs(value - reference) <= 1e-6 * abs(reference) + 1.2e-7 * largest)
        }
        #expect(wrong == nil, "\(what): gradient")
    }

    @Test(
        "softmax and weighted cross-entropy are the definition",
        arguments: InstructionSet.allCases, [2, 3, 4, 16, 17, 33, 64])
    func definition(_ set: InstructionSet, _ classes: Int) throws {
        for (batch, height, width) in [(1, 1, 1), (2, 5, 7), (1, 40, 66)] {
            for spread in [0.0, 0.1, 3, 30] {
                let bench = try Bench(set, threads: 2)
                var draw = Draw(classes)
                let logits = Maps(batch, height, width, classes) { spread * draw.uniform() }
                let labels = (0..<batch * height * width).map { _ in
                    UInt8.random(in: 0..<UInt8(classes), using: &draw)
                }
                let weights = (0..<classes).map { 0.25 * Double($0 + 1) }
                try expectSame(
                    LossRun(bench, logits, labels, weights),
                    LossRun(definition: logits, labels, weights), "\(classes) classes")
            }
        }
    }

    @Test("logits behind BatchNorm and ReLU", arguments: InstructionSet.allCases)
    func normalised(_ set: InstructionSet) throws {
        let bench = try Bench(set)
        var draw = Draw(5)
        let y = Maps(2, 9, 13, 3) { draw.uniform() }
        let labels = (0..<2 * 9 * 13).map { _ in UInt8.random(in: 0..<3, using: &draw) }
        let (scale, shift) = ([1.5, -2, 0.5], [0.25, 0.5, -0.125])
        let logits = y.mapPlaces { n, r, x, c in max(y[n, r, x, c] * scale[c] + shift[c], 0) }
        let weights = [0.5, 10, 3]
        try expectSame(
            LossRun(bench, y, labels, weights, normalisation: (scale, shift)),
            LossRun(definition: logits, labels, weights), "normalised")
    }

    @Test(
        "huge and tiny logits", arguments: InstructionSet.allCases, [1e-30, 50, 90, 1e4, 1e30])
    func extremes(_ set: InstructionSet, _ size: Double) throws {
        let bench = try Bench(set)
        var logits = Maps(1, 4, 4, 3) { 0 }
        for pixel in 0..<16 {
            logits[0, pixel / 4, pixel % 4, pixel % 3] = Double(Float(size))
            logits[0, pixel / 4, pixel % 4, (pixel + 1) % 3] = -Double(Float(size))
        }
        let labels = (0..<16).map { UInt8($0 / 5 % 3) }
        try expectSame(
            LossRun(bench, logits, labels, [1, 2, 4]),
            LossRun(definition: logits, labels, [1, 2, 4]), "\(size)")
    }

    @Test("NaN and infinity are not hidden", arguments: InstructionSet.allCases, [0, 1, 2])
    func notANumber(_ set: InstructionSet, _ place: Int) throws {
        for value in [Double.nan, .infinity] {
            var logits = Maps(1, 5, 5, 3) { 0.5 }
            logits[0, 3, 2, place] = value
            let labels = Array(repeating: UInt8(1), count: 25)
            let made = try LossRun(Bench(set), logits, labels, [1, 1, 1])
            #expect(!made.loss.isFinite && made.predictions.allSatisfy { $0 < 3 })
        }
    }
}
