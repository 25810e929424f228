import LungfoldStudy
import Testing

@Suite("Class counts and weights")
struct ClassCountsTests {
    @Test("The authors' networks carry these weights")
    func paperWeights() {
        // The counts of the public labels at 256 x 256.
        let multiclass = ClassCounts(
            pixels: [6_098_507, 299_217, 147_271, 8605],
            imagePixels: [6_553_600, 6_291_456, 5_111_808, 1_638_400])
        expect(multiclass, [0.04103409, 0.80288489, 1.32539608, 7.27038567])
        let binary = ClassCounts(
            pixels: [6_098_507, 455_093], imagePixels: [6_553_600, 6_488_064])
        expect(binary, [0.53768872, 7.13328367])
    }

    private func expect(_ counts: ClassCounts, _ expected: [Double]) {
        let weights = counts.medianFrequencyWeights
        #expect(weights.count == expected.count)
        for (weight, value) in zip(weights, expected) { #expect(abs(weight - value) < 5e-9) }
        #expect(counts.absentClasses.isEmpty)
    }

    @Test("Slices are counted by class, and an image counts where the class occurs")
    func counting() {
        let slices: [[UInt8]] = [[0, 0, 1, 1], [0, 0, 0, 0], [2, 2, 2, 3]]
        let multiclass = ClassCounts(slices: slices, task: .multiclass)
        #expect(multiclass.pixels == [6, 2, 3, 1])
        #expect(multiclass.imagePixels == [8, 4, 4, 4])
        let binary = ClassCounts(slices: slices, task: .binary)
        #expect(binary.pixels == [6, 6])
        #expect(binary.imagePixels == [8, 8])
        #expect(binary.medianFrequencyWeights == [1, 1])
    }

    @Test("A class without a pixel weighs nothing, is named, and leaves the others as they were")
    func absentClass() {
        let counts = ClassCounts(pixels: [6, 2, 0, 1], imagePixels: [8, 8, 0, 8])
        #expect(counts.absentClasses == [2])
        let common = 0.25 / 0.75
        #expect(counts.medianFrequencyWeights == [common, 1, 0, 2])
        #expect(ClassCounts(classCount: 2).medianFrequencyWeights == [0, 0])
        #expect(ClassCounts(classCount: 2).absentClasses == [0, 1])
    }
}
