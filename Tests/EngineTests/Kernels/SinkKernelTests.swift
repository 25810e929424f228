import CLungfoldKernels
import LungfoldEngine
import Testing

extension Bench {
    /// Hands maps to a sink through a 1x1 convolution that changes nothing.
    func deliver(_ maps: Maps, _ lanes: Lanes? = nil, to sink: lf_sink) throws {
        let lanes = lanes ?? Lanes(maps.channels)
        var identity = Filters(1, maps.channels, maps.channels) { 0 }
        for c in 0..<maps.channels { identity[0, 0, c, c] = 1 }
        var rows = plainRows(maps).pointer.pointee
        rows.channels = Int32(lanes.padded)
        rows.data = UnsafePointer(pack(maps, lanes))
        var op = lf_conv()
        op.algorithm = Int32(LF_CONV_DIRECT)
        op.kernel = 1
        op.batch = Int32(maps.batch)
        op.height = Int32(maps.height)
        op.width = Int32(maps.width)
        op.in = Int32(lanes.padded)
        op.out = Int32(lanes.padded)
        op.input = place(rows)
        op.sink = place(sink)
        op.weights = UnsafePointer(pack(identity, lanes, lanes))
        try run(scratchBytes: Int(lf_conv_scratch_bytes(&op))) { lf_conv_run($0, kernels, &op) }
    }

    /// Room for the sums that a sink leaves; what is there before must not count.
    func sums(for maps: Maps) -> UnsafeMutablePointer<Double> {
        let strips = lf_strip_count(Int32(maps.batch), Int32(maps.height), Int32(maps.width))
        return buffer(Int(strips) * 2 * Lanes.pad(maps.channels), of: Double.nan)
    }

    /// The totals of sums that a sink left, of the used channels.
    func totals(_ sums: UnsafePointer<Double>, for maps: Maps) -> (
        first: [Double], second: [Double]
    ) {
        let strips = Int(lf_strip_count(Int32(maps.batch), Int32(maps.height), Int32(maps.width)))
        let padded = Lanes.pad(maps.channels)
        func total(_ which: Int, _ c: Int) -> Double {
            (0..<strips).reduce(0) { $0 + sums[($1 * 2 + which) * padded + c] }
        }
        return (
            (0..<maps.channels).map { total(0, $0) }, (0..<maps.channels).map { total(1, $0) }
        )
    }
}

@Suite("sink kernels") struct SinkKernelTests {
    private static let sizes = [(2, 6, 4, 3), (1, 20, 18, 65), (1, 70, 100, 17), (2, 12, 262, 33)]

    @Test("BatchNorm's sums, of values far from 0 too", arguments: InstructionSet.allCases)
    func statistics(_ set: InstructionSet) throws {
        for (batch, height, width, channels) in Self.sizes {
            for (offset, spread) in [(0.0, 1.0), (1000, 1), (-3e5, 1e-2), (0, 0)] {
                let bench = try Bench(set, threads: 2)
                var draw = Draw(height)
                let maps = Maps(batch, height, width, channels) {
                    offset + spread * draw.uniform()
                }
                let out = bench.pack(Maps(batch, height, width, channels))
                var sink = bench.store(out, like: maps, Lanes(channels))
                sink.kind = Int32(LF_SINK_STATISTICS)
                sink.sums = bench.sums(for: maps)
                try bench.deliver(maps, to: sink)
                #expect(bench.unpack(out, like: maps).values == maps.values)
                let made = bench.totals(sink.sums, for: maps)
                let sizes = maps.mapPlaces { abs(maps[$0, $1, $2, $3]) }
                let squares = maps.mapPlaces { maps[$0, $1, $2, $3] * maps[$0, $1, $2, $3] }
                // A sum may cancel: it is as good as that of the absolute values.
                for c in 0..<channels {
                    let error = abs(made.first[c] - NaiveLayers.channelSums(maps)[c])
                    #expect(error <= 1e-6 * NaiveLayers.channelSums(sizes)[c])
                }
                expectEqual(
                    made.second, NaiveLayers.channelSums(squares), relative: 1e-6, "squares")
                expectVariance(made, maps)
            }
        }
    }

