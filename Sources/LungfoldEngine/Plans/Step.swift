/// Batch normalisation's vectors and parameters, by its number in the plan.
struct Normalisation: Hashable, Sendable {
    let index: Int
}

/// Where a step takes rows of feature maps from; several parts are a concatenation.
struct RowPart: Hashable, Sendable {
    enum Form: Hashable, Sendable {
        /// The tensor as it is.
        case plain
        /// The tensor through batch normalisation and ReLU.
        case normalised(Normalisation)
        /// The tensor is the gradient behind batch normalisation; `y` is what was normalised.
        case gradient(Normalisation, y: Tensor)
    }

    var tensor: Tensor
    var form: Form
    /// Set: the tensor is unpooled to twice its height and width.
    var codes: Buffer?

    var height: Int { codes == nil ? tensor.height : 2 * tensor.height }
    var width: Int { codes == nil ? tensor.width : 2 * tensor.width }
}

/// Where a step's rows go; several parts take the channels in turn.
struct SinkPart: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        case store
        /// Store, and leave sums for batch normalisation.
        case statistics
        /// Bias, ReLU, dropout.
        case activate(bias: Int?, relu: Bool, dropout: Double)
        /// The gradient behind a ReLU.
        case gradient
        /// Of the pixels that a pool had found: the adjoint of unpooling.
        case gather(codes: Buffer)
        /// Added to the pixels that a pool had found: the adjoint of pooling.
        case scatter(codes: Buffer)
    }

    var kind: Kind
    /// What is written.
    var out: Tensor
    /// Height and width of the rows that arrive.
    var height: Int
    var width: Int
    /// Gradients: the activation whose sign decides, before batch normalisation where there is one.
    var mask: Tensor?
    var normalisation: Normalisation?
    /// What gradients behind a dropout are multiplied by.
    var factor: Float = 1
    /// Where partial sums are left.
    var sums: Buffer?
}

/// Partial sums that a sink has left.
struct Sums: Hashable, Sendable {
    var buffer: Buffer
    var strips: Int
}

/// One operation over the whole mini-batch. Steps name buffers and parameters, never memory: a
/// backend turns them into what it runs.
enum Step: Sendable {
    /// A convolution, or with `adjoint` the gradient of its input.
    case convolution(ConvolutionStep)
    case convolutionGradient(ConvolutionGradientStep)
    case upconvolution(UpconvolutionStep)
    case upconvolutionBackward(UpconvolutionStep)
    case upconvolutionGradient(UpconvolutionStep)
    case pooling(PoolingStep)
    /// From sums to the vectors that rows are normalised with.
    case normalise(Normalisation, sums: Sums, count: Int)
    /// From the sums of a gradient to the gradients of scale and offset, and to the vectors that
    /// gradient rows are made with.
    case normaliseGradient(Normalisation, sums: [Sums], count: Int)
    case biasGradient(parameter: Int, channels: Int, sums: [Sums])
    case clear(Tensor)
    case loss(LossStep)
    case aim(AimStep)
    /// Hands a stored tensor to a sink.
    case sink(Tensor, [SinkPart])
}

/// How a convolution is multiplied.
enum ConvolutionMethod: Hashable, Sendable {
    case winograd
    case direct
    /// Few input channels, their number.
    case thinIn(Int)
    /// Few output channels, their number.
    case thinOut(Int)
}

/// What the passes of a convolution have in common, as each direction sees it.
struct ConvolutionShape: Sendable {
    var name: String
    var method: ConvolutionMethod
    var kernel: Int
    var height: Int
    var width: Int
    /// Padded channels.
    var inChannels: Int
    var outChannels: Int
    /// The weights' parameter.
    var weight: Int

    /// Two for every multiply-add of the definition, for a mini-batch.
    func directFLOPs(batch: Int) -> Int {
        var used = (inChannels, outChannels)
        switch method {
        case .thinIn(let channels): used.0 = channels
        case .thinOut(let channels): used.1 = channels
        case .winograd, .direct: break
        }
        return 2 * batch * height * width * kernel * kernel * used.0 * used.1
    }
}

struct ConvolutionStep: Sendable {
    var shape: ConvolutionShape
    var input: [RowPart]
    var sink: [SinkPart]
    var adjoint: Bool
}

