import CLungfoldKernels
import LungfoldEngine
import Testing

@Suite("transposed convolution kernels") struct UpconvolutionKernelTests {
    /// Of the small side.
    private static let shapes = [
        ConvolutionShape(1, 1, 1, 1, 1, kernel: 2), ConvolutionShape(2, 3, 5, 17, 2, kernel: 2),
        ConvolutionShape(3, 4, 4, 2, 33, kernel: 2), ConvolutionShape(1, 35, 50, 3, 17, kernel: 2),
        ConvolutionShape(1, 10, 131, 17, 3, kernel: 2),
        ConvolutionShape(1, 6, 7, 130, 65, kernel: 2),
    ]

    @Test("forward is the definition", arguments: InstructionSet.allCases, shapes)
    func forward(_ set: InstructionSet, _ shape: ConvolutionShape) throws {
        for form in [RowForm.plain, .normalised] {
            let bench = try Bench(set, threads: 2)
            var draw = Draw(1)
            let rows = bench.rows(
                form, shape.batch, shape.height, shape.width, shape.input, using: &draw)
            let filters = Filters(2, shape.input, shape.output) { draw.uniform() }
            let like = Maps(shape.batch, 2 * shape.height, 2 * shape.width, shape.output)
            let out = bench.pack(like)
            var op = operation(bench, shape, filters)
            op.input = rows.pointer
            op.sink = bench.place(bench.store(out, like: like, Lanes(shape.output)))
            try bench.run(scratchBytes: Int(lf_upconv_scratch_bytes(&op))) {
                lf_upconv_forward($0, bench.kernels, &op)
            }
            expectClose(bench.unpack(out, like: like).values, .direct, "\(shape) \(form)") {
                let at = like.place($0)
                return NaiveUpconvolution.forward(
                    rows.delivered, filters, at.n, at.y, at.x, at.c)
            }
        }
    }

    @Test("the input's gradient is the definition", arguments: InstructionSet.allCases, shapes)
    func backward(_ set: InstructionSet, _ shape: ConvolutionShape) throws {
        let bench = try Bench(set, threads: 2)
        var draw = Draw(2)
        let gradient = bench.rows(
            .gradient, shape.batch, 2 * shape.height, 2 * shape.width, shape.output, using: &draw)
        let filters = Filters(2, shape.input, shape.output) { draw.uniform() }
        let like = Maps(shape.batch, shape.height, shape.width, shape.input)
        let out = bench.pack(like)
        var op = operation(bench, shape, filters)
        op.gradient = gradient.pointer
        op.sink = bench.place(bench.store(out, like: like, Lanes(shape.input)))
        try bench.run(scratchBytes: Int(lf_upconv_scratch_bytes(&op))) {
            lf_upconv_backward($0, bench.kernels, &op)
        }
        expectClose(bench.unpack(out, like: like).values, .direct, "\(shape)") {
            let at = like.place($0)
            return NaiveUpconvolution.inputGradient(
                gradient.delivered, filters, at.n, at.y, at.x, at.c)
        }
    }

    @Test("the weights' gradient is the definition", arguments: InstructionSet.allCases, shapes)
    func weights(_ set: InstructionSet, _ shape: ConvolutionShape) throws {
        let bench = try Bench(set, threads: 2)
        var draw = Draw(3)
        let input = bench.rows(
            .normalised, shape.batch, shape.height, shape.width, shape.input, using: &draw)
        let gradient = bench.rows(
            .plain, shape.batch, 2 * shape.height, 2 * shape.width, shape.output, using: &draw)
        let like = Filters(2, shape.input, shape.output) { 0 }
        var op = operation(bench, shape, like)
        op.input = input.pointer
        op.gradient = gradient.pointer
        op.dweights = bench.pack(
            like, Lanes(shape.input), Lanes(shape.output), transposed: true)
        try bench.run(scratchBytes: Int(lf_upconv_scratch_bytes(&op))) {
            lf_upconv_gradient($0, bench.kernels, &op)
        }
        let made = bench.unpack(
            op.dweights, like: like, Lanes(shape.input), Lanes(shape.output), transposed: true)
        expectClose(made.values, .direct, "\(shape)") {
            let at = made.place($0)
            return NaiveUpconvolution.weightGradient(
                input.delivered, gradient.delivered, at.row, at.column, at.i, at.o)
        }
    }

    private func operation(_ bench: Bench, _ shape: ConvolutionShape, _ filters: Filters)
        -> lf_upconv
    {
        var op = lf_upconv()
        op.batch = Int32(shape.batch)
        op.height = Int32(shape.height)
        op.width = Int32(shape.width)
        op.in = Int32(Lanes.pad(shape.input))
        op.out = Int32(Lanes.pad(shape.output))
        op.weights = UnsafePointer(
            bench.pack(filters, Lanes(shape.input), Lanes(shape.output), transposed: true))
        op.shared = bench.buffer(Int(lf_upconv_shared_floats(&op)), of: Float.nan)
        return op
    }
}
