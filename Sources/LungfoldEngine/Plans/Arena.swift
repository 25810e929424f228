/// Where each buffer of a plan lies: buffers that are never needed at the same time share memory.
package struct Arena: Sendable {
    /// The start of each buffer, in bytes; a multiple of `alignment`.
    package let offsets: [Int]
    /// Bytes in all.
    package let byteCount: Int

    /// A cache line.
    static let alignment = 64

    /// Lays out buffers, the largest first, each at the lowest place that is free while it lives.
    /// - Parameters:
    ///   - sizes: bytes of each buffer.
    ///   - lifetimes: the first and last step that touches it; nil: it is never touched.
    package init(sizes: [Int], lifetimes: [ClosedRange<Int>?]) {
        var offsets = Array(repeating: 0, count: sizes.count)
        var placed: [(lifetime: ClosedRange<Int>, place: Range<Int>)] = []
        let order = sizes.indices.sorted { (sizes[$0], $1) > (sizes[$1], $0) }
        for index in order {
            guard let lifetime = lifetimes[index] else { continue }
            let size = (sizes[index] + Self.alignment - 1) / Self.alignment * Self.alignment
            var start = 0
            let neighbours = placed.filter { $0.lifetime.overlaps(lifetime) }.map(\.place)
            for place in neighbours.sorted(by: { $0.lowerBound < $1.lowerBound }) {
                if start + size <= place.lowerBound { break }
                start = max(start, place.upperBound)
            }
            offsets[index] = start
            placed.append((lifetime, start..<start + size))
        }
        self.offsets = offsets
        byteCount = placed.map(\.place.upperBound).max() ?? 0
    }
}
