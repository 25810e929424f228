import CLungfoldKernels
import Testing

/// How a convolution is multiplied.
enum Algorithm: CaseIterable, Sendable {
    case winograd, direct, thinIn, thinOut

    var code: Int32 {
        switch self {
        case .winograd: Int32(LF_CONV_WINOGRAD)
        case .direct: Int32(LF_CONV_DIRECT)
        case .thinIn: Int32(LF_CONV_THIN_IN)
        case .thinOut: Int32(LF_CONV_THIN_OUT)
        }
    }

    /// What it may lose.
    var tolerance: Tolerance { self == .winograd ? .winograd : .direct }
    var weightTolerance: Tolerance { self == .winograd ? .winogradWeights : .direct }

    func thin(_ input: Int, _ output: Int) -> Int32 {
        switch self {
        case .thinIn: Int32(input)
        case .thinOut: Int32(output)
        case .winograd, .direct: 0
        }
    }
}

/// The size of a convolution, its channels as the forward pass sees them.
struct ConvolutionShape: CustomStringConvertible, Sendable {
    var batch: Int
    var height: Int
    var width: Int
    var input: Int
    var output: Int
    var kernel = 3

    init(_ batch: Int, _ height: Int, _ width: Int, _ input: Int, _ output: Int, kernel: Int = 3) {
        self.batch = batch
        self.height = height
        self.width = width
        self.input = input
        self.output = output
        self.kernel = kernel
    }

    var description: String {
        "\(batch) x \(height) x \(width), \(input) to \(output) channels, kernel \(kernel)"
    }
}

extension Bench {
    /// A sink that stores.
    func store(_ out: UnsafeMutablePointer<Float>, like maps: Maps, _ lanes: Lanes) -> lf_sink {
        var sink = lf_sink()
        sink.kind = Int32(LF_SINK_STORE)
        sink.height = Int32(maps.height)
        sink.width = Int32(maps.width)
        sink.channels = Int32(lanes.padded)
        sink.out = out
        sink.factor = 1
        return sink
    }

    /// The convolution of rows, or with `adjoint` the gradient of its input from that of its output.
    func convolve(_ algorithm: Algorithm, _ rows: Rows, _ filters: Filters, adjoint: Bool = false)
        throws -> Maps
    {
        let maps = rows.delivered
        let lanes = Lanes(adjoint ? filters.input : filters.output)
        let like = Maps(maps.batch, maps.height, maps.width, lanes.count)
        let out = pack(like)
        let sink = place(store(out, like: like, lanes))
        let input = rows.lanes.padded
        var op = lf_conv()
        op.algorithm = algorithm.code
        op.kernel = Int32(filters.kernel)
        op.batch = Int32(maps.batch)
        op.height = Int32(maps.height)
        op.width = Int32(maps.width)
        op.in = Int32(input)
        op.out = Int32(lanes.padded)
        op.thin = algorithm.thin(maps.channels, lanes.count)
        op.adjoint = adjoint ? 1 : 0
        op.input = rows.pointer
        op.sink = sink
        op.weights = UnsafePointer(
            adjoint ? pack(filters, lanes, rows.lanes) : pack(filters, rows.lanes, lanes))
        op.transformed = buffer(max(Int(lf_conv_transformed_floats(&op)), 1), of: Float.nan)
        op.shared = buffer(max(Int(lf_conv_shared_floats(&op)), 1), of: Float.nan)
        try run(scratchBytes: Int(lf_conv_scratch_bytes(&op))) { lf_conv_run($0, kernels, &op) }
        return unpack(out, like: like)
    }

    /// The gradient of a convolution's weights.
    func weightGradient(_ algorithm: Algorithm, _ rows: Rows, _ gradient: Rows, kernel: Int) throws
        -> Filters
    {
        let maps = rows.delivered
        let output = gradient.lanes
        let like = Filters(kernel, maps.channels, gradient.delivered.channels) { 0 }
        let made = pack(like, rows.lanes, output)
        var op = lf_conv_gradient()
        op.algorithm = algorithm.code
        op.kernel = Int32(kernel)
        op.batch = Int32(maps.batch)
        op.height = Int32(maps.height)
        op.width = Int32(maps.width)
        op.in = Int32(rows.lanes.padded)
        op.out = Int32(output.padded)
        op.thin = algorithm.thin(maps.channels, like.output)
        op.input = rows.pointer
        op.gradient = gradient.pointer
        op.dweights = made
        op.shared = buffer(Int(lf_conv_gradient_shared_floats(&op)), of: Float.nan)
        try run(scratchBytes: Int(lf_conv_gradient_scratch_bytes(&op))) {
            lf_conv_gradient_run($0, kernels, &op)
        }
        return unpack(made, like: like, rows.lanes, output)
    }
}
