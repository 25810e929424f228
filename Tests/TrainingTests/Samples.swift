import LungfoldImaging
import LungfoldStudy

/// Ten slices of 16 x 16 with a lesion of each kind, brighter the higher its label.
func sampleSlices() throws -> SliceSet {
    let size = 16
    var images: [Float] = []
    var labels: [UInt8] = []
    var random = CounterRandom(seed: 3, stream: "sample slices")
    for slice in 0..<10 {
        for row in 0..<size {
            for column in 0..<size {
                let inside =
                    (4..<10).contains(row) && (slice % 3 + 2..<slice % 3 + 10).contains(column)
                let label = inside ? UInt8(1 + (slice + row / 2) % 3) : 0
                labels.append(label)
                images.append(Float(Int(40 + 60 * Double(label) + random.uniform(in: -10...10))))
            }
        }
    }
    return try SliceSet(size: size, images: images, labels: labels)
}

/// A job on the sample slices: six to train, two to validate, two to test.
func sampleJob(
    _ network: NetworkKind = .segnet, _ task: SegmentationTask = .binary,
    learningRate: Double = 1e-2, miniBatch: Int = 2, epochs: Int = 2
) -> Job {
    var settings = TrainingSettings()
    settings.epochs = epochs
    settings.imageSize = 16
    settings.depth = 2
    settings.filters = 4
    settings.validationInterval = 2
    return Job(
        network: network, task: task,
        experiment: Experiment(number: 1, learningRate: learningRate, miniBatch: miniBatch),
        split: Split(
            name: "fold1", training: [3, 7, 1, 9, 4, 6], validation: [2, 10], test: [8, 5]),
        settings: settings)
}
