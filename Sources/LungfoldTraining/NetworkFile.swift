import LungfoldEngine
import LungfoldStudy

/// A trained network as a weight file holds it: the weights, and what its metadata says.
public struct NetworkFile: Sendable {
    /// The network.
    public var network: NetworkDescription
    /// What it tells apart.
    public var task: SegmentationTask
    /// The scalar that is taken off every grey value.
    public var inputMean: Float
    /// Rows and columns of the slices that it was trained on, where the file says so.
    public var imageSize: Int?
    /// The tensors, and the metadata above as text.
    public var weights: WeightSet

    /// Puts a trained network and its metadata together.
    init(
        network: NetworkDescription, task: SegmentationTask, inputMean: Float, imageSize: Int,
        weights: WeightSet
    ) {
        self.network = network
        self.task = task
        self.inputMean = inputMean
        self.imageSize = imageSize
        self.weights = weights
        self.weights.metadata = [
            "architecture": network.name, "classes": String(network.classes),
            "task": task.rawValue, "encoder_depth": String(network.depth),
            "filters": String(network.filters), "input_mean": String(inputMean),
            "bn_epsilon": String(NetworkDescription.batchNormEpsilon),
            "image_size": String(imageSize),
        ]
    }

    /// Reads a weight file.
    /// - Parameter path: the file, Lungfold's own or the authors' (which leaves task and image size
    ///   to be told from the classes).
    /// - Throws: `LungfoldError` naming the file, what is wrong with it and the rule.
    public init(contentsOf path: String) throws {
        do {
            try self.init(WeightSet(contentsOf: path), source: path)
        } catch let error as EngineError {
            throw LungfoldError(.badData, error)
        }
    }

    /// Takes what a weight file holds.
    /// - Parameters:
    ///   - weights: the tensors and metadata.
    ///   - path: what errors call it, such as its path.
    /// - Throws: `LungfoldError` naming what is wrong with it and the rule.
    public init(_ weights: WeightSet, source path: String) throws {
        do {
            network = try NetworkDescription.describing(weights, source: path)
        } catch let error as EngineError {
            throw LungfoldError(.badData, error)
        }
        self.weights = weights
        guard let mean = Float(weights.metadata["input_mean"] ?? ""), mean.isFinite else {
            throw LungfoldError(
                .badData, path, "its metadata has no number as input_mean",
                remedy: "Take a file that Lungfold wrote")
        }
        inputMean = mean
        imageSize = weights.metadata["image_size"].flatMap { Int($0) }
        task = try Self.task(of: weights, classes: network.classes, path: path)
    }

    private static func task(of weights: WeightSet, classes: Int, path: String) throws
        -> SegmentationTask
    {
        let named = weights.metadata["task"]
        let task = SegmentationTask.allCases.first {
            named == nil ? $0.classCount == classes : $0.rawValue == named
        }
        guard let task, task.classCount == classes else {
            throw LungfoldError(
                .badData, path,
                "its metadata has task '\(named ?? "")' and \(classes) classes, which do not fit",
                remedy: "Take a file that Lungfold wrote")
        }
        return task
    }
}

extension LungfoldError {
    /// An engine's error as one that decides the program's exit code.
    public init(_ kind: Kind, _ error: EngineError) {
        self.init(kind, error.subject, error.problem, remedy: error.remedy)
    }
}
