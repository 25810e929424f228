import CLungfoldKernels
import LungfoldEngine
import Testing

@Suite("weight gradient kernels") struct WeightGradientKernelTests {
    @Test(
        "the weights' gradient is the definition", arguments: InstructionSet.allCases,
        [
            ConvolutionShape(1, 1, 1, 3, 2), ConvolutionShape(1, 4, 4, 1, 1),
            ConvolutionShape(2, 5, 7, 2, 3), ConvolutionShape(3, 6, 20, 3, 16),
            ConvolutionShape(2, 9, 13, 16, 17), ConvolutionShape(1, 13, 5, 17, 16),
            ConvolutionShape(1, 20, 11, 65, 64), ConvolutionShape(1, 70, 100, 3, 17),
            ConvolutionShape(2, 21, 261, 17, 2), ConvolutionShape(1, 8, 8, 128, 256),
            ConvolutionShape(2, 60, 72, 256, 128),
        ])
    func definition(_ set: InstructionSet, _ shape: ConvolutionShape) throws {
        for algorithm in [Algorithm.winograd, .direct] {
            try expectGradient(set, algorithm, shape)
        }
    }

    @Test("few channels on either side", arguments: InstructionSet.allCases, 1...4)
    func thin(_ set: InstructionSet, _ channels: Int) throws {
        for kernel in [1, 3] {
            for (h, w) in [(1, 1), (4, 4), (5, 13), (70, 99)] {
                try expectGradient(
                    set, .thinIn, ConvolutionShape(2, h, w, channels, 18, kernel: kernel))
                try expectGradient(
                    set, .thinOut, ConvolutionShape(2, h, w, 18, channels, kernel: kernel))
            }
        }
    }

    @Test("1x1 through matrix products", arguments: InstructionSet.allCases)
    func pointwise(_ set: InstructionSet) throws {
        try expectGradient(set, .direct, ConvolutionShape(2, 5, 17, 19, 33, kernel: 1))
    }

    @Test("an image of one channel has no padding lanes", arguments: InstructionSet.allCases)
    func image(_ set: InstructionSet) throws {
        for algorithm in [Algorithm.thinIn, .direct] {
            for (h, w) in [(4, 4), (5, 3), (37, 100)] {
                let bench = try Bench(set)
                var draw = Draw(h)
                let maps = Maps(2, h, w, 1) { draw.uniform() }
                let rows = bench.rows(.gradient, 2, h, w, 20, using: &draw)
                try expectGradient(bench, algorithm, bench.imageRows(maps), rows, kernel: 3)
            }
        }
    }

    @Test(
        "every form of input and of gradient", arguments: InstructionSet.allCases, RowForm.allCases)
    func forms(_ set: InstructionSet, _ form: RowForm) throws {
        for algorithm in [Algorithm.winograd, .direct, .thinOut] {
            for gradient in [RowForm.plain, .gradient, .unpooledGradient] {
                let bench = try Bench(set)
                var draw = Draw(5)
                let input = bench.rows(form, 1, 14, 74, 18, using: &draw)
                let output = bench.rows(gradient, 1, 14, 74, 4, using: &draw)
                try expectGradient(bench, algorithm, input, output, kernel: 3)
            }
        }
    }

    @Test("zeros and offsets", arguments: InstructionSet.allCases)
    func values(_ set: InstructionSet) throws {
        for algorithm in [Algorithm.winograd, .direct] {
            for (offset, spread) in [(0.0, 0.0), (1000, 1), (1e-17, 1e-17), (1e12, 1e12)] {
                let bench = try Bench(set)
                var draw = Draw(3)
                let input = Maps(2, 11, 14, 18) { offset + spread * draw.uniform() }
                let output = Maps(2, 11, 14, 5) { draw.uniform() }
                try expectGradient(
                    bench, algorithm, bench.plainRows(input), bench.plainRows(output), kernel: 3)
            }
        }
    }

    private func expectGradient(
        _ set: InstructionSet, _ algorithm: Algorithm, _ shape: ConvolutionShape
    ) throws {
        let bench = try Bench(set, threads: 2)
        var draw = Draw(shape.input)
        let input = Maps(shape.batch, shape.height, shape.width, shape.input) { draw.uniform() }
        let output = Maps(shape.batch, shape.height, shape.width, shape.output) { draw.uniform() }
        try expectGradient(
            bench, algorithm, bench.plainRows(input), bench.plainRows(output), kernel: shape.kernel)
    }

    private func expectGradient(
        _ bench: Bench, _ algorithm: Algorithm, _ input: Rows, _ output: Rows, kernel: Int
    ) throws {
        let made = try bench.weightGradient(algorithm, input, output, kernel: kernel)
        let what = "\(algorithm) \(made.input) to \(made.output) channels"
        expectClose(made.values, algorithm.weightTolerance, what) {
            let at = made.place($0)
            return NaiveConvolution.weightGradient(
                input.delivered, output.delivered, kernel: kernel, at.row, at.column, at.i, at.o)
        }
    }
}
