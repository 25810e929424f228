import CLungfoldKernels
import LungfoldEngine
import Testing

/// Sizes: single pixels, sides that are no multiples of a tile, channels about a vector and a panel,
/// several strips to an item and several items, and products that all threads share.
private let shapes = [
    ConvolutionShape(1, 1, 1, 3, 2), ConvolutionShape(1, 4, 4, 1, 1),
    ConvolutionShape(2, 5, 7, 2, 3), ConvolutionShape(3, 6, 20, 3, 16),
    ConvolutionShape(2, 9, 13, 16, 17), ConvolutionShape(1, 13, 5, 17, 16),
    ConvolutionShape(1, 20, 1, 4, 5), ConvolutionShape(1, 8, 8, 64, 65),
    ConvolutionShape(1, 20, 11, 65, 64), ConvolutionShape(1, 70, 100, 3, 17),
    ConvolutionShape(1, 37, 261, 17, 2), ConvolutionShape(1, 8, 8, 256, 256),
    ConvolutionShape(2, 60, 72, 256, 256),
]

@Suite("convolution kernels") struct ConvolutionKernelTests {
    @Test("forward is the definition", arguments: InstructionSet.allCases, shapes)
    func forward(_ set: InstructionSet, _ shape: ConvolutionShape) throws {
        for algorithm in [Algorithm.winograd, .direct] {
            try expectForward(set, algorithm, shape)
        }
    }

    @Test("the input's gradient is the definition", arguments: InstructionSet.allCases, shapes)
    func adjoint(_ set: InstructionSet, _ shape: ConvolutionShape) throws {
        for algorithm in [Algorithm.winograd, .direct] {
            try expectAdjoint(set, algorithm, shape)
        }
    }

    @Test("1x1 through matrix products", arguments: InstructionSet.allCases)
    func pointwise(_ set: InstructionSet) throws {
        for shape in [
            ConvolutionShape(2, 5, 7, 17, 3, kernel: 1),
            ConvolutionShape(1, 20, 6, 65, 33, kernel: 1),
        ] {
            try expectForward(set, .direct, shape)
            try expectAdjoint(set, .direct, shape)
        }
    }

    @Test("few input channels", arguments: InstructionSet.allCases, 1...4)
    func thinIn(_ set: InstructionSet, _ channels: Int) throws {
        for kernel in [1, 3] {
            for (h, w) in [(4, 4), (5, 13), (70, 99)] {
                try expectForward(
                    set, .thinIn, ConvolutionShape(2, h, w, channels, 17, kernel: kernel))
                // Backwards a thin output is a thin input.
                try expectAdjoint(
                    set, .thinIn, ConvolutionShape(2, h, w, 17, channels, kernel: kernel))
            }
        }
    }

    @Test("few output channels", arguments: InstructionSet.allCases, 1...4)
    func thinOut(_ set: InstructionSet, _ channels: Int) throws {
        for kernel in [1, 3] {
            for (h, w) in [(1, 1), (4, 4), (5, 13), (70, 99)] {
                try expectForward(
                    set, .thinOut, ConvolutionShape(2, h, w, 19, channels, kernel: kernel))
            }
        }
    }

    @Test("an image of one channel has no padding lanes", arguments: InstructionSet.allCases)
    func image(_ set: InstructionSet) throws {
        for algorithm in [Algorithm.thinIn, .direct] {
            for (h, w) in [(4, 4), (5, 3), (37, 100)] {
                let bench = try Bench(set)
                var draw = Draw(h)
                let maps = Maps(2, h, w, 1) { draw.uniform() }
                let filters = Filters(3, 1, 20) { draw.uniform() }
                let made = try bench.convolve(algorithm, bench.imageRows(maps), filters)
                expectClose(made.values, .direct, "\(algorithm) \(h) x \(w)") {
                    let at = made.place($0)
                    return NaiveConvolution.forward(maps, filters, at.n, at.y, at.x, at.c)
                }
            }
        }
    }

    @Test(
        "every form of input, padded with zeros after it is made",
        arguments: InstructionSet.allCases, RowForm.allCases)
    func forms(_ set: InstructionSet, _ form: RowForm) throws {
        for algorithm in [Algorithm.winograd, .direct, .thinOut] {
            let bench = try Bench(set)
            var draw = Draw(7)
            let rows = bench.rows(form, 2, 22, 72, 18, using: &draw)
            let filters = Filters(3, rows.lanes.count, 4) { draw.uniform() }
            let made = try bench.convolve(algorithm, rows, filters)
            expectClose(made.values, algorithm.tolerance, "\(algorithm) \(form)") {
                let at = made.place($0)
                return NaiveConvolution.forward(rows.delivered, filters, at.n, at.y, at.x, at.c)
            }
        }
    }

    /// Constant and offset inputs meet filters that sum to 0: the result cancels.
    @Test("zeros, constants and offsets", arguments: InstructionSet.allCases)
    func values(_ set: InstructionSet) throws {
        for algorithm in [Algorithm.winograd, .direct] {
            for (offset, spread) in [(0.0, 0.0), (1.5, 0), (1000, 1), (1e-30, 1e-31), (1e15, 1e14)]
            {
                let bench = try Bench(set)
                var draw = Draw(3)
                let maps = Maps(1, 11, 14, 18) { offset + spread * draw.uniform() }
                var filters = Filters(3, 18, 5) { draw.uniform() }
                for i in 0..<18 {
                    for o in 0..<5 { filters[1, 1, i, o] = Double(Float(-outer(filters, i, o))) }
                }
                let made = try bench.convolve(algorithm, bench.plainRows(maps), filters)
                expectClose(made.values, algorithm.tolerance, "\(algorithm) at \(offset)") {
                    let at = made.place($0)
                    return NaiveConvolution.forward(maps, filters, at.n, at.y, at.x, at.c)
                }
            }
        }
    }

    private func outer(_ filters: Filters, _ i: Int, _ o: Int) -> Double {
        (0..<9).filter { $0 != 4 }.reduce(0) { $0 + filters[$1 / 3, $1 % 3, i, o] }
    }

    private func expectForward(
        _ set: InstructionSet, _ algorithm: Algorithm, _ shape: ConvolutionShape
    ) throws {
        let bench = try Bench(set, threads: 2)
        var draw = Draw(shape.height)
        let maps = Maps(shape.batch, shape.height, shape.width, shape.input) { draw.uniform() }
        let filters = Filters(shape.kernel, shape.input, shape.output) { draw.uniform() }
        let made = try bench.convolve(algorithm, bench.plainRows(maps), filters)
        expectClose(made.values, algorithm.tolerance, "\(algorithm) \(shape)") {
            let at = made.place($0)
            return NaiveConvolution.forward(maps, filters, at.n, at.y, at.x, at.c)
        }
    }

    private func expectAdjoint(
        _ set: InstructionSet, _ algorithm: Algorithm, _ shape: ConvolutionShape
    ) throws {
        let bench = try Bench(set, threads: 2)
        var draw = Draw(shape.width)
        let gradient = Maps(shape.batch, shape.height, shape.width, shape.output) { draw.uniform() }
        let filters = Filters(shape.kernel, shape.input, shape.output) { draw.uniform() }
        let made = try bench.convolve(
            algorithm, bench.plainRows(gradient), filters, adjoint: true)
        expectClose(made.values, algorithm.tolerance, "\(algorithm) adjoint \(shape)") {
            let at = made.place($0)
            return NaiveConvolution.inputGradient(gradient, filters, at.n, at.y, at.x, at.c)
        }
    }
}
