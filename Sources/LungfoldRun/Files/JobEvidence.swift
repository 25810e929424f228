import LungfoldEngine
import LungfoldImaging
import LungfoldReport
import LungfoldStudy
import LungfoldTraining

/// What a job leaves for people, other programs and the report besides its result: its predictions,
/// its scores slice by slice in nnU-Net's layout, its curve for TensorBoard, and its best network.
struct JobEvidence {
    /// Predictions over the input, in its geometry and at its resolution; slices that are not tested
    /// are 0.
    static let predictionsName = "predictions.nii.gz"
    /// Predictions of the test slices, in the split's order, at the networks' size.
    static let testName = "test-slices.nii.gz"
    /// Scores of each test slice.
    static let summaryName = "summary.json"

    /// The names of all these files.
    static let names = [
        predictionsName, testName, summaryName, EventFile.name, JobDirectory.bestWeightsName,
    ]

    private let trained: TrainedNetwork
    private let geometry: LabelVolumeWriter
    private let slices: SliceSet

    /// The most validation slices that TensorBoard shows.
    private let pictureCount = 4

    init(_ trained: TrainedNetwork, geometry: LabelVolumeWriter, slices: SliceSet) {
        self.trained = trained
        self.slices = slices
        self.geometry = geometry
    }

    /// The files by name.
    func files() throws -> [String: [UInt8]] {
        let predictions = trained.testPredictions
        let size = slices.size
        let byNumber = Dictionary(
            zip(trained.result.split.test, predictions), uniquingKeysWith: { first, _ in first })
        return [
            Self.predictionsName: try geometry.encode(byNumber, size: size),
            Self.testName: try PixelVolume(size: size, slices: predictions).encoded(isLabel: true),
            Self.summaryName: try JSON.encode(CaseSummary(trained.result)),
            EventFile.name: try events(),
            JobDirectory.bestWeightsName: trained.bestWeights.encoded(),
        ]
    }

    /// The curve for TensorBoard, with the errors on some validation slices.
    private func events() throws -> [UInt8] {
        let result = trained.result
        var file = JobEvents.file(
            result,
            HyperParameters(
                optimiser: "Adam", l2: Double(TrainingEngine.l2), size: slices.size))
        let step = result.history.validations.last?.iteration ?? 0
        let shown = zip(result.split.validation, trained.validationPredictions).prefix(pictureCount)
        for (number, prediction) in shown {
            let png = try ErrorPicture.png(
                grey: slices.image(number).map { UInt8($0.rounded()) },
                labels: Array(slices.labels(number)), prediction: prediction, task: result.task,
                size: slices.size)
            file.add(
                png: png, width: slices.size, height: slices.size,
                tag: "validation/slice \(number)", step: step)
        }
        return file.bytes
    }
}
