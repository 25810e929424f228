/// A network compiled for one shape of mini-batch: the steps of a pass and the memory they need. It
/// is a value without pointers, the same for every backend.
struct Plan: Sendable {
    enum Purpose: Hashable, Sendable {
        /// Forward with the mini-batch's statistics, loss, backward.
        case training
        /// Forward with the population's statistics, loss and predictions.
        case inference
        /// Forward with the population's statistics up to a layer, and back to the image.
        case inputGradient(layer: String)
    }

    /// What a batch normalisation works on.
    struct NormalisationParameters: Hashable, Sendable {
        var channels: Int
        var scale: Int
        var offset: Int
        var runningMean: Int
        var runningVariance: Int
    }

    var description: NetworkDescription
    var purpose: Purpose
    var batch: Int
    var height: Int
    var width: Int
    var tensors: [ParameterDescription]
    /// How each tensor's axes lie in memory.
    var layouts: [ParameterLayout]
    var normalisations: [NormalisationParameters] = []
    var bufferSizes: [Int] = []
    var steps: [Step] = []
    /// Steps up to here are the forward pass and the loss.
    var forwardEnd = 0
    /// The mini-batch of images, [N][H][W], zero-centred.
    var image = Tensor(buffer: Buffer(index: 0), height: 0, width: 0, channels: 1)
    /// The loss and where the logits are; nil in a plan for the image's gradient.
    var loss: LossStep?
    /// The gradient of the image, its one channel padded; in such a plan alone.
    var imageGradient: Tensor?

    var arena: Arena {
        var lifetimes: [ClosedRange<Int>?] = Array(repeating: nil, count: bufferSizes.count)
        for (index, step) in steps.enumerated() {
            for buffer in step.buffers {
                let first = lifetimes[buffer.index]?.lowerBound ?? index
                lifetimes[buffer.index] = first...index
            }
        }
        // The image is written before the first step, and read again by the last.
        lifetimes[image.buffer.index] = 0...max(steps.count - 1, 0)
        return Arena(sizes: bufferSizes, lifetimes: lifetimes)
    }
}

extension Plan.Purpose {
    /// Whether the gradient of the image is wanted.
    var isInputGradient: Bool {
        if case .inputGradient = self { return true }
        return false
    }
}

/// How a parameter lies in memory, next to its torch layout.
enum ParameterLayout: Hashable, Sendable {
    /// [padded].
    case vector(Channels)
    /// torch [out, in, rows, columns]; here [rows][columns][in][out].
    case convolution(kernel: Int, input: Channels, output: Channels)
    /// torch [in, out, rows, columns]; here [rows][in][columns][out].
    case transposedConvolution(input: Channels, output: Channels)

    /// Values in memory, padding included.
    var count: Int {
        switch self {
        case .vector(let channels): channels.padded
        case .convolution(let kernel, let input, let output):
            kernel * kernel * input.padded * output.padded
        case .transposedConvolution(let input, let output): 4 * input.padded * output.padded
        }
    }

    /// Calls `body` with the index of every value in torch's order, and its place in memory.
    ///
    /// Goes along memory, sixteen outputs at a time: sixteen floats of a cache line on one side, sixteen
    /// lines in turn on the other. In torch's order nearly every value would be a cache miss.
    func forEachPlace(_ body: (_ index: Int, _ place: Int) -> Void) {
        switch self {
        case .vector(let channels):
            for (index, place) in channels.places.enumerated() { body(index, place) }
        case .convolution(let kernel, let input, let output):
            let (inputs, outputs, taps) = (
                Array(input.places), Array(output.places), kernel * kernel
            )
            for block in stride(from: 0, to: outputs.count, by: 16) {
                for i in inputs.indices {
                    for tap in 0..<taps {
                        let row = (tap * input.padded + inputs[i]) * output.padded
                        for o in block..<min(block + 16, outputs.count) {
                            body((o * inputs.count + i) * taps + tap, row + outputs[o])
                        }
                    }
                }
            }
        case .transposedConvolution(let input, let output):
            let (inputs, outputs) = (Array(input.places), Array(output.places))
            for i in inputs.indices {
                for tap in 0..<4 {
                    let row = (tap / 2 * input.padded + inputs[i]) * 2 + tap % 2
                    for o in outputs.indices {
                        body((i * outputs.count + o) * 4 + tap, row * output.padded + outputs[o])
                    }
                }
            }
        }
    }
}
