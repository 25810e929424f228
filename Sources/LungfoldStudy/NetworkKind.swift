/// The two networks the paper compares.
public enum NetworkKind: String, Codable, CaseIterable, Hashable, Sendable {
    /// SegNet: an encoder-decoder that unpools with the encoder's max-pooling indices.
    case segnet
    /// U-Net: an encoder-decoder that concatenates the encoder's outputs.
    case unet

    /// The name as the paper prints it.
    public var title: String {
        switch self {
        case .segnet: "SegNet"
        case .unet: "U-Net"
        }
    }
}
