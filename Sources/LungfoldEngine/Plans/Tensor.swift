import CLungfoldKernels

/// A piece of the arena, by its number in the plan.
struct Buffer: Hashable, Sendable {
    let index: Int
}

/// Feature maps as they lie in memory: each segment of a concatenation is padded on its own.
struct Channels: Hashable, Sendable {
    /// The used channels of each segment.
    let segments: [Int]

    init(_ count: Int) { segments = [count] }
    init(segments: [Int]) { self.segments = segments }

    /// The used channels.
    var count: Int { segments.reduce(0, +) }
    /// The channels in memory.
    var padded: Int { segments.reduce(0) { $0 + Self.pad($1) } }

    /// Where each used channel lies in memory.
    var places: [Int] {
        var start = 0
        return segments.flatMap { count -> [Int] in
            defer { start += Self.pad(count) }
            return (0..<count).map { start + $0 }
        }
    }

    static func pad(_ count: Int) -> Int {
        let lanes = Int(LF_CHANNEL_PAD)
        return (count + lanes - 1) / lanes * lanes
    }
}

/// A mini-batch of feature maps in the arena, N H W C, float32.
struct Tensor: Hashable, Sendable {
    let buffer: Buffer
    let height: Int
    let width: Int
    /// Channels in memory; 1 for the image, else a multiple of `LF_CHANNEL_PAD`.
    let channels: Int
}