struct ConvolutionGradientStep: Sendable {
    var shape: ConvolutionShape
    var input: [RowPart]
    var gradient: [RowPart]
}

struct UpconvolutionStep: Sendable {
    var name: String
    /// Of the small side.
    var height: Int
    var width: Int
    var inChannels: Int
    var outChannels: Int
    var weight: Int
    var input: [RowPart] = []
    var gradient: [RowPart] = []
    var sink: [SinkPart] = []
}

struct PoolingStep: Sendable {
    var input: Tensor
    var normalisation: Normalisation?
    var dropout: Double
    var out: Tensor
    var codes: Buffer
}

struct LossStep: Sendable {
    /// The last convolution's output.
    var logits: Tensor
    var normalisation: Normalisation?
    var classes: Int
    /// Of the logits; nil: only loss and predictions are wanted.
    var gradient: Tensor?
    var sums: Buffer
}

/// The mean of a channel of feature maps over rows, columns and mini-batch, and its gradient.
struct AimStep: Sendable {
    /// A layer's output.
    var activation: Tensor
    var normalisation: Normalisation?
    /// Of the output, behind the normalisation.
    var gradient: Tensor
}

extension Step {
    /// The buffers it reads or writes.
    var buffers: [Buffer] {
        switch self {
        case .convolution(let s):
            s.input.flatMap(\.buffers) + s.sink.flatMap(\.buffers)
        case .convolutionGradient(let s):
            (s.input + s.gradient).flatMap(\.buffers)
        case .upconvolution(let s), .upconvolutionBackward(let s), .upconvolutionGradient(let s):
            (s.input + s.gradient).flatMap(\.buffers) + s.sink.flatMap(\.buffers)
        case .pooling(let s): [s.input.buffer, s.out.buffer, s.codes]
        case .normalise(_, let sums, _): [sums.buffer]
        case .normaliseGradient(_, let sums, _), .biasGradient(_, _, let sums): sums.map(\.buffer)
        case .clear(let tensor): [tensor.buffer]
        case .loss(let s): [s.logits.buffer, s.sums] + [s.gradient?.buffer].compactMap { $0 }
        case .aim(let s): [s.activation.buffer, s.gradient.buffer]
        case .sink(let tensor, let parts): [tensor.buffer] + parts.flatMap(\.buffers)
        }
    }
}

extension RowPart {
    var buffers: [Buffer] {
        var all = [tensor.buffer]
        if case .gradient(_, let y) = form { all.append(y.buffer) }
        if let codes { all.append(codes) }
        return all
    }
}

extension SinkPart {
    var buffers: [Buffer] {
        var all = [out.buffer]
        if let mask { all.append(mask.buffer) }
        if let sums { all.append(sums) }
        switch kind {
        case .gather(let codes), .scatter(let codes): all.append(codes)
        case .store, .statistics, .activate, .gradient: break
        }
        return all
    }
}

extension Step {
    /// What measurements call it.
    var name: String {
        switch self {
        case .convolution(let s): "\(s.shape.name) \(s.adjoint ? "backward" : "forward")"
        case .convolutionGradient(let s): "\(s.shape.name) weights"
        case .upconvolution(let s): "\(s.name) forward"
        case .upconvolutionBackward(let s): "\(s.name) backward"
        case .upconvolutionGradient(let s): "\(s.name) weights"
        case .pooling: "pool"
        case .normalise: "normalise"
        case .normaliseGradient: "normalise backward"
        case .biasGradient: "bias"
        case .clear: "clear"
        case .loss: "loss"
        case .aim: "aim"
        case .sink: "loss backward"
        }
    }
}

extension Step {
    /// The multiply-adds of its definition, two operations each, for a mini-batch: what a direct
    /// computation would need, however it is really done.
    func directFLOPs(batch: Int) -> Int {
        switch self {
        case .convolution(let s): s.shape.directFLOPs(batch: batch)
        case .convolutionGradient(let s): s.shape.directFLOPs(batch: batch)
        case .upconvolution(let s), .upconvolutionBackward(let s), .upconvolutionGradient(let s):
            8 * batch * s.height * s.width * s.inChannels * s.outChannels
        case .pooling, .normalise, .normaliseGradient, .biasGradient, .clear, .loss, .aim, .sink: 0
        }
    }
}
