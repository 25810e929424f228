import Foundation
import LungfoldEngine
import LungfoldStudy

/// All that a training run needs to go on as if it had never stopped: the weights with their running
/// statistics, Adam's moments, and where the run stands.
///
/// Shuffling, augmentation and dropout need nothing here: their draws come from streams that are named
/// by job, epoch, iteration and slice.
public struct Checkpoint: Sendable, Hashable {
    /// The version of the layout below.
    static let format = "1"

    /// Parameters and running statistics.
    var weights: WeightSet
    /// Adam's moments.
    var optimiser: OptimiserState
    /// Epoch, position in it, sums and curves.
    var state: TrainingState

    /// Mini-batches done so far, over all epochs.
    public var iteration: Int { state.iteration }
    /// Epochs done so far.
    public var finishedEpochs: Int { state.epoch - 1 }

    /// The checkpoint as a safetensors file: `weights/NAME`, `first/NAME`, `second/NAME`, and the rest
    /// as metadata. Equal checkpoints give equal bytes.
    /// - Parameter identity: what the checkpoint belongs to, such as job and data; kept as metadata.
    public func encoded(identity: [String: String]) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        var set = WeightSet(metadata: identity)
        set.metadata["checkpoint_format"] = Self.format
        set.metadata["state"] = String(decoding: try encoder.encode(state), as: UTF8.self)
        set.metadata["updates"] = String(optimiser.updates)
        for (part, tensors) in [
            ("weights", weights.tensors), ("first", optimiser.first), ("second", optimiser.second),
        ] {
            for (name, tensor) in tensors { set.tensors["\(part)/\(name)"] = tensor }
        }
        return set.encoded()
    }

    /// Reads a checkpoint.
    /// - Parameters:
    ///   - bytes: what `encoded` gave.
    ///   - identity: what the checkpoint must belong to.
    ///   - file: what errors call it.
    /// - Throws: `LungfoldError` (`badData`) for anything else.
    public init(encoded bytes: [UInt8], identity: [String: String], file: String) throws {
        let set: WeightSet
        do {
            set = try WeightSet(safetensors: bytes, file: file)
        } catch let error as EngineError {
            throw LungfoldError(.badData, error)
        }
        let text = set.metadata
        let differing = identity.merging(["checkpoint_format": Self.format]) { $1 }
            .filter { text[$0.key] != $0.value }
        guard differing.isEmpty else {
            let names = differing.keys.sorted().joined(separator: ", ")
            throw LungfoldError(.badData, file, "belongs to another training: \(names) differ")
        }
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

    init(weights: WeightSet, optimiser: OptimiserState, state: TrainingState) {
        self.weights = WeightSet(tensors: weights.tensors)
        self.optimiser = optimiser
        self.state = state
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
        let trained = network.parameters.filter(\.isTrainable)
        let moments = Dictionary(uniqueKeysWithValues: trained.map { ($0.name, $0.shape) })
        let problem: String? =
            if !(1...epochs + 1).contains(state.epoch)
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
            } else {
                nil
            }
        guard let problem else { return }
        throw LungfoldError(.badData, "the checkpoint of \(job)", problem)
    }
}
