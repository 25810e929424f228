import CLungfoldKernels
import LungfoldEngine
import Testing

@Suite("BatchNorm and Adam kernels") struct BatchNormKernelTests {
    private struct Normalisation {
        var op = lf_batchnorm()
        let scale: [Double]
        let offset: [Double]

        init(_ bench: Bench, _ maps: Maps, using draw: inout Draw) {
            let channels = maps.channels
            scale = (0..<channels).map { _ in Double(Float(draw.uniform())) }
            offset = (0..<channels).map { _ in Double(Float(draw.uniform())) }
            let vector = { bench.vector(Array(repeating: 0, count: channels)) }
            op.channels = Int32(Lanes.pad(channels))
            op.count = Double(maps.values.count / channels)
            op.epsilon = 1e-5
            op.momentum = 0.1
            op.gamma = UnsafePointer(bench.vector(scale))
            op.beta = UnsafePointer(bench.vector(offset))
            (op.mean, op.inverse, op.scale) = (vector(), vector(), vector())
            (op.shift, op.k0, op.k1) = (vector(), vector(), vector())
            (op.dgamma, op.dbeta) = (vector(), vector())
            op.running_mean = vector()
            op.running_variance = bench.vector(Array(repeating: 1, count: channels))
        }
    }

    private func values(_ vector: UnsafePointer<Float>, _ count: Int) -> [Double] {
        (0..<count).map { Double(vector[$0]) }
    }

    private func strips(_ maps: Maps) -> Int32 {
        lf_strip_count(Int32(maps.batch), Int32(maps.height), Int32(maps.width))
    }

    /// The sums that a sink leaves of maps.
    private func sums(_ bench: Bench, _ maps: Maps, _ change: (inout lf_sink) -> Void) throws
        -> UnsafePointer<lf_sums>
    {
        var sink = bench.store(bench.pack(maps), like: maps, Lanes(maps.channels))
        sink.sums = bench.sums(for: maps)
        change(&sink)
        try bench.deliver(maps, to: sink)
        return bench.place(
            lf_sums(values: UnsafePointer(sink.sums), strips: strips(maps), more: nil))
    }

    @Test(
        "forward and backward are the definition", arguments: InstructionSet.allCases,
        [(0.0, 1.0), (100, 1), (-5, 0.1), (3, 0)])
    func definition(_ set: InstructionSet, _ values: (offset: Double, spread: Double)) throws {
        let bench = try Bench(set, threads: 2)
        var draw = Draw(8)
        let maps = Maps(2, 34, 30, 18) { values.offset + values.spread * draw.uniform() }
        var norm = Normalisation(bench, maps, using: &draw)
        norm.op.sums = try sums(bench, maps) { $0.kind = Int32(LF_SINK_STATISTICS) }
        lf_batchnorm_forward(&norm.op)
        let naive = NaiveBatchNorm(of: maps)
        expectEqual(self.values(norm.op.mean, 18), naive.mean, relative: 1e-6, "mean")
        expectEqual(self.values(norm.op.inverse, 18), naive.inverse, relative: 1e-5, "inverse")
        expectEqual(
            self.values(norm.op.running_mean, 18), naive.mean.map { 0.1 * $0 }, relative: 1e-6,
            "running mean")
        expectEqual(
            self.values(norm.op.running_variance, 18), naive.variance.map { 0.9 + 0.1 * $0 },
            relative: 1e-6, "running variance")
        try expectBackward(bench, maps, &norm, naive, using: &draw)
    }

    private func expectBackward(
        _ bench: Bench, _ maps: Maps, _ norm: inout Normalisation, _ naive: NaiveBatchNorm,
        using draw: inout Draw
    ) throws {
        let gradient = Maps(2, 34, 30, 18) { draw.uniform() }
        let (y, mean) = (bench.pack(maps), norm.op.mean)
        norm.op.sums = try sums(bench, gradient) {
            $0.kind = Int32(LF_SINK_GRADIENT)
            $0.y = UnsafePointer(y)
            $0.mean = mean.map { UnsafePointer($0) }
            // Scale 0 and shift 1: a ReLU that lets everything pass.
            $0.scale = UnsafePointer(bench.vector(Array(repeating: 0, count: 18)))
            $0.shift = UnsafePointer(bench.vector(Array(repeating: 1, count: 18)))
        }
        lf_batchnorm_backward(&norm.op)
        let expected = naive.backward(maps, scale: norm.scale, gradient: gradient)
        let op = norm.op
        expectEqual(values(op.dbeta, 18), expected.offset, relative: 1e-5, "offset's gradient")
        expectEqual(values(op.dgamma, 18), expected.scale, relative: 2e-5, "scale's gradient")
        let made = gradient.mapPlaces { n, row, x, c in
            Double(op.scale[c]) * gradient[n, row, x, c]
                + (Double(op.k0[c]) + Double(op.k1[c]) * maps[n, row, x, c])
        }
        expectEqual(made.values, expected.input.values, relative: 3e-5, "input's gradient")
    }

