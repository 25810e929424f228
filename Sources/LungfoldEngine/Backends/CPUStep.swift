import CLungfoldKernels

/// The feature maps whose channel is aimed at, and the place of their gradient.
struct CPUAim {
    var activation: UnsafePointer<Float>
    /// Of batch normalisation, a value a channel.
    var scale: UnsafePointer<Float>?
    var shift: UnsafePointer<Float>?
    var gradient: UnsafeMutablePointer<Float>
    var pixels: Int
    /// Padded.
    var channels: Int
}

/// A step with its C structure filled in, ready to run any number of times.
enum CPUStep {
    case convolution(UnsafeMutablePointer<lf_conv>)
    case convolutionGradient(UnsafeMutablePointer<lf_conv_gradient>)
    case upconvolution(UnsafeMutablePointer<lf_upconv>)
    case upconvolutionBackward(UnsafeMutablePointer<lf_upconv>)
    case upconvolutionGradient(UnsafeMutablePointer<lf_upconv>)
    case pooling(UnsafeMutablePointer<lf_pooling>)
    case normalise(UnsafeMutablePointer<lf_batchnorm>)
    case normaliseGradient(UnsafeMutablePointer<lf_batchnorm>)
    case biasGradient(UnsafeMutablePointer<lf_sums>, channels: Int32, UnsafeMutablePointer<Float>)
    case clear(UnsafeMutableRawPointer, bytes: Int)
    case loss
    case aim(CPUAim)
    case sink(UnsafePointer<Float>, UnsafeMutablePointer<lf_sink>)
}
