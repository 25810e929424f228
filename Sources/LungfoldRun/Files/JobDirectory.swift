import LungfoldImaging
import LungfoldStudy

/// The folder of a job: `jobs/KEY`.
public struct JobDirectory: Hashable, Sendable {
    /// Its path.
    public let path: String

    /// The result; a job that has one is finished.
    public var resultFile: String { "\(path)/result.json" }
    /// Why the job failed, where it did.
    public var failureFile: String { "\(path)/failure.json" }
    /// The training curve as a table.
    public var historyFile: String { "\(path)/history.csv" }
    /// The trained weights.
    public var weightsFile: String { "\(path)/weights.safetensors" }

    /// Whether the job is finished.
    public var isFinished: Bool { FileSystem.exists(resultFile) }

    /// Writes a finished job, its result last.
    /// - Parameter more: further files of the job, by name.
    public func save(_ result: JobResult, weights: [UInt8], more: [String: [UInt8]] = [:]) throws {
        try FileSystem.makeDirectory(path)
        for (name, content) in more { try WholeFile.write(content, to: "\(path)/\(name)") }
        try WholeFile.write(weights, to: weightsFile)
        try WholeFile.write(Array(HistoryTable(result).csv.utf8), to: historyFile)
        try WholeFile.write(JSON.encode(result), to: resultFile)
        FileSystem.remove(failureFile)
    }

    /// Writes why the job failed.
    public func save(_ failure: JobFailure) throws {
        try FileSystem.makeDirectory(path)
        try WholeFile.write(JSON.encode(failure), to: failureFile)
    }

    /// The result of the job, checked to be this job's; nil where it is not finished.
    /// - Throws: `LungfoldError` where the file is damaged or another job's.
    public func result(of job: Job) throws -> JobResult? {
        guard isFinished else { return nil }
        let result: JobResult = try JSON.decode(
            from: FileSystem.read(resultFile), subject: resultFile)
        try result.check(isOf: job, source: resultFile)
        return result
    }

    /// Why the job failed; nil where it did not.
    public func failure() throws -> JobFailure? {
        guard FileSystem.exists(failureFile) else { return nil }
        return try JSON.decode(from: FileSystem.read(failureFile), subject: failureFile)
    }
}

/// A training curve as a table: a row an epoch, with the last validation of that epoch.
struct HistoryTable {
    let csv: String

    init(_ result: JobResult) {
        let classes = result.task.classCount
        let header =
            ["epoch", "learning_rate", "training_loss", "training_accuracy", "iteration"]
            + ["validation_loss", "validation_accuracy"]
            + (0..<classes).map { "validation_dice_\($0)" }
        let validations = Dictionary(
            result.history.validations.map { ($0.epoch, $0) }, uniquingKeysWith: { $1 })
        let rows = result.history.epochs.map { epoch in
            let start = [
                "\(epoch.epoch)", "\(epoch.learningRate)", "\(epoch.trainingLoss)",
                "\(epoch.trainingAccuracy)",
            ]
            guard let validation = validations[epoch.epoch] else {
                return start + Array(repeating: "", count: 3 + classes)
            }
            return start
                + ["\(validation.iteration)", "\(validation.loss)", "\(validation.accuracy)"]
                + validation.dice.map { $0.map { "\($0)" } ?? "" }
        }
        csv = ([header] + rows).map { $0.joined(separator: ",") + "\n" }.joined()
    }
}
