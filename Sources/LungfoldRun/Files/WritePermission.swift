import LungfoldStudy

/// Whether this process's run is still the folder's: a run that was cut off, and that another has
/// taken over from, must not write.
///
/// Every start raises the generation in run.json under the lock; every rank reads it again before
/// each file it writes for good. What slips through in between does no harm, since a job's files have
/// the same bytes whoever writes them.
struct WritePermission {
    let directory: RunDirectory
    /// The run's own generation.
    let generation: Int

    private struct Record: Decodable {
        var generation: Int
    }

    /// - Throws: `LungfoldError` (`cannotCreate`) where the folder is another run's by now, or gone.
    func check() throws {
        let path = directory.recordFile
        guard FileSystem.exists(path) else {
            throw LungfoldError(
                .cannotCreate, path, "is gone, and the study's folder perhaps with it",
                remedy: "Bring the folder back and run the same command again")
        }
        let record = try record(path)
        guard record.generation == generation else {
            throw LungfoldError(
                .cannotCreate, directory.path,
                "run \(record.generation) has taken over the folder from this run, \(generation)",
                remedy: "Leave it to that run")
        }
    }

    /// That it cannot be read, or is damaged, is the folder's fault and never the job's.
    private func record(_ path: String) throws -> Record {
        do {
            return try JSON.decode(from: FileSystem.read(path), subject: path)
        } catch let error as LungfoldError {
            throw LungfoldError(
                error.kind == .missingInput ? .cannotCreate : .io, path, error.problem,
                remedy: "Check the disk, and run the same command again; it continues")
        }
    }
}
