import LungfoldStudy
import Testing

@Suite("Outlines: HD95 and boundary F1")
struct SurfaceTests {
    private func region(_ size: Int, _ contains: (Int, Int) -> Bool) -> [Bool] {
        (0..<size * size).map { contains($0 / size, $0 % size) }
    }

    @Test("Equal regions; a region that is missing; two that are")
    func extremes() {
        let square = region(16) { (4..<9).contains($0) && (4..<9).contains($1) }
        let none = [Bool](repeating: false, count: 256)
        let equal = SurfaceScores(truth: square, prediction: square, size: 16)
        #expect(equal.hd95 == 0 && equal.boundaryF1 == 1)
        let missed = SurfaceScores(truth: square, prediction: none, size: 16)
        #expect(missed.hd95 == nil && missed.boundaryF1 == 0)
        let absent = SurfaceScores(truth: none, prediction: none, size: 16)
        #expect(absent.hd95 == nil && absent.boundaryF1 == nil)
    }

    @Test("Two single pixels: their distance, by Pythagoras")
    func pixels() {
        let a = region(16) { $0 == 2 && $1 == 3 }
        let b = region(16) { $0 == 5 && $1 == 7 }
        let scores = SurfaceScores(truth: a, prediction: b, size: 16)
        #expect(scores.hd95 == 5 && scores.boundaryF1 == 0)
    }

    @Test("Random regions: distances against every pair of outline pixels")
    func bruteForce() throws {
        let size = 24
        var random = CounterRandom(seed: 7, stream: "regions")
        for _ in 0..<20 {
            let (truth, prediction) = (blob(&random, size), blob(&random, size))
            let scores = SurfaceScores(truth: truth, prediction: prediction, size: size)
            let (a, b) = (outline(truth, size), outline(prediction, size))
            func directed(_ from: [(Int, Int)], _ to: [(Int, Int)]) -> [Double] {
                from.map { p in
                    to.map { q in
                        Double((p.0 - q.0) * (p.0 - q.0) + (p.1 - q.1) * (p.1 - q.1)).squareRoot()
                    }.min() ?? 0
                }.sorted()
            }
            let (misses, strays) = (directed(a, b), directed(b, a))
            #expect(scores.hd95 == max(percentile(misses, 0.95), percentile(strays, 0.95)))
            let tolerance = SurfaceScores.tolerance(size: size)
            let recall = Double(misses.count { $0 <= tolerance }) / Double(misses.count)
            let precision = Double(strays.count { $0 <= tolerance }) / Double(strays.count)
            let f1 = recall + precision == 0 ? 0 : 2 * recall * precision / (recall + precision)
            #expect(scores.boundaryF1 == f1)
        }
    }

    private func blob(_ random: inout CounterRandom, _ size: Int) -> [Bool] {
        let (y, x) = (random.uniform() * Double(size), random.uniform() * Double(size))
        let radius = 2 + 6 * random.uniform()
        return region(size) { row, column in
            let (dy, dx) = (Double(row) + 0.5 - y, Double(column) + 0.5 - x)
            return dy * dy + dx * dx <= radius * radius
        }
    }

    private func outline(_ region: [Bool], _ size: Int) -> [(Int, Int)] {
        func isIn(_ row: Int, _ column: Int) -> Bool {
            (0..<size).contains(row) && (0..<size).contains(column) && region[row * size + column]
        }
        return region.indices.map { ($0 / size, $0 % size) }.filter { row, column in
            isIn(row, column)
                && ![(1, 0), (-1, 0), (0, 1), (0, -1)].allSatisfy {
                    isIn(row + $0.0, column + $0.1)
                }
        }
    }
}
