import LungfoldImaging
import LungfoldStudy
import LungfoldTraining
import Testing

@Suite("mini-batches") struct MiniBatchesTests {
    private let slices: SliceSet

    init() throws { slices = try sampleSlices() }

    private func miniBatches(_ job: Job, mean: Float = 0) -> MiniBatches {
        MiniBatches(job: job, slices: slices, inputMean: mean)
    }

    /// All mini-batches of an epoch.
    private func epoch(_ number: Int, of source: MiniBatches) -> [MiniBatch] {
        var source = source
        return (0..<source.countPerEpoch).map { source.training(position: $0, epoch: number) }
    }

    private func unaugmented(miniBatch: Int) -> Job {
        var job = sampleJob(miniBatch: miniBatch)
        job.settings.augment = false
        return job
    }

    @Test("an epoch holds each training slice once, less the mean, in another order each time")
    func epochs() {
        let source = miniBatches(unaugmented(miniBatch: 1), mean: 21.5)
        let expected = Set(
            [3, 7, 1, 9, 4, 6].map { number in
                MiniBatch(
                    images: slices.image(number).map { $0 - 21.5 },
                    labels: slices.labels(number).map { $0 == 0 ? 0 : 1 })
            })
        let epochs = (1...5).map { epoch($0, of: source) }
        for batches in epochs { #expect(Set(batches) == expected) }
        #expect(Set(epochs).count > 1)
    }

    @Test("a mini-batch depends on its epoch and position, not on what was drawn before")
    func resumable() {
        var source = miniBatches(sampleJob())
        let whole = (1...3).map { epoch($0, of: source) }
        #expect(source.training(position: 1, epoch: 3) == whole[2][1])
        #expect(source.training(position: 2, epoch: 1) == whole[0][2])
        #expect(source.training(position: 0, epoch: 2) == whole[1][0])
    }

    @Test("an incomplete last mini-batch is dropped in training and filled up for the population")
    func incomplete() {
        let source = miniBatches(unaugmented(miniBatch: 4))
        #expect(source.countPerEpoch == 1)
        let order = [3, 7, 1, 9, 4, 6, 3, 7]
        let population = Array(source.population())
        #expect(population.map(\.images.count) == [4 * 256, 4 * 256])
        #expect(population.flatMap(\.images) == order.flatMap { Array(slices.image($0)) })
    }

    @Test("augmentation differs by epoch, and the population has draws of its own")
    func augmentation() {
        let source = miniBatches(sampleJob(miniBatch: 1))
        let images = Set(
            (1...4).flatMap { epoch($0, of: source) }.map(\.images)
                + source.population().map(\.images))
        #expect(images.count > 12)
    }
}
