/// A named array of a weight file: float32, dense, the last axis fastest, in torch's layout.
///
/// Convolution weights are [out, in, rows, columns], transposed ones [in, out, rows, columns].
public struct WeightTensor: Sendable, Hashable {
    /// The extent of each axis; empty for a scalar.
    public var shape: [Int]
    /// The product of the shape's extents many values.
    public var values: [Float]

    /// Makes a tensor of values in the order of its shape, the last axis fastest.
    public init(shape: [Int], values: [Float]) {
        precondition(
            values.count == shape.reduce(1, *), "\(values.count) values do not fill \(shape)")
        self.shape = shape
        self.values = values
    }

    /// Makes a tensor of one value.
    public init(shape: [Int], repeating value: Float) {
        self.init(shape: shape, values: Array(repeating: value, count: shape.reduce(1, *)))
    }
}

/// The tensors of a network by name, with what else a weight file says about it.
public struct WeightSet: Sendable, Hashable {
    /// Tensors by their names, such as `encoder1_conv1.weight`.
    public var tensors: [String: WeightTensor]
    /// Free text by key, such as `architecture` or `input_mean`.
    public var metadata: [String: String]

    /// Makes a set.
    public init(tensors: [String: WeightTensor] = [:], metadata: [String: String] = [:]) {
        self.tensors = tensors
        self.metadata = metadata
    }
}
