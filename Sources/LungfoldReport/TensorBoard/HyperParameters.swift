import LungfoldStudy

/// What TensorBoard's HPARAMS page lists of a job (tensorboard/plugins/hparams/plugin_data.proto): its
/// network, task, fold and hyperparameters. What it came to are the job's scalars.
public struct HyperParameters: Sendable {
    private let optimiser: String
    private let l2: Double
    private let size: Int

    /// - Parameters:
    ///   - optimiser: its name.
    ///   - l2: the factor of the L2 penalty.
    ///   - size: rows and columns of a slice as the network sees it.
    public init(optimiser: String, l2: Double, size: Int) {
        self.optimiser = optimiser
        self.l2 = l2
        self.size = size
    }

    private enum Value {
        case number(Double)
        case text(String)
    }

    /// Describes the job, before all other events.
    func begin(_ file: inout EventFile, _ result: JobResult) {
        let values: [(String, Value)] = [
            ("L2", .number(Double("\(Float(l2))") ?? l2)),
            ("epochs", .number(Double(result.history.epochs.count))),
            ("experiment", .number(Double(result.experiment.number))),
            ("fold", .text(result.split.name)),
            ("image size", .number(Double(size))),
            ("learning rate", .number(result.experiment.learningRate)),
            ("mini-batch", .number(Double(result.experiment.miniBatch))),
            ("network", .text(result.network.rawValue)),
            ("optimiser", .text(optimiser)),
            ("task", .text(result.task.rawValue)),
        ]
        var start = ProtocolBuffer()
        for (name, value) in values {
            var content = ProtocolBuffer()  // google.protobuf.Value
            switch value {
            case .number(let number): content.add(2, double: number)
            case .text(let text): content.add(3, text: text)
            }
            var entry = ProtocolBuffer()
            entry.add(1, text: name)
            entry.add(2, message: content)
            start.add(1, message: entry)
        }
        start.add(4, text: result.key)
        var data = ProtocolBuffer()
        data.add(3, message: start)
        file.add(content: data, tag: "_hparams_/session_start_info", plugin: "hparams")
    }

    /// Says that the job is done, after all other events.
    func end(_ file: inout EventFile) {
        var end = ProtocolBuffer()
        end.add(1, integer: 1)  // STATUS_SUCCESS
        var data = ProtocolBuffer()
        data.add(4, message: end)
        file.add(content: data, tag: "_hparams_/session_end_info", plugin: "hparams")
    }
}
