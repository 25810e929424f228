import Glibc
import LungfoldEngine
import LungfoldImaging
import LungfoldStudy
import LungfoldTraining

/// Trained weights, ready to label slices: `lungfold evaluate` and `lungfold predict`.
public struct StoredNetwork {
    /// Rows and columns of the slices it takes.
    public let imageSize: Int
    private let file: NetworkFile
    private let classifier: SliceClassifier

    /// Reads weights and builds their network.
    /// - Parameters:
    ///   - path: the weights, a safetensors file.
    ///   - convolution: how 3x3 convolutions are computed.
    ///   - threads: the value of `--threads`.
    /// - Throws: `LungfoldError` naming the file and what is wrong with it.
    public init(
        path: String, convolution: TrainingSettings.ConvolutionAlgorithm, threads: Int?
    ) throws {
        guard FileSystem.exists(path) else { throw LungfoldError.cannotRead(path, ENOENT) }
        let file = try NetworkFile(contentsOf: path)
        // The authors' file does not say; their slices were of the default size.
        var settings = TrainingSettings()
        settings.imageSize = file.imageSize ?? settings.imageSize
        settings.convolution = convolution
        let options = settings.engineOptions(threads: ThreadChoice(option: threads).threads)
        classifier = try LungfoldError.translating(.badData) {
            let classifier = try SliceClassifier(
                file.network, inputMean: file.inputMean, size: settings.imageSize,
                options: options)
            try classifier.load(file.weights)
            return classifier
        }
        imageSize = settings.imageSize
        self.file = file
    }

    /// Compares the network with labels.
    /// - Parameters:
    ///   - loader: the slices, labelled, of this network's size.
    ///   - list: 1-based slice numbers such as `71,23,1-5`; nil for all.
    public func evaluate(_ loader: SliceLoader, slices list: String?) throws -> EvaluationReport {
        let slices = try loader.load(notice: Console.warn)
        let numbers =
            try list.map {
                try OptionList.numbers($0, option: "--slices", allowed: 1...slices.count)
            } ?? Array(1...slices.count)
        let evaluation = classifier.evaluate(
            numbers, in: slices, task: file.task,
            classWeights: Array(repeating: 1, count: file.task.classCount))
        return EvaluationReport(slices: numbers, evaluation: evaluation, task: file.task)
    }

    /// Labels every slice and writes a label file with the input's geometry.
    /// - Parameters:
    ///   - loader: the slices, of this network's size.
    ///   - output: the file, `.nii` or `.nii.gz`.
    public func predict(_ loader: SliceLoader, output: String) throws {
        try LabelVolumeWriter.checkName(output)
        let writer = try LabelVolumeWriter(like: loader.imagesPath)
        let slices = try loader.load(notice: Console.warn)
        let labels = (1...slices.count).map { classifier.classify(slices.image($0)) }
        try writer.write(labels, size: imageSize, to: output)
        let lesions = labels.count { $0.contains { $0 != 0 } }
        Console.say("\(output): \(labels.count) slices, \(lesions) with lesions")
    }
}

/// How trained weights did on labelled slices.
public struct EvaluationReport: Codable, Hashable, Sendable {
    /// Pixels by true (row) and predicted (column) class, all slices together.
    public var confusionMatrix: [[Int]]
    /// The share of correct pixels of each slice, in the order asked for.
    public var accuracyPerSlice: [Double?]
    /// The classes' names, in the order of rows and columns.
    public var classes: [String]
    /// The slices, 1-based.
    public var slices: [Int]

    init(slices: [Int], evaluation: Evaluation, task: SegmentationTask) {
        confusionMatrix = evaluation.pooled.rows
        accuracyPerSlice = evaluation.confusion.map(\.accuracy)
        classes = task.classNames
        self.slices = slices
    }

    /// Writes it: as JSON to a file or `-`, or as a table for people.
    public func deliver(json: String?) throws {
        if let json { return try Console.deliver(JSON.encode(self), to: json) }
        let matrix = ConfusionMatrix(rows: confusionMatrix)
        let header = ["true \\ predicted"] + classes + ["sensitivity", "specificity", "Dice"]
        let rows = classes.indices.map { index in
            let scores = matrix.scores(ofClass: index)
            return [classes[index]] + confusionMatrix[index].map { "\($0)" }
                + [scores.sensitivity, scores.specificity, scores.dice].map {
                    $0.map { Text.decimal($0, 4) } ?? "undefined"
                }
        }
        let accuracy = Statistics(accuracyPerSlice)
        let summary =
            "\(slices.count) slices, accuracy a slice: mean "
            + (accuracy.mean.map { Text.decimal($0, 4) } ?? "undefined") + ", deviation "
            + (accuracy.deviation.map { Text.decimal($0, 4) } ?? "undefined")
        try Console.deliver(
            Array("\(Text.table([header] + rows))\n\(summary)\n".utf8), to: "-")
    }
}
