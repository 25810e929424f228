import Glibc
import LungfoldEngine
import LungfoldImaging
import LungfoldStudy
import LungfoldTraining

/// `lungfold dream`: what a class, or a channel of a layer, of a trained network looks for.
public struct DreamRun {
    private let path: String
    private let file: NetworkFile

    /// What to dream of.
    public enum Aim: Sendable {
        /// Every class.
        case classes
        /// One class, by name or index.
        case oneClass(String)
        /// A channel of a layer, from 0.
        case channel(Int, layer: String)
    }

    /// Reads weights.
    /// - Throws: `LungfoldError` naming the file and what is wrong with it.
    public init(weights path: String) throws {
        guard FileSystem.exists(path) else { throw LungfoldError.cannotRead(path, ENOENT) }
        self.path = path
        file = try NetworkFile(contentsOf: path)
    }

    /// Prints the layers, in the order of computation.
    public func list() throws {
        let network = file.network
        let rows = network.featureLayers.map { layer in
            let share = 1 << layer.features.level
            return [
                layer.name, "0...\(layer.features.channels - 1)", share == 1 ? "1" : "1/\(share)",
                layer.kind,
            ]
        }
        let classes = file.task.classNames.enumerated().map { "\($0) \($1)" }
        let text =
            Text.table([["layer", "channels", "resolution", "what it is"]] + rows)
            + "\nThe channels of \(network.featureLayers[network.featureLayers.count - 1].name) are"
            + " the classes: \(classes.joined(separator: ", "))\n"
        try Console.deliver(Array(text.utf8), to: "-")
    }

    /// Makes the pictures.
    /// - Parameters:
    ///   - aim: what to dream of.
    ///   - settings: how.
    ///   - convolution: how 3x3 convolutions are computed.
    ///   - threads: the value of `--threads`.
    ///   - output: a PNG file; with `.classes` the folder for one of each class.
    public func run(
        _ aim: Aim, settings: DreamSettings, convolution: TrainingSettings.ConvolutionAlgorithm,
        threads: Int?, output: String
    ) throws {
        try settings.check()
        let (layer, channels, isFolder) = try resolve(aim)
        try checkSize(settings.size)
        if isFolder { try FileSystem.makeDirectory(output) }
        var engine = TrainingSettings()
        engine.convolution = convolution
        let options = engine.engineOptions(threads: ThreadChoice(option: threads).threads)
        let dreams = try LungfoldError.translating(.usage) {
            try DeepDream(file, layer: layer, settings: settings, options: options)
                .run(channels: channels)
        }
        for dream in dreams {
            let path = isFolder ? "\(output)/\(fileName(dream.channel)).png" : output
            let png = try PNGWriter.encode(
                grey: dream.grey, rows: settings.size, columns: settings.size)
            try WholeFile.write(png, to: path)
            let note = dream.before == dream.after ? ": the image has no influence on it" : ""
            let numbers = [dream.before, dream.after].map { Text.decimal($0, 4) }
            Console.say(
                "\(path): \(layer), channel \(dream.channel): mean activation"
                    + " \(numbers[0]) before, \(numbers[1]) after\(note)")
        }
    }

    private func fileName(_ index: Int) -> String {
        file.task.classNames[index].split(separator: " ").joined(separator: "-")
    }

    private func checkSize(_ size: Int) throws {
        do {
            try file.network.checkSize(height: size, width: size)
        } catch let error as EngineError {
            throw LungfoldError(.usage, "--size \(size)", error.problem, remedy: error.remedy)
        }
    }

    private func resolve(_ aim: Aim) throws -> (layer: String, channels: [Int], isFolder: Bool) {
        let layers = file.network.featureLayers
        let classes = file.task.classNames
        let last = layers[layers.count - 1].name
        switch aim {
        case .classes: return (last, Array(classes.indices), true)
        case .oneClass(let name):
            let index = Int(name).flatMap { classes.indices.contains($0) ? $0 : nil }
            guard let index = index ?? classes.firstIndex(of: name) else {
                throw LungfoldError(
                    .usage, "--class '\(name)'", "is not a class of \(path)",
                    remedy: "There are "
                        + classes.enumerated().map { "\($0) or '\($1)'" }.joined(separator: ", "))
            }
            return (last, [index], false)
        case .channel(let channel, let name):
            let layer = try LungfoldError.translating(.usage) {
                try file.network.featureLayer(named: name)
            }
            guard (0..<layer.features.channels).contains(channel) else {
                throw LungfoldError(
                    .usage, "--channel \(channel)",
                    "is not in 0...\(layer.features.channels - 1), the channels of \(name)")
            }
            return (name, [channel], false)
        }
    }
}
