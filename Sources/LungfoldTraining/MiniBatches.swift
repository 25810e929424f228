import LungfoldImaging
import LungfoldStudy

/// Slices as the engine takes them.
package struct MiniBatch: Hashable {
    /// Slices x rows x columns grey values, zero-centred.
    package var images: [Float] = []
    /// The class of each pixel.
    package var labels: [UInt8] = []

    /// Makes a mini-batch.
    package init(images: [Float] = [], labels: [UInt8] = []) {
        self.images = images
        self.labels = labels
    }
}

/// The mini-batches of a job: shuffled, augmented and zero-centred.
///
/// What a mini-batch holds depends on the job, the epoch and the position in it alone: every draw
/// comes from a stream named for it.
package struct MiniBatches {
    private let job: Job
    private let slices: SliceSet
    /// The scalar that is taken off every pixel.
    package let inputMean: Float
    private var shuffled: (epoch: Int, order: [Int]) = (0, [])

    /// Takes the job's training slices from all slices.
    package init(job: Job, slices: SliceSet, inputMean: Float) {
        self.job = job
        self.slices = slices
        self.inputMean = inputMean
    }

    /// Mini-batches an epoch; an incomplete last one is dropped.
    package var countPerEpoch: Int {
        job.experiment.iterationsPerEpoch(slices: job.split.training.count)
    }

    /// A mini-batch of training.
    /// - Parameters:
    ///   - position: 0-based within the epoch.
    ///   - epoch: 1-based.
    package mutating func training(position: Int, epoch: Int) -> MiniBatch {
        if shuffled.epoch != epoch {
            var random = stream("shuffle epoch \(epoch)")
            shuffled = (epoch, job.split.training.shuffled(using: &random))
        }
        let start = position * job.experiment.miniBatch
        return assemble(
            shuffled.order[start..<start + job.experiment.miniBatch], purpose: "epoch \(epoch)")
    }

    /// One pass over all training slices for batch normalisation's population statistics: augmented
    /// as in training (the authors' stored variances are those of augmented slices). An incomplete
    /// last mini-batch is filled up with the first slices, so that every slice counts.
    package func population() -> some Sequence<MiniBatch> {
        let numbers = job.split.training
        let size = job.experiment.miniBatch
        return stride(from: 0, to: numbers.count, by: size).lazy.map { start in
            assemble(
                (start..<start + size).map { numbers[$0 % numbers.count] }, purpose: "population")
        }
    }

    private func assemble(_ numbers: some Sequence<Int>, purpose: String) -> MiniBatch {
        var batch = MiniBatch()
        for number in numbers {
            let (image, labels) = slice(number, purpose: purpose)
            batch.images += image.lazy.map { $0 - inputMean }
            batch.labels += labels.lazy.map { job.task.classIndex(ofLabel: $0) }
        }
        return batch
    }

    private func slice(_ number: Int, purpose: String) -> (image: [Float], labels: [UInt8]) {
        let image = slices.image(number)
        let labels = slices.labels(number)
        guard job.settings.augment else { return (Array(image), Array(labels)) }
        var random = stream("augmentation \(purpose) slice \(number)")
        return Augmentation.draw(using: &random)
            .apply(image: image, labels: labels, size: slices.size)
    }

    private func stream(_ purpose: String) -> CounterRandom {
        CounterRandom(seed: job.settings.seed, stream: "\(job.key) \(purpose)")
    }
}
