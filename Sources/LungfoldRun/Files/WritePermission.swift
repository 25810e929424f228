import Glibc
import LungfoldCluster
import LungfoldStudy

/// Whether this process's run is still the folder's: a run that was cut off, and that another has
/// taken over from, must not write.
///
/// Every start raises the generation under the lock; every rank reads it again right before a file of a
/// job or the report that it has written gets its name, and before `run.json`. What slips through in
/// between does no harm: a job's files have the same bytes whoever writes them, what only people watch
/// lies apart from them, and the report can be written again from them.
package struct WritePermission: Sendable {
    /// How long a network file system may go on showing what was there before this run.
    private static let lag = 60.0 * LimitScale.factor

    let directory: RunDirectory
    /// The run's own generation.
    let generation: Int

    /// Describes a run on its folder.
    package init(directory: RunDirectory, generation: Int) {
        self.directory = directory
        self.generation = generation
    }

    /// Checks at once.
    /// - Throws: `LungfoldError` (`cannotCreate`, `io`) where the folder is another run's by now, gone,
    ///   or cannot be read.
    package func check() throws { try check(for: 0) }

    /// Checks, and waits a minute for the file system to show this run's generation: for whoever may
    /// stand still so long.
    /// - Throws: as `check` does, and `interrupted` where the run is stopped in the meantime.
    package func checkPatiently() throws { try check(for: Self.lag) }

    private func check(for patience: Double) throws {
        let begin = ContinuousClock.now
        var latest = try latest()
        // A lower number than ours is an old one: none of our ranks began before ours was written.
        while latest < generation, ContinuousClock.now - begin < .seconds(patience) {
            guard !StopSignals.hasArrived else {
                throw LungfoldError(
                    .interrupted, directory.path, "the run was stopped before it could write there",
                    remedy: "The same command continues it")
            }
            usleep(useconds_t(min(0.5, patience / 10) * 1e6))
            latest = try self.latest()
        }
        if latest > generation {
            throw LungfoldError(
                .cannotCreate, directory.path,
                "run \(latest) has taken over the folder from this run, \(generation)",
                remedy: "Leave it to that run")
        }
        if latest < generation {
            throw LungfoldError(
                .io, GenerationFile(directory).path,
                "says that run \(latest) is at work here, which was before this run, \(generation)",
                remedy: "Give an --output that all hosts see alike, and run the same command again")
        }
    }

    /// That it cannot be read, or is damaged, is the folder's fault and never the job's.
    private func latest() throws -> Int {
        do {
            return try GenerationFile(directory).latest()
        } catch let error as LungfoldError {
            guard error.kind != .missingInput else {
                throw LungfoldError(
                    .cannotCreate, error.subject,
                    "is gone, and the study's folder perhaps with it",
                    remedy: "Bring the folder back and run the same command again")
            }
            throw LungfoldError(
                .io, error.subject, error.problem,
                remedy: "Check the disk, and run the same command again; it continues")
        }
    }
}
