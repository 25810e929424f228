import LungfoldImaging
import Testing

@Suite struct ResizeTests {
    @Test func halvingTakesOddRowsAndColumnsOfLabels() {
        let labels = (0..<64).map { $0 }
        let half = Resize.labels(labels, rows: 8, columns: 8, toRows: 4, toColumns: 4)
        let odd = [1, 3, 5, 7]
        #expect(half == odd.flatMap { row in odd.map { row * 8 + $0 } })
    }

    @Test func labelsGrowBackToTheirBlocks() {
        let grown = Resize.labels([1, 2, 3, 0], rows: 2, columns: 2, toRows: 4, toColumns: 6)
        #expect(
            grown == [
                1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2, 3, 3, 3, 0, 0, 0, 3, 3, 3, 0, 0, 0,
            ])
    }

    @Test func nearestIsTheHalfPixelCentre() {
        for (side, size) in [(512, 256), (630, 256), (256, 512), (7, 3), (3, 7), (1, 5)] {
            for index in 0..<size {
                let centre = (Double(index) + 0.5) * Double(side) / Double(size)
                #expect(Resize.nearest(index, from: side, to: size) == Int(centre))
            }
        }
    }

    @Test func halvingAveragesBlocks() {
        let values: [Double] = [1, 3, 10, 20, 5, 7, 30, 40, 0, 0, 1, 1, 0, 4, 1, 1]
        #expect(Resize.image(values, from: 4, to: 2) == [4, 25, 1, 1])
    }

    /// Against the definition: the mean of the piecewise constant image over each output pixel.
    @Test(arguments: [(3, 2), (5, 2), (7, 3), (5, 4), (9, 1)])
    func areaAveragingIsExactForAnyRatio(side: Int, size: Int) {
        let values = (0..<side * side).map { Double($0 * $0 % 97) }
        let result = Resize.image(values, from: side, to: size)
        let fine = side * size
        for row in 0..<size {
            for column in 0..<size {
                var sum = 0.0
                for y in row * side..<(row + 1) * side {
                    for x in column * side..<(column + 1) * side {
                        sum += values[y * side / fine * side + x * side / fine]
                    }
                }
                let mean = sum / Double(side * side)
                #expect(abs(result[row * size + column] - mean) < 1e-12 * max(mean, 1))
            }
        }
    }

    @Test func growingInterpolatesBetweenCentres() {
        let grown = Resize.image([0, 100, 0, 100], from: 2, to: 4)
        #expect(Array(grown.prefix(4)) == [0, 25, 75, 100])
        #expect(Resize.image([7], from: 1, to: 3) == Array(repeating: 7, count: 9))
    }

    @Test(arguments: [2, 5, 16, 31])
    func aConstantStaysItself(size: Int) {
        let result = Resize.image(Array(repeating: 200, count: 121), from: 11, to: size)
        #expect(result.count == size * size)
        #expect(result.allSatisfy { abs($0 - 200) < 1e-10 })
    }

    @Test func equalSizesChangeNothing() {
        let values = (0..<25).map(Double.init)
        #expect(Resize.image(values, from: 5, to: 5) == values)
    }
}
