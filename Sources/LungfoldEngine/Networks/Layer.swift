/// The vocabulary in which a network is described, layer after layer, each taking the output of the
/// one before it.
///
/// Names are those of the weight files: a convolution `encoder1_conv1` has the tensors
/// `encoder1_conv1.weight` and `encoder1_conv1.bias`.
public enum Layer: Sendable, Hashable {
    /// Square kernel of 3 or 1, stride 1, zero padding that keeps the size. A bias that does not
    /// train stays as it is loaded.
    case convolution(name: String, filters: Int, kernel: Int, trainsBias: Bool)
    /// Batch normalisation over mini-batch, rows and columns, then scale and offset.
    case batchNorm(name: String)
    /// max(x, 0).
    case relu
    /// 2x2, stride 2; keeps where each maximum was (the first one of equals, row by row).
    case maxPool(name: String)
    /// Puts each value back where the pool of that name found it, zeros elsewhere.
    case maxUnpool(pool: String)
    /// In training sets each value to 0 with that probability and divides the others by 1 minus it.
    case dropout(name: String, probability: Double)
    /// Marks the current output for a later concatenation.
    case save(name: String)
    /// 2x2, stride 2; its bias learns at twice the rate, as MATLAB's `unetLayers` has it.
    case transposedConvolution(name: String, filters: Int)
    /// [current, saved] along the channels: the decoder's come first.
    case concatenate(saved: String)
}
