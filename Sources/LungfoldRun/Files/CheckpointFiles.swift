import LungfoldImaging
import LungfoldStudy
import LungfoldTraining

/// The two generations of a job's checkpoint. A new one takes the place of the older, so whatever
/// happens while it is written, and whatever happens to one file later, there is another that is whole.
///
/// Each has the best network so far in a file of its own, named for its iteration and written before
/// the checkpoint that needs it: it seldom changes, so that most checkpoints cost one file.
final class CheckpointFiles {
    private let directory: JobDirectory
    private let identity: [String: String]
    private let permission: () throws -> Void
    private let check: (Checkpoint, String) throws -> Void
    private var next = CheckpointSlot.a
    /// The iterations of the best networks that are known to lie there, whole.
    private var best: [CheckpointSlot: Int] = [:]

    /// - Parameters:
    ///   - directory: the job's.
    ///   - identity: what the checkpoints belong to; others are not taken.
    ///   - permission: throws where this process may no longer write there.
    ///   - check: throws (`badData`) for a checkpoint of a file that does not fit the job.
    init(
        _ directory: JobDirectory, identity: [String: String],
        permission: @escaping () throws -> Void = {},
        check: @escaping (_ checkpoint: Checkpoint, _ file: String) throws -> Void
    ) {
        self.directory = directory
        self.identity = identity
        self.permission = permission
        self.check = check
    }

    /// The newest checkpoint that is whole and fits; nil where there is none.
    /// - Parameter notice: is told of those that cannot be used.
    /// - Throws: `LungfoldError` (`io`) where one cannot be read. It may be as good as ever, and the
    ///   next ones must not take its place.
    func load(notice: (String) -> Void) throws -> Checkpoint? {
        var newest: (checkpoint: Checkpoint, slot: CheckpointSlot)?
        for slot in CheckpointSlot.allCases {
            guard try FileSystem.isPresent(directory.checkpointFile(slot)) else { continue }
            do {
                let checkpoint = try read(slot)
                best[slot] = checkpoint.bestIteration
                if checkpoint.iteration > newest?.checkpoint.iteration ?? -1 {
                    newest = (checkpoint, slot)
                }
            } catch let error as LungfoldError where [.badData, .missingInput].contains(error.kind)
            {
                notice("\(error) The other checkpoint is used, where there is one.")
            }
        }
        next = newest?.slot.other ?? .a
        return newest?.checkpoint
    }

    /// Writes a checkpoint, whole or not at all.
    func save(_ checkpoint: Checkpoint) throws {
        if let iteration = checkpoint.bestIteration, best[next] != iteration,
            let content = checkpoint.encodedBest(identity: identity)
        {
            try write(content, to: directory.bestFile(next, iteration: iteration))
            best[next] = iteration
        }
        try write(
            checkpoint.encoded(identity: identity), to: directory.checkpointFile(next))
        for file in directory.bestFiles(next)
        where file != checkpoint.bestIteration.map({ directory.bestFile(next, iteration: $0) }) {
            FileSystem.remove(file)
        }
        next = next.other
    }

    /// How many iterations of a job its checkpoints have, as far as their headers tell: for estimates.
    static func iteration(in directory: JobDirectory) -> Int {
        CheckpointSlot.allCases.compactMap { slot in
            let path = directory.checkpointFile(slot)
            let length = FileSystem.readIfAny(path, from: Seal.length, count: 8)
                .reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            // More is no header of ours.
            guard length < 1 << 26 else { return nil }
            return Checkpoint.iteration(
                ofStart: FileSystem.readIfAny(path, from: Seal.length, count: 8 + Int(length)))
        }.max() ?? 0
    }

    private func read(_ slot: CheckpointSlot) throws -> Checkpoint {
        let path = directory.checkpointFile(slot)
        var checkpoint = try Checkpoint(
            encoded: Seal.read(path), identity: identity, file: path)
        if let iteration = checkpoint.bestIteration {
            let file = directory.bestFile(slot, iteration: iteration)
            try checkpoint.takeBest(
                encoded: Seal.read(file), identity: identity, file: file)
        }
        try check(checkpoint, path)
        return checkpoint
    }

    private func write(_ content: [UInt8], to path: String) throws {
        try WholeFile.write(
            [Seal.header(of: content), content], to: path, permission: permission)
    }
}

/// The places of a job's two generations of checkpoints.
enum CheckpointSlot: String, CaseIterable {
    case a, b

    /// The other one.
    var other: CheckpointSlot { self == .a ? .b : .a }
}
