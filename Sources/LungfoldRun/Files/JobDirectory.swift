import LungfoldImaging
import LungfoldReport
import LungfoldStudy

/// The folder of a job: `jobs/KEY`.
public struct JobDirectory: Hashable, Sendable {
    /// Its path.
    public let path: String

    /// Names a folder; nothing is read or made.
    package init(path: String) { self.path = path }

    /// The name of the file that is written last.
    static let manifestName = "manifest.json"
    /// The name of the trained weights.
    static let weightsName = "weights.safetensors"

    /// Lengths and digests of the files below; a job that has one is finished.
    public var manifestFile: String { "\(path)/\(Self.manifestName)" }
    /// The result.
    public var resultFile: String { "\(path)/result.json" }
    /// Why the job failed, where it did.
    public var failureFile: String { "\(path)/failure.json" }
    /// The name of the training curve as a table.
    static let historyName = "history.csv"
    /// The training curve as a table.
    public var historyFile: String { "\(path)/\(Self.historyName)" }
    /// The trained weights.
    public var weightsFile: String { "\(path)/\(Self.weightsName)" }
    /// The name of the weights of the best validation.
    static let bestWeightsName = "weights-best.safetensors"

    /// Where a job that is not finished stands; the older file is replaced next.
    func checkpointFile(_ slot: CheckpointSlot) -> String { "\(path)/checkpoint-\(slot.rawValue)" }
    /// The best network so far that belongs to a checkpoint.
    func bestFile(_ slot: CheckpointSlot, iteration: Int) -> String {
        "\(path)/\(Self.bestPrefix(slot))\(iteration)"
    }
    /// All that lie there, of this checkpoint or the ones before it.
    func bestFiles(_ slot: CheckpointSlot) -> [String] {
        FileSystem.names(in: path).filter { $0.hasPrefix(Self.bestPrefix(slot)) }
            .map { "\(path)/\($0)" }
    }
    private static func bestPrefix(_ slot: CheckpointSlot) -> String { "best-\(slot.rawValue)-" }
    /// Its curve while it is trained.
    var liveFolder: String { "\(path)/\(LiveEvents.folderName)" }
    /// The starts of the job that came to no orderly end.
    public var attemptsFile: String { "\(path)/attempts" }
    /// Who is writing here now, where the folder is `lungfold train`'s; a study has one lock for all.
    var lockFile: String { "\(path)/lock" }

    /// Whether the job is finished.
    public var isFinished: Bool { FileSystem.exists(manifestFile) }
    /// Whether there is a checkpoint to go on from.
    public var isBegun: Bool {
        CheckpointSlot.allCases.contains { FileSystem.exists(checkpointFile($0)) }
    }

    /// Makes the folder, and `jobs` above it.
    func make() throws { try FileSystem.makeDirectory(path, levels: 2) }

    /// Writes a finished job, its manifest last.
    /// - Parameters:
    ///   - more: further files of the job, by name.
    ///   - permission: throws where this process may no longer write there.
    public func save(
        _ result: JobResult, weights: [UInt8], more: [String: [UInt8]] = [:],
        permission: () throws -> Void = {}
    ) throws {
        try make()
        var contents = more
        contents[Self.weightsName] = weights
        let table = HistoryTable(classes: result.task.classCount)
        contents[Self.historyName] = Array(table.csv(result.history).utf8)
        contents["result.json"] = try JSON.encode(result)
        for (name, content) in contents.sorted(by: { $0.key < $1.key }) {
            try WholeFile.write(content, to: "\(path)/\(name)", permission: permission)
        }
        try WholeFile.write(
            JSON.encode(JobManifest(contents)), to: manifestFile, permission: permission)
        removeTraces()
    }

    /// Removes what a finished job has no more use for.
    func removeTraces() {
        // Checkpoints first: one without its best network would be called damaged.
        let checkpoints =
            CheckpointSlot.allCases.map(checkpointFile)
            + CheckpointSlot.allCases.flatMap(bestFiles)
        for file in checkpoints + [failureFile, attemptsFile] { FileSystem.remove(file) }
        FileSystem.removeFolder(liveFolder)
    }

    /// Removes what a process that was killed while it wrote has left.
    func sweep() {
        FileSystem.removeTemporaries(in: path)
        if isFinished { removeTraces() }
    }

    /// Makes a finished job an unfinished one, manifest first.
    func discardResult() {
        let evidence = (JobEvidence.names + [DreamArchive.name]).map { "\(path)/\($0)" }
        for file in [manifestFile, resultFile, historyFile, weightsFile] + evidence {
            FileSystem.remove(file)
        }
    }

    /// Writes why the job failed.
    /// - Parameter permission: throws where this process may no longer write there.
    public func save(_ failure: JobFailure, permission: () throws -> Void = {}) throws {
        try make()
        try WholeFile.write(JSON.encode(failure), to: failureFile, permission: permission)
    }

    /// The result of the job, checked to be this job's; nil where it is not finished.
    /// - Throws: `LungfoldError` where the file is damaged or another job's.
    public func result(of job: Job) throws -> JobResult? {
        guard let manifest = try manifest() else { return nil }
        let result: JobResult = try JSON.decode(
            from: manifest.read("result.json", in: path), subject: resultFile)
        try result.check(isOf: job, source: resultFile)
        return result
    }

    /// The result of the job, and every other of its files checked to be as it was written.
    func verifiedResult(of job: Job) throws -> JobResult? {
        guard let result = try result(of: job), let manifest = try manifest() else { return nil }
        for name in manifest.files.keys.sorted() { _ = try manifest.read(name, in: path) }
        return result
    }

    private func manifest() throws -> JobManifest? {
        guard try FileSystem.isPresent(manifestFile) else { return nil }
        let bytes = try FileSystem.read(manifestFile)
        let manifest: JobManifest = try JSON.decode(from: bytes, subject: manifestFile)
        // No digest covers the digests; but every manifest has one spelling.
        guard try JSON.encode(manifest) == bytes else {
            throw LungfoldError(
                .badData, manifestFile, "is damaged: it is not as Lungfold writes it",
                remedy: "Run the study's command again; it trains this job anew")
        }
        return manifest
    }

    /// Why the job failed; nil where it did not.
    public func failure() throws -> JobFailure? {
        guard try FileSystem.isPresent(failureFile) else { return nil }
        return try JSON.decode(from: FileSystem.read(failureFile), subject: failureFile)
    }
}
