import LungfoldEngine
import LungfoldImaging
import LungfoldStudy

/// A network over slices, one at a time, so that a slice's outcome depends on no other slice.
public final class SliceClassifier {
    private let engine: InferenceEngine
    private let inputMean: Float

    /// Builds the network; `load` gives it weights.
    /// - Parameters:
    ///   - network: the network.
    ///   - inputMean: the scalar that is taken off every grey value.
    ///   - size: rows and columns of a slice.
    ///   - options: threads and algorithms.
    /// - Throws: `EngineError` if the size does not divide by the network's halvings.
    public init(
        _ network: NetworkDescription, inputMean: Float, size: Int, options: EngineOptions
    ) throws {
        self.inputMean = inputMean
        engine = try InferenceEngine(
            network, batch: 1, height: size, width: size, options: options)
    }

    /// Takes weights, running statistics among them.
    public func load(_ weights: WeightSet) throws { try engine.load(weights) }

    /// The class of each pixel of a slice.
    /// - Parameter image: grey values, row-major, not yet zero-centred.
    public func classify(_ image: some Sequence<Float>) -> [UInt8] {
        engine.classify(images: centred(image))
    }

    /// Compares the network with the labels of slices.
    /// - Parameters:
    ///   - numbers: 1-based slice numbers.
    ///   - slices: where they are.
    ///   - task: how stored labels map to classes.
    ///   - classWeights: the weight of each class in the loss.
    public func evaluate(
        _ numbers: [Int], in slices: SliceSet, task: SegmentationTask, classWeights: [Float]
    ) -> Evaluation {
        evaluate(numbers, in: slices, task: task, classWeights: classWeights, heartbeat: {})
    }

    /// Does the same, with a sign of life.
    /// - Parameter heartbeat: called before each slice; what it throws ends the evaluation.
    public func evaluate(
        _ numbers: [Int], in slices: SliceSet, task: SegmentationTask, classWeights: [Float],
        heartbeat: () throws -> Void
    ) rethrows -> Evaluation {
        var evaluation = Evaluation(classCount: task.classCount)
        for number in numbers {
            try heartbeat()
            let labels = slices.labels(number).map { task.classIndex(ofLabel: $0) }
            let score = engine.score(
                images: centred(slices.image(number)), labels: labels, classWeights: classWeights)
            evaluation.weightedLoss += score.weightedLoss
            evaluation.weight += score.weight
            evaluation.predictions.append(score.predictions)
            var confusion = ConfusionMatrix(classCount: task.classCount)
            confusion.add(truth: labels, prediction: score.predictions)
            evaluation.confusion.append(confusion)
        }
        return evaluation
    }

    private func centred(_ image: some Sequence<Float>) -> [Float] { image.map { $0 - inputMean } }
}

/// How a network did on some slices.
public struct Evaluation: Sendable {
    /// The number of classes.
    public let classCount: Int
    /// A confusion matrix for each slice, in the order asked for.
    public fileprivate(set) var confusion: [ConfusionMatrix] = []
    /// The class of each pixel of each slice, in the same order.
    public fileprivate(set) var predictions: [[UInt8]] = []
    /// The sum of w * CE over all pixels, w the weight of the pixel's class.
    public fileprivate(set) var weightedLoss = 0.0
    /// The sum of w over all pixels.
    public fileprivate(set) var weight = 0.0

    fileprivate init(classCount: Int) { self.classCount = classCount }

    /// Class-weighted cross-entropy, sum(w CE) / sum(w), over all pixels; NaN without any.
    public var loss: Double { weightedLoss / weight }
    /// The slices' pooled confusion matrix.
    public var pooled: ConfusionMatrix { .pooled(confusion, classCount: classCount) }
}
