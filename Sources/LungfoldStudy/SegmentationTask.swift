/// What the network is asked to tell apart.
public enum SegmentationTask: String, Codable, CaseIterable, Hashable, Sendable {
    /// Infected tissue against everything else.
    case binary
    /// Ground-glass opacity, consolidation and pleural effusion against everything else.
    case multiclass

    /// The largest value a stored label may have: 0 background and healthy, 1 ground-glass opacity,
    /// 2 consolidation, 3 pleural effusion.
    public static let largestLabel: UInt8 = 3

    /// The classes' names, in the order of their indices.
    public var classNames: [String] {
        switch self {
        case .binary: ["healthy", "infected"]
        case .multiclass:
            ["healthy", "ground-glass opacity", "consolidation", "pleural effusion"]
        }
    }

    /// The number of classes, background included.
    public var classCount: Int { classNames.count }

    /// The class of a stored label in 0...3: the binary task merges 1 to 3.
    public func classIndex(ofLabel label: UInt8) -> UInt8 {
        switch self {
        case .binary: label == 0 ? 0 : 1
        case .multiclass: label
        }
    }
}