    @Test("inference normalises with the running statistics")
    func inference() throws {
        let bench = try Bench(.portable)
        var draw = Draw(3)
        let maps = Maps(1, 4, 4, 5) { draw.uniform() }
        var norm = Normalisation(bench, maps, using: &draw)
        for c in 0..<5 {
            norm.op.running_mean[c] = Float(c) - 2
            norm.op.running_variance[c] = Float(c) * 0.5
        }
        lf_batchnorm_inference(&norm.op)
        for c in 0..<5 {
            let inverse = 1 / (Double(c) * 0.5 + 1e-5).squareRoot()
            let expected = (1.5 - (Double(c) - 2)) * inverse * norm.scale[c] + norm.offset[c]
            let made = 1.5 * Double(norm.op.scale[c]) + Double(norm.op.shift[c])
            #expect(abs(made - expected) <= 1e-5 * max(1, abs(expected)))
        }
    }

    @Test(
        "sums that are no numbers make a variance that is none", arguments: [Double.nan, .infinity])
    func notANumber(_ value: Double) throws {
        for which in 0..<2 {
            let bench = try Bench(.portable)
            var draw = Draw(3)
            let maps = Maps(1, 4, 4, 5) { draw.uniform() }
            var norm = Normalisation(bench, maps, using: &draw)
            let sums = bench.sums(for: maps)
            for index in 0..<32 { sums[index] = 1 }
            sums[which * 16] = value
            norm.op.sums = bench.place(lf_sums(values: UnsafePointer(sums), strips: 1, more: nil))
            lf_batchnorm_forward(&norm.op)
            #expect(norm.op.scale[0].isNaN && !norm.op.scale[1].isNaN)
        }
    }

    @Test("population sums are gathered instead of moving the running statistics")
    func population() throws {
        let bench = try Bench(.portable)
        var draw = Draw(3)
        let maps = Maps(1, 12, 10, 5) { draw.uniform() }
        var norm = Normalisation(bench, maps, using: &draw)
        let population = bench.buffer(2 * 16, of: 0.0)
        norm.op.population = population
        norm.op.sums = try sums(bench, maps) { $0.kind = Int32(LF_SINK_STATISTICS) }
        for _ in 0..<3 { lf_batchnorm_forward(&norm.op) }
        for (c, sum) in NaiveLayers.channelSums(maps).enumerated() {
            #expect(abs(population[c] - 3 * sum) <= 1e-4)
            #expect(norm.op.running_mean[c] == 0 && norm.op.running_variance[c] == 1)
        }
    }

    @Test("Adam is the definition", arguments: InstructionSet.allCases)
    func adam(_ set: InstructionSet) throws {
        let bench = try Bench(set, threads: 2)
        var draw = Draw(11)
        // More than one item, and a last one that is not full.
        let count = 65536 + 48
        let start = (0..<count).map { _ in Float(draw.uniform()) }
        let p = bench.buffer(start)
        let (m, v) = (bench.buffer(count, of: Float(0)), bench.buffer(count, of: Float(0)))
        let samples = stride(from: 0, to: count, by: 97)
        var naive = samples.map { NaiveAdam(value: Double(start[$0])) }
        var (first, second) = (1.0, 1.0)
        for _ in 0..<20 {
            // Gradients from 1 down to 1e-12.
            let g = bench.buffer(
                (0..<count).map { Float(draw.uniform()) * [1, 1e-3, 1e-12][$0 % 3] })
            first *= 0.9
            second *= 0.999
            try bench.run {
                lf_adam(
                    $0, bench.kernels, p, g, m, v, count, Float(1e-3 / (1 - first)),
                    Float((1 - second).squareRoot()), 1e-4)
            }
            for (index, at) in samples.enumerated() {
                naive[index].update(gradient: Double(g[at]), learningRate: 1e-3, l2: 1e-4)
            }
        }
        expectEqual(samples.map { Double(p[$0]) }, naive.map(\.value), relative: 2e-6, "values")
    }
}
