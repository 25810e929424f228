import LungfoldImaging
import LungfoldStudy
import Testing

@Suite struct SliceSetTests {
    private let labels: [UInt8] = [0, 1, 2, 3, 0, 0, 0, 1]

    @Test(arguments: [1, 0.37] as [Float])
    func whatIsBroadcastIsWhatArrives(factor: Float) throws {
        let images = (0..<8).map { Float($0) * 30 * factor }
        for labels in [labels, []] {
            let set = try SliceSet(size: 2, images: images, labels: labels)
            let bytes = set.encoded()
            #expect(try SliceSet(encoded: bytes) == set)
            #expect(bytes.count == 22 + 8 * (factor == 1 ? 1 : 4) + labels.count)
        }
    }

    @Test func everyDamageIsNoticed() throws {
        let bytes = try SliceSet(size: 2, images: Array(repeating: 9, count: 8), labels: labels)
            .encoded()
        for index in bytes.indices {
            var damaged = bytes
            damaged[index] ^= 0x10
            #expect(throws: LungfoldError.self) { try SliceSet(encoded: damaged) }
            #expect(throws: LungfoldError.self) { try SliceSet(encoded: Array(bytes[..<index])) }
        }
    }

    @Test func slicesAreNumberedFromOne() throws {
        let set = try SliceSet(size: 2, images: (0..<8).map { Float($0) }, labels: labels)
        #expect(set.count == 2 && set.size == 2)
        #expect(Array(set.image(1)) == [0, 1, 2, 3])
        #expect(Array(set.labels(2)) == [0, 0, 0, 1])
        #expect(set.classCounts(task: .multiclass).pixels == [4, 2, 1, 1])
        #expect(set.classCounts(task: .multiclass).imagePixels == [8, 8, 4, 4])
        #expect(set.classCounts(of: [2], task: .binary).pixels == [3, 1])
    }

    @Test func valuesOutOfRangeAreRefused() throws {
        for images in [[Float.nan], [-1], [256], []] {
            #expect(throws: LungfoldError.self) { try SliceSet(size: 1, images: images) }
        }
        #expect(throws: LungfoldError.self) { try SliceSet(size: 2, images: [1, 2, 3]) }
        #expect(throws: LungfoldError.self) { try SliceSet(size: 0, images: [1]) }
        #expect(throws: LungfoldError.self) { try SliceSet(size: 1, images: [1], labels: [4]) }
        #expect(throws: LungfoldError.self) { try SliceSet(size: 1, images: [1], labels: [1, 1]) }
    }
}
