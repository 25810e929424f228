import LungfoldImaging
import LungfoldStudy
import LungfoldTraining

/// The two checkpoints of a job. A new one takes the place of the older, so whatever happens while it
/// is written, and whatever happens to one file later, there is another that is whole.
final class CheckpointFiles {
    private let paths: [String]
    private let identity: [String: String]
    private var next = 0

    /// - Parameters:
    ///   - directory: the job's.
    ///   - identity: what the checkpoints belong to; others are not taken.
    init(_ directory: JobDirectory, identity: [String: String]) {
        paths = directory.checkpointFiles
        self.identity = identity
    }

    /// The newest checkpoint that is whole; nil where there is none.
    /// - Parameter notice: is told of those that cannot be used.
    func load(notice: (String) -> Void) -> Checkpoint? {
        var newest: (checkpoint: Checkpoint, slot: Int)?
        for (slot, path) in paths.enumerated() where FileSystem.exists(path) {
            do {
                let checkpoint = try Checkpoint(
                    encoded: Seal.open(FileSystem.read(path), path: path), identity: identity,
                    file: path)
                if checkpoint.iteration > newest?.checkpoint.iteration ?? -1 {
                    newest = (checkpoint, slot)
                }
            } catch {
                notice("\(error) The other checkpoint is used, where there is one.")
            }
        }
        next = newest.map { 1 - $0.slot } ?? 0
        return newest?.checkpoint
    }

    /// Writes a checkpoint, whole or not at all.
    func save(_ checkpoint: Checkpoint) throws {
        let content = try checkpoint.encoded(identity: identity)
        try WholeFile.write([Seal.header(of: content), content], to: paths[next])
        next = 1 - next
    }
}
