import LungfoldStudy
import Yams

/// Experiments from a YAML file: a list for each network it names.
///
/// ```yaml
/// segnet:
///   - {number: 1, learning-rate: 0.002, mini-batch: 6}
///   - {number: 2, learning-rate: 0.0005, mini-batch: 6}
/// ```
///
/// A network that the file does not name keeps the paper's nine. Without `number` an experiment has
/// its place in the list. Anchors and aliases are not read.
public struct ExperimentsFile {
    /// A file of experiments is far smaller.
    private static let mostBytes = 64 << 10

    private let path: String

    /// Names a file.
    public init(path: String) { self.path = path }

    /// Reads and checks the file.
    /// - Throws: `LungfoldError` (`badConfiguration`) that names line and field.
    public func load() throws -> [NetworkKind: [Experiment]] {
        let text = try self.text()
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch let error as YamlError {
            throw LungfoldError(.badConfiguration, path, "is not YAML: \(error)")
        }
        guard let root, let networks = root.mapping, !networks.isEmpty else {
            throw failure(root, "has no list of experiments for segnet or unet")
        }
        return try networks.reduce(into: [:]) { result, entry in
            let network = try self.network(entry.key)
            if result[network] != nil {
                throw failure(entry.key, "\(network.rawValue) appears twice")
            }
            result[network] = try experiments(entry.value, of: network)
        }
    }

    /// The text, once it is known to be harmless to the parser.
    private func text() throws -> String {
        let bytes: [UInt8]
        do {
            bytes = try FileSystem.read(path, atMost: Self.mostBytes, isInput: true)
        } catch let error as LungfoldError where error.kind == .badData {
            throw failure(nil, error.problem)
        }
        let text = String(decoding: bytes, as: UTF8.self)
        guard let (sign, line) = YAMLAnchors.first(in: text) else { return text }
        throw LungfoldError(
            .badConfiguration, "\(path):\(line)",
            "has '\(sign)', which is YAML's sign of an anchor (&) or an alias (*); they are not read",
            remedy: "Write every experiment out, and use neither & nor *")
    }

    private func network(_ node: Node) throws -> NetworkKind {
        guard let network = node.string.flatMap(NetworkKind.init(rawValue:)) else {
            throw failure(node, "'\(node.string ?? "?")' is no network; there are segnet and unet")
        }
        return network
    }

    private func experiments(_ node: Node, of network: NetworkKind) throws -> [Experiment] {
        guard let list = node.sequence, !list.isEmpty else {
            throw failure(node, "\(network.rawValue) must be a list of experiments")
        }
        var experiments: [Experiment] = []
        for (place, item) in list.enumerated() {
            let experiment = try self.experiment(item, place: place + 1)
            if experiments.contains(where: { $0.number == experiment.number }) {
                throw failure(item, "number \(experiment.number) appears twice")
            }
            experiments.append(experiment)
        }
        return experiments
    }

    private func experiment(_ node: Node, place: Int) throws -> Experiment {
        guard let fields = node.mapping else {
            throw failure(node, "an experiment must have learning-rate and mini-batch")
        }
        let known = ["number", "learning-rate", "mini-batch"]
        for key in fields.keys where !known.contains(key.string ?? "") {
            throw failure(
                key,
                "'\(key.string ?? "?")' is no field; there are \(known.joined(separator: ", "))")
        }
        let rate = try number(
            fields["learning-rate"], "learning-rate", of: node, "above 0"
        ) { Double($0).flatMap { $0 > 0 && $0.isFinite ? $0 : nil } }
        let batch = try number(fields["mini-batch"], "mini-batch", of: node, "of 1 to 1024") {
            Int($0).flatMap { (1...1024).contains($0) ? $0 : nil }
        }
        var number = place
        if let given = fields["number"] {
            number = try self.number(given, "number", of: node, "of 1 to 9999") {
                Int($0).flatMap { (1...9999).contains($0) ? $0 : nil }
            }
        }
        return Experiment(number: number, learningRate: rate, miniBatch: batch)
    }

    private func number<Value>(
        _ node: Node?, _ field: String, of experiment: Node, _ rule: String,
        _ parse: (String) -> Value?
    ) throws -> Value {
        guard let node else { throw failure(experiment, "\(field) is missing") }
        guard let text = node.scalar?.string, let value = parse(text) else {
            throw failure(
                node, "\(field) is '\(node.scalar?.string ?? "a list")', not a number \(rule)")
        }
        return value
    }

    private func failure(_ node: Node?, _ problem: String) -> LungfoldError {
        let place = node?.mark.map { ":\($0.line)" } ?? ""
        return LungfoldError(
            .badConfiguration, path + place, problem,
            remedy: "`lungfold study --help` has an example")
    }
}
