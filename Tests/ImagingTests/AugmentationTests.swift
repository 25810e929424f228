import Foundation
import LungfoldImaging
import LungfoldStudy
import Testing

@Suite struct AugmentationTests {
    private let size = 32
    private var image: ArraySlice<Float> {
        (0..<size * size).map { Float(($0 * 37) % 251) }[...]
    }
    private var labels: ArraySlice<UInt8> { (0..<size * size).map { UInt8($0 / 5 % 4) }[...] }

    private func augmentation(
        mirrored: Bool = false, rotation: Double = 0, rows: Double = 0, columns: Double = 0
    ) -> Augmentation {
        Augmentation(
            isMirrored: mirrored, rotation: rotation, rowShift: rows, columnShift: columns)
    }

    @Test func identityChangesNothing() {
        let result = Augmentation.identity.apply(image: image, labels: labels, size: size)
        #expect(result.image == Array(image))
        #expect(result.labels == Array(labels))
    }

    @Test func mirroringReversesColumnsAndTwiceIsNothing() {
        let mirror = augmentation(mirrored: true)
        let once = mirror.apply(image: image, labels: labels, size: size)
        for row in 0..<size {
            for column in 0..<size {
                #expect(
                    once.image[row * size + column] == image[row * size + size - 1 - column])
            }
        }
        let twice = mirror.apply(image: once.image[...], labels: once.labels[...], size: size)
        #expect(twice.image == Array(image))
        #expect(twice.labels == Array(labels))
    }

    /// 8 pixels of 256 are one of 32.
    @Test func shiftsScaleWithTheSizeAndBringBlack() {
        let result = augmentation(rows: 8, columns: -16).apply(
            image: image, labels: labels, size: size)
        for row in 0..<size {
            for column in 0..<size {
                let isInside = row >= 1 && column < size - 2
                let source = (row - 1) * size + column + 2
                #expect(result.image[row * size + column] == (isInside ? image[source] : 0))
                #expect(result.labels[row * size + column] == (isInside ? labels[source] : 0))
            }
        }
    }

    @Test func halfAPixelIsTheMeanOfTwo() {
        let result = augmentation(columns: 4).apply(image: image, labels: labels, size: size)
        let middle = 10 * size + 10
        #expect(result.image[middle] == (image[middle - 1] + image[middle]) / 2)
        #expect(result.image[0] == image[0] / 2, "the neighbour outside is black")
    }

    @Test func aQuarterTurnMovesRowsToColumns() {
        let result = augmentation(rotation: 90).apply(image: image, labels: labels, size: size)
        for row in 1..<size - 1 {
            for column in 1..<size - 1 {
                let turned = column * size + size - 1 - row
                let value = result.image[row * size + column]
                #expect(abs(value - image[turned]) < 1e-3)
            }
        }
        let back = augmentation(rotation: -90).apply(
            image: result.image[...], labels: result.labels[...], size: size)
        #expect(zip(back.image, image).filter { abs($0 - $1) > 1e-2 }.count <= 4 * size)
    }

    @Test func imageAndLabelsMoveTogether() {
        var random = CounterRandom(seed: 3, stream: "together")
        let labels = (0..<size * size).map { UInt8($0 % size > 12 && $0 / size > 9 ? 2 : 0) }
        let image = labels.map { Float($0) * 100 }
        for _ in 0..<20 {
            let drawn = Augmentation.draw(using: &random)
            let result = drawn.apply(image: image[...], labels: labels[...], size: size)
            for (grey, label) in zip(result.image, result.labels) {
                #expect(grey < 150 || label == 2)
                #expect(grey > 50 || label == 0)
            }
        }
    }

    @Test func drawsStayInRangeAndDependOnTheStreamOnly() {
        var random = CounterRandom(seed: 9, stream: "slice 4 epoch 2")
        let drawn = (0..<2000).map { _ in Augmentation.draw(using: &random) }
        var again = CounterRandom(seed: 9, stream: "slice 4 epoch 2")
        #expect(drawn[0] == Augmentation.draw(using: &again))
        #expect(drawn.allSatisfy { abs($0.rotation) <= 15 })
        #expect(drawn.allSatisfy { abs($0.rowShift) <= 10 && abs($0.columnShift) <= 10 })
        #expect((900...1100).contains(drawn.filter(\.isMirrored).count))
        #expect(drawn.contains { $0.rotation > 14 } && drawn.contains { $0.rotation < -14 })
        #expect(drawn.contains { $0.rowShift > 9 } && drawn.contains { $0.columnShift < -9 })
    }

    @Test func valuesStayInTheirSets() {
        var random = CounterRandom(seed: 5, stream: "sets")
        for _ in 0..<20 {
            let result = Augmentation.draw(using: &random)
                .apply(image: image, labels: labels, size: size)
            #expect(result.image.allSatisfy { $0 >= 0 && $0 <= 250.001 })
            #expect(result.labels.allSatisfy { $0 <= 3 })
        }
    }
}
