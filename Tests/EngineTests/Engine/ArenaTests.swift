import LungfoldEngine
import Testing

@Suite("arena") struct ArenaTests {
    @Test("buffers that are needed at the same time do not overlap", arguments: 1...40)
    func overlaps(_ seed: Int) {
        var draw = Draw(seed)
        let count = Int.random(in: 1...60, using: &draw)
        let sizes = (0..<count).map { _ in Int.random(in: 0...5000, using: &draw) }
        let lifetimes = (0..<count).map { _ -> ClosedRange<Int>? in
            let first = Int.random(in: 0...30, using: &draw)
            let last = first + Int.random(in: 0...10, using: &draw)
            return Int.random(in: 0..<8, using: &draw) == 0 ? nil : first...last
        }
        let arena = Arena(sizes: sizes, lifetimes: lifetimes)
        var living = Array(repeating: 0, count: 41)
        var sum = 0
        for (a, lifetime) in lifetimes.enumerated() {
            guard let lifetime else { continue }
            let aligned = (sizes[a] + 63) / 64 * 64
            sum += aligned
            for step in lifetime { living[step] += aligned }
            #expect(arena.offsets[a] % 64 == 0)
            #expect(arena.offsets[a] + sizes[a] <= arena.byteCount)
            for b in 0..<a where lifetimes[b]?.overlaps(lifetime) == true {
                #expect(
                    arena.offsets[a] + sizes[a] <= arena.offsets[b]
                        || arena.offsets[b] + sizes[b] <= arena.offsets[a])
            }
        }
        #expect(arena.byteCount <= sum)
        #expect(arena.byteCount >= living.max() ?? 0)
    }

    @Test("buffers in turn share one place")
    func sharing() {
        let arena = Arena(
            sizes: [100, 60, 100, 7], lifetimes: [0...1, 1...2, 2...3, nil])
        #expect(arena.offsets[0] == arena.offsets[2])
        #expect(arena.byteCount == 128 + 64)
    }
}
