import LungfoldStudy

/// What a study's folder has of its jobs, for a report. A job whose files are damaged or gone counts as
/// failed, with the reason: the others' results are as good as ever. One that only cannot be read just now
/// may be whole, and a report without it would take the place of a complete one: then there is none.
struct JobRecords {
    private(set) var results: [JobResult] = []
    private(set) var failures: [JobFailure] = []
    private let directory: RunDirectory

    init(_ directory: RunDirectory) { self.directory = directory }

    /// Adds what there is of some jobs.
    /// - Throws: `LungfoldError` (`io`) where the disk refuses to tell.
    mutating func read(_ jobs: [Job]) throws {
        for job in jobs {
            let folder = directory.job(job.key)
            do {
                if let result = try folder.result(of: job) {
                    results.append(result)
                } else if let failure = try folder.failure() {
                    failures.append(failure)
                }
            } catch let error as LungfoldError
                where [.badData, .missingInput].contains(error.kind)
            {
                failures.append(
                    JobFailure(key: job.key, reason: directory.localWords(of: error)))
            }
        }
    }
}