    /// A variance is a small difference of these sums: that is what they are exact for.
    private func expectVariance(_ made: (first: [Double], second: [Double]), _ maps: Maps) {
        let pixels = Double(maps.batch * maps.height * maps.width)
        let variances = zip(made.first, made.second).map { $1 / pixels - $0 * $0 / pixels / pixels }
        let definition = NaiveBatchNorm(of: maps).variance
        let largest = maps.values.reduce(0) { max($0, abs($1)) }
        for (variance, expected) in zip(variances, definition) {
            // What double precision loses when squares of that size are subtracted.
            #expect(abs(variance - expected) <= 1e-5 * expected + 1e-14 * largest * largest)
        }
    }

    @Test("bias and ReLU", arguments: InstructionSet.allCases, [true, false])
    func activate(_ set: InstructionSet, _ relu: Bool) throws {
        for (batch, height, width, channels) in Self.sizes {
            let bench = try Bench(set, threads: 2)
            var draw = Draw(width)
            let maps = Maps(batch, height, width, channels) { draw.uniform() }
            let bias = (0..<channels).map { _ in Double(Float(draw.uniform())) }
            let out = bench.pack(Maps(batch, height, width, channels))
            var sink = bench.store(out, like: maps, Lanes(channels))
            sink.kind = Int32(LF_SINK_ACTIVATE)
            sink.relu = relu ? 1 : 0
            sink.bias = UnsafePointer(bench.vector(bias))
            try bench.deliver(maps, to: sink)
            let expected = maps.mapPlaces { n, y, x, c in
                let value = Double(Float(maps[n, y, x, c]) + Float(bias[c]))
                return relu ? max(value, 0) : value
            }
            #expect(bench.unpack(out, like: maps).values == expected.values)
        }
    }

    /// How the activation whose sign decides is given.
    enum Mask: CaseIterable, Sendable {
        case none, stored, normalised
    }

    @Test(
        "gradients behind a ReLU, and their sums", arguments: InstructionSet.allCases, Mask.allCases
    )
    func gradient(_ set: InstructionSet, _ mask: Mask) throws {
        for kind in [LF_SINK_GRADIENT, LF_SINK_GATHER, LF_SINK_SCATTER] {
            for (batch, height, width, channels) in Self.sizes {
                let bench = try Bench(set, threads: 2)
                var draw = Draw(height + width)
                let maps = Maps(batch, height, width, channels) { draw.uniform() }
                try expectGradient(bench, kind, mask, maps, using: &draw)
            }
        }
    }

    private func expectGradient(
        _ bench: Bench, _ kind: Int, _ mask: Mask, _ maps: Maps, using draw: inout Draw
    ) throws {
        let channels = maps.channels
        let half = kind == LF_SINK_GATHER ? 2 : 1
        let y = Maps(maps.batch, maps.height / half, maps.width / half, channels) {
            draw.uniform()
        }
        let codes = y.values.map { _ in UInt8.random(in: 0..<4, using: &draw) }
        let (scale, shift, mean) = (0..<3).map { _ in
            (0..<channels).map { _ in Double(Float(draw.uniform())) }
        }.tuple
        let before =
            kind == LF_SINK_SCATTER
            ? Maps(y.batch, 2 * y.height, 2 * y.width, channels) { draw.uniform() } : y
        let out = bench.pack(before)
        var sink = bench.store(out, like: maps, Lanes(channels))
        sink.kind = Int32(kind)
        sink.factor = 1.25
        sink.codes = UnsafePointer(bench.pack(codes: codes, of: y))
        if mask != .none { sink.y = UnsafePointer(bench.pack(y)) }
        if mask == .normalised {
            sink.scale = UnsafePointer(bench.vector(scale))
            sink.shift = UnsafePointer(bench.vector(shift))
            sink.mean = UnsafePointer(bench.vector(mean))
        }
        sink.sums = bench.sums(for: maps)
        try bench.deliver(maps, to: sink)

        var place = 0
        let gradient = y.mapPlaces { n, row, x, c in
            let code = Int(codes[place])
            place += 1
            let arrived =
                half == 2
                ? maps[n, 2 * row + code / 2, 2 * x + code % 2, c] : maps[n, row, x, c]
            switch mask {
            case .none: return arrived
            case .stored: return y[n, row, x, c] > 0 ? arrived * 1.25 : 0
            case .normalised:
                return y[n, row, x, c] * scale[c] + shift[c] > 0 ? arrived * 1.25 : 0
            }
        }
        let products = gradient.mapPlaces { n, row, x, c in
            gradient[n, row, x, c] * (y[n, row, x, c] - mean[c])
        }
        let added = unpooled(gradient, codes)
        let expected =
            kind == LF_SINK_SCATTER
            ? before.mapPlaces { Double(Float(before[$0, $1, $2, $3] + added[$0, $1, $2, $3])) }
            : gradient
        expectEqual(
            bench.unpack(out, like: expected).values, expected.values, relative: 1e-6, "gradient")
        let sums = bench.totals(sink.sums, for: maps)
        let size = Double(gradient.values.count / channels)
        expectClose(sums.first, NaiveLayers.channelSums(gradient), within: 1e-6 * size)
        if mask == .normalised {
            expectClose(sums.second, NaiveLayers.channelSums(products), within: 1e-6 * size)
        }
    }

