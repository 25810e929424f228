import Foundation
import LungfoldEngine
import LungfoldStudy

/// All that a training run needs to go on as if it had never stopped: the weights with their running
/// statistics, Adam's moments, where the run stands, and the best network so far.
///
/// The best network is encoded apart, since it stays the same over many checkpoints.
///
/// Shuffling, augmentation and dropout need nothing here: their draws come from streams that are named
/// by job, epoch, iteration and slice.
public struct Checkpoint: Sendable, Hashable {
    /// The version of the layout below.
    static let format = "2"
    private static let formatKey = "checkpoint_format"

    /// Parameters and running statistics.
    var weights: WeightSet
    /// Those of the best validation so far; nil before the first.
    var best: WeightSet?
    /// Adam's moments.
    var optimiser: OptimiserState
    /// Epoch, position in it, sums and curves.
    var state: TrainingState

    /// Mini-batches done so far, over all epochs.
    public var iteration: Int { state.iteration }
    /// Epochs done so far.
    public var finishedEpochs: Int { state.epoch - 1 }
    /// The iteration of the best validation so far, in 1...; nil before the first.
    public var bestIteration: Int? { state.history.best?.iteration }

    /// The checkpoint without the best network, as a safetensors file: `weights/NAME`, `first/NAME`,
    /// `second/NAME`, and the rest as metadata. Equal checkpoints give equal bytes.
    /// - Parameter identity: what the checkpoint belongs to, such as job and data; kept as metadata.
    public func encoded(identity: [String: String]) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        var set = WeightSet(metadata: identity)
        set.metadata[Self.formatKey] = Self.format
        set.metadata["iteration"] = String(iteration)
        set.metadata["state"] = String(decoding: try encoder.encode(state), as: UTF8.self)
        set.metadata["updates"] = String(optimiser.updates)
        for (part, tensors) in [
            ("weights", weights.tensors), ("first", optimiser.first), ("second", optimiser.second),
        ] {
            for (name, tensor) in tensors { set.tensors["\(part)/\(name)"] = tensor }
        }
        return set.encoded()
    }

    /// The best network so far as a safetensors file, nil before the first validation. Equal ones give
    /// equal bytes; job, data and iteration determine them.
    /// - Parameter identity: as of `encoded`.
    public func encodedBest(identity: [String: String]) -> [UInt8]? {
        guard let best, let bestIteration else { return nil }
        let metadata = Self.metadata(ofBest: bestIteration, identity)
        return WeightSet(tensors: best.tensors, metadata: metadata).encoded()
    }

    /// Takes the best network, without which a checkpoint that has a `bestIteration` is not whole.
    /// - Parameters:
    ///   - bytes: what `encodedBest` gave for this `bestIteration`.
    ///   - identity: what it must belong to.
    ///   - file: what errors call it.
    /// - Throws: `LungfoldError` (`badData`) for anything else.
    public mutating func takeBest(
        encoded bytes: [UInt8], identity: [String: String], file: String
    ) throws {
        let set = try Self.read(bytes, file: file)
        try Self.requireMetadata(Self.metadata(ofBest: bestIteration ?? 0, identity), of: set, file)
        best = WeightSet(tensors: set.tensors)
    }

    /// The iteration of a checkpoint, from its first bytes; nil where they do not tell. It is not
    /// checked against the rest.
    /// - Parameter start: the length of the header (8 bytes) and the header.
    public static func iteration(ofStart start: [UInt8]) -> Int? {
        let metadata = try? WeightSet.metadata(ofSafetensors: start, file: "a checkpoint")
        return metadata?["iteration"].flatMap { Int($0) }
    }

    /// Reads a checkpoint, for which `takeBest` then takes the best network where there is one.
    /// - Parameters:
    ///   - bytes: what `encoded` gave.
    ///   - identity: what the checkpoint must belong to.
    ///   - file: what errors call it.
    /// - Throws: `LungfoldError` (`badData`) for anything else.
    public init(encoded bytes: [UInt8], identity: [String: String], file: String) throws {
        let set = try Self.read(bytes, file: file)
        let text = set.metadata
        try Self.requireMetadata(
            identity.merging([Self.formatKey: Self.format]) { $1 }, of: set, file)
        guard let updates = Int(text["updates"] ?? ""),
            let state = try? JSONDecoder().decode(
                TrainingState.self, from: Data((text["state"] ?? "").utf8))
        else {
            throw LungfoldError(.badData, file, "does not say where its training stands")
        }
        self.state = state
        weights = WeightSet(tensors: Self.part("weights", of: set))
        optimiser = OptimiserState()
        optimiser.updates = updates
        optimiser.first = Self.part("first", of: set)
        optimiser.second = Self.part("second", of: set)
    }

    init(
        weights: WeightSet, best: WeightSet?, optimiser: OptimiserState, state: TrainingState
    ) {
        self.weights = WeightSet(tensors: weights.tensors)
        self.best = best
        self.optimiser = optimiser
        self.state = state
    }

    private static func read(_ bytes: [UInt8], file: String) throws -> WeightSet {
        do {
            return try WeightSet(safetensors: bytes, file: file)
        } catch let error as EngineError {
            throw LungfoldError(.badData, error)
        }
    }

    private static func metadata(ofBest iteration: Int, _ identity: [String: String])
        -> [String: String]
    {
        identity.merging([Self.formatKey: Self.format, "best": String(iteration)]) { $1 }
    }

    private static func requireMetadata(
        _ due: [String: String], of set: WeightSet, _ file: String
    ) throws {
        let differing = due.filter { set.metadata[$0.key] != $0.value }
        guard differing[Self.formatKey] == nil else {
            throw LungfoldError(.badData, file, "was written by another version of Lungfold")
        }
        guard differing.isEmpty else {
            let names = differing.keys.sorted().joined(separator: ", ")
            throw LungfoldError(.badData, file, "belongs to another training: \(names) differ")
        }
    }

    private static func part(_ part: String, of set: WeightSet) -> [String: WeightTensor] {
        let prefix = part + "/"
        return set.tensors.reduce(into: [:]) { tensors, entry in
            guard entry.key.hasPrefix(prefix) else { return }
            tensors[String(entry.key.dropFirst(prefix.count))] = entry.value
        }
    }
}

