import CLungfoldKernels
import LungfoldEngine
import Testing

@Suite("pooling and dropout kernels") struct PoolingKernelTests {
    private func pool(
        _ bench: Bench, _ maps: Maps, scale: [Double]? = nil, shift: [Double]? = nil,
        dropout: (p: Double, key: UInt64)? = nil
    ) throws -> (pooled: Maps, codes: [UInt8]) {
        let small = Maps(maps.batch, maps.height / 2, maps.width / 2, maps.channels)
        var op = lf_pooling()
        op.batch = Int32(maps.batch)
        op.height = Int32(maps.height)
        op.width = Int32(maps.width)
        op.channels = Int32(Lanes.pad(maps.channels))
        op.y = UnsafePointer(bench.pack(maps))
        op.scale = scale.map { UnsafePointer(bench.vector($0)) }
        op.shift = shift.map { UnsafePointer(bench.vector($0)) }
        if let dropout {
            op.factor = Float(1 / (1 - dropout.p))
            op.drop_below = UInt32(dropout.p * 0x1p32)
            op.dropout_key = bench.place(dropout.key)
        }
        op.out = bench.pack(small)
        let none = small.values.map { _ in UInt8(9) }
        op.codes = bench.pack(codes: none, of: small)
        try bench.run { lf_pooling_run($0, bench.kernels, &op) }
        let padded = Lanes.pad(maps.channels)
        let codes = small.values.indices.map {
            op.codes[$0 / maps.channels * padded + $0 % maps.channels]
        }
        return (bench.unpack(op.out, like: small), codes)
    }

    @Test(
        "largest of four, the first of equals", arguments: InstructionSet.allCases,
        [(1, 2, 2, 1), (2, 6, 10, 17), (1, 40, 66, 65)])
    func ties(_ set: InstructionSet, _ size: (Int, Int, Int, Int)) throws {
        let bench = try Bench(set, threads: 2)
        var draw = Draw(1)
        let maps = Maps(size.0, size.1, size.2, size.3) {
            Double(Int.random(in: -1...1, using: &draw))
        }
        let made = try pool(bench, maps)
        let expected = NaiveLayers.maxPool(maps)
        #expect(made.pooled.values == expected.pooled.values)
        #expect(made.codes == expected.codes)
    }

    /// The sign of the scale decides whether the largest or the smallest wins; where the activation
    /// is 0 for all four, the first does.
    @Test("before BatchNorm and ReLU as behind them", arguments: InstructionSet.allCases)
    func normalised(_ set: InstructionSet) throws {
        let bench = try Bench(set, threads: 2)
        var draw = Draw(2)
        let maps = Maps(2, 20, 14, 19) { Double(Int.random(in: -3...3, using: &draw)) }
        let scale = (0..<19).map { [1.0, -0.5, 0, 2][$0 % 4] }
        let shift = (0..<19).map { [0.0, 1, -1][$0 % 3] }
        let made = try pool(bench, maps, scale: scale, shift: shift)
        let activated = maps.mapPlaces { n, y, x, c in
            max(maps[n, y, x, c] * scale[c] + shift[c], 0)
        }
        let expected = NaiveLayers.maxPool(activated)
        #expect(made.codes == expected.codes)
        let pooled = made.pooled.mapPlaces { n, y, x, c in
            max(made.pooled[n, y, x, c] * scale[c] + shift[c], 0)
        }
        #expect(pooled.values == expected.pooled.values)
    }

    @Test("NaN wins", arguments: InstructionSet.allCases, 0..<4)
    func notANumber(_ set: InstructionSet, _ place: Int) throws {
        for normalised in [false, true] {
            let bench = try Bench(set)
            var maps = Maps(1, 2, 2, 16) { 1 }
            maps[0, place / 2, place % 2, 5] = .nan
            let ones = Array(repeating: 1.0, count: 16)
            let made = try pool(
                bench, maps, scale: normalised ? ones : nil, shift: normalised ? ones : nil)
            #expect(made.pooled[0, 0, 0, 5].isNaN && made.codes[5] == place)
            #expect(made.pooled.values.filter(\.isNaN).count == 1)
        }
    }

    // MARK: Dropout

    private func dropped(_ bench: Bench, _ maps: Maps, p: Double, key: UInt64) throws -> Maps {
        let out = bench.pack(maps)
        var sink = bench.store(out, like: maps, Lanes(maps.channels))
        sink.kind = Int32(LF_SINK_ACTIVATE)
        sink.factor = Float(1 / (1 - p))
        sink.drop_below = UInt32(p * 0x1p32)
        sink.dropout_key = bench.place(key)
        try bench.deliver(maps, to: sink)
        return bench.unpack(out, like: maps)
    }

    @Test("dropout drops its share and scales the rest", arguments: [0.1, 0.25, 0.5, 0.9])
    func share(_ p: Double) throws {
        let bench = try Bench(.portable, threads: 2)
        let ones = Maps(2, 50, 60, 20) { 1 }
        let made = [1, 2, 1 << 32, 1 << 63].map { key in
            Result { try dropped(bench, ones, p: p, key: key).values.map { $0 == 0 } }
        }
        let count = Double(ones.values.count)
        let masks = try made.map { try $0.get() }
        for (index, mask) in masks.enumerated() {
            // Six standard deviations of a binomial share.
            let within = 6 * (p * (1 - p) / count).squareRoot()
            #expect(abs(Double(mask.count { $0 }) / count - p) < within)
            for other in masks[(index + 1)...] {
                let both = Double(zip(mask, other).count { $0 && $1 }) / count
                #expect(abs(both - p * p) < 6 * (p * p * (1 - p * p) / count).squareRoot())
            }
        }
        let kept = try dropped(bench, ones, p: p, key: 1).values.filter { $0 != 0 }
        #expect(kept.allSatisfy { $0 == Double(Float(1 / (1 - p))) })
    }

    /// Neighbours must not agree: not along the channels, the columns, the rows or the slices.
    @Test("dropout's neighbours are independent")
    func neighbours() throws {
        let bench = try Bench(.portable)
        let ones = Maps(4, 30, 32, 16) { 1 }
        let made = try dropped(bench, ones, p: 0.5, key: 77).values.map { $0 == 0 }
        for distance in [1, 2, 16, 32, 32 * 16, 30 * 32 * 16] {
            let pairs = Double(made.count - distance)
            let equal = Double(zip(made, made[distance...]).count { $0 == $1 })
            #expect(abs(equal / pairs - 0.5) < 3 / pairs.squareRoot())
        }
    }

    @Test("dropout is a function of key and place", arguments: InstructionSet.allCases, 1...3)
    func dropoutBits(_ set: InstructionSet, _ threads: Int) throws {
        var draw = Draw(9)
        // Multiples of 1/64: the pool takes what differs by rounding alone as equal.
        let maps = Maps(2, 38, 30, 33) { Double(Int.random(in: 1...128, using: &draw)) / 64 }
        let reference = try dropped(Bench(.portable), maps, p: 0.5, key: 42)
        let made = try dropped(Bench(set, threads: threads), maps, p: 0.5, key: 42)
        #expect(made.values == reference.values)
        // On the way into a pool the same values are dropped.
        let pooled = try pool(Bench(set, threads: threads), maps, dropout: (0.5, 42))
        let expected = NaiveLayers.maxPool(reference)
        #expect(pooled.pooled.values == expected.pooled.values && pooled.codes == expected.codes)
    }
}