    /// Sums of `size` values about 1 may cancel.
    private func expectClose(_ values: [Double], _ reference: [Double], within: Double) {
        for (value, expected) in zip(values, reference) {
            #expect(abs(value - expected) <= within)
        }
    }

    @Test("a concatenation's rows part again", arguments: InstructionSet.allCases)
    func beside(_ set: InstructionSet) throws {
        let bench = try Bench(set, threads: 2)
        var draw = Draw(4)
        let first = Maps(2, 37, 30, 17) { draw.uniform() }
        let second = Maps(2, 37, 30, 5) { draw.uniform() }
        let (left, right) = (bench.pack(Maps(2, 37, 30, 17)), bench.pack(Maps(2, 37, 30, 5)))
        var other = bench.store(right, like: second, Lanes(5))
        other.kind = Int32(LF_SINK_STATISTICS)
        other.sums = bench.sums(for: second)
        var sink = bench.store(left, like: first, Lanes(17))
        sink.beside = bench.place(other)
        try bench.deliver(first.concatenated(second), Lanes(17, 5), to: sink)
        #expect(bench.unpack(left, like: first).values == first.values)
        #expect(bench.unpack(right, like: second).values == second.values)
        let sums = bench.totals(other.sums, for: second).first
        expectClose(sums, NaiveLayers.channelSums(second), within: 1e-6 * 2 * 37 * 30)
    }

    @Test("stored rows reach a sink as computed ones do", arguments: InstructionSet.allCases)
    func stored(_ set: InstructionSet) throws {
        let bench = try Bench(set, threads: 2)
        var draw = Draw(6)
        let maps = Maps(2, 37, 30, 17) { draw.uniform() }
        func made(_ run: (lf_sink) throws -> Void) rethrows -> ([Double], [Double]) {
            let out = bench.pack(Maps(2, 37, 30, 17))
            var sink = bench.store(out, like: maps, Lanes(17))
            sink.kind = Int32(LF_SINK_GRADIENT)
            sink.sums = bench.sums(for: maps)
            try run(sink)
            return (bench.unpack(out, like: maps).values, bench.totals(sink.sums, for: maps).first)
        }
        let computed = try made { try bench.deliver(maps, to: $0) }
        let stored = try made { sink in
            let (rows, place) = (bench.pack(maps), bench.place(sink))
            try bench.run { lf_sink_run($0, bench.kernels, 2, rows, place) }
        }
        #expect(computed.0 == stored.0 && computed.1 == stored.1)
    }
}

extension [[Double]] {
    fileprivate var tuple: ([Double], [Double], [Double]) { (self[0], self[1], self[2]) }
}