extension Checkpoint {
    /// Checks that a checkpoint is one of a given training.
    /// - Parameters:
    ///   - network: what is trained.
    ///   - epochs: epochs in all.
    ///   - countPerEpoch: mini-batches an epoch.
    /// - Throws: `LungfoldError` naming what does not fit.
    func check(_ network: NetworkDescription, epochs: Int, countPerEpoch: Int, job: String) throws {
        try check(
            network, epochs: epochs, countPerEpoch: countPerEpoch,
            subject: "the checkpoint of \(job)")
    }

    /// Checks that a checkpoint is one of a job's training, so that another can take its place.
    /// - Parameters:
    ///   - job: what is trained.
    ///   - file: what errors call the checkpoint.
    /// - Throws: `LungfoldError` (`badData`) naming what does not fit.
    public func check(isOf job: Job, file: String) throws {
        let settings = job.settings
        let network: NetworkDescription
        do {
            network = try settings.network(job.network, task: job.task)
            try network.check(weights, source: file)
        } catch let error as EngineError {
            throw LungfoldError(.badData, error)
        }
        try check(
            network, epochs: settings.epochs,
            countPerEpoch: job.experiment.iterationsPerEpoch(slices: job.split.training.count),
            subject: file)
    }

    private func check(
        _ network: NetworkDescription, epochs: Int, countPerEpoch: Int, subject: String
    ) throws {
        let trained = network.parameters.filter(\.isTrainable)
        let moments = Dictionary(uniqueKeysWithValues: trained.map { ($0.name, $0.shape) })
        let shapes = Dictionary(
            uniqueKeysWithValues: network.tensors.map { ($0.name, $0.shape) })
        let problem: String? =
            if state.epoch < 1 || state.epoch - 1 > epochs
                || !(0..<countPerEpoch).contains(state.position)
            {
                "epoch \(state.epoch), mini-batch \(state.position) is not in the training"
            } else if state.iteration != (state.epoch - 1) * countPerEpoch + state.position {
                "\(state.iteration) iterations are not epoch \(state.epoch), \(state.position)"
            } else if optimiser.updates != state.iteration
                || state.history.epochs.count != state.epoch - 1
            {
                "\(optimiser.updates) updates and \(state.history.epochs.count) epochs of history"
                    + " do not fit \(state.iteration) iterations"
            } else if optimiser.first.mapValues(\.shape) != moments
                || optimiser.second.mapValues(\.shape) != moments
            {
                "Adam's moments are not those of \(network.name)"
            } else if (best == nil) != (bestIteration == nil)
                || best.map({ $0.tensors.mapValues(\.shape) != shapes }) == true
            {
                "its best network is missing, or is not a \(network.name)"
            } else {
                nil
            }
        guard let problem else { return }
        throw LungfoldError(.badData, subject, problem)
    }
}
