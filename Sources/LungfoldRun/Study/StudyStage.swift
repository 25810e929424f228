import LungfoldCluster
import LungfoldStudy
import LungfoldTraining

/// Jobs that can be trained at once, on all ranks: queue, training, reduction, and the check of the
/// reduced results against the files.
struct StudyStage {
    let world: World
    let shared: SharedStudy
    let jobs: [Job]
    let threads: Int
    let permission: WritePermission
    /// Rank 0's alone.
    let progress: StudyProgress?

    /// Trains the jobs that are not finished. Collective.
    func run() throws -> QueueSummary {
        let unfinished = try world.broadcastKeys(unfinishedKeys)
        let byKey = Dictionary(uniqueKeysWithValues: jobs.map { ($0.key, $0) })
        // Only rank 0's count, and it alone need look into the folders.
        let work = try (world.rank == 0 ? unfinished : []).compactMap { byKey[$0] }
            .map { try RemainingWork($0, in: shared.directory.job($0.key)) }
        progress?.begin(work, finishedBefore: jobs.count - unfinished.count)
        // What the reduction needs of them, and no more: the rest is in the folder.
        var own: [String: ResultSlots] = [:]
        var diskFailure: LungfoldError?
        let summary = try world.runQueue(
            work.map(\.task), limits: QueueLimits().scaled(by: LimitScale.factor),
            onEvent: { [progress] in progress?.handle($0) },
            perform: { key, context in
                guard let job = byKey[key] else {
                    throw LungfoldError(.internal, "job \(key)", "is not a job of this study")
                }
                do {
                    own[key] = try ResultSlots(train(job, context))
                } catch let error as LungfoldError where error.concernsTheFolder {
                    // No other job could keep what it does either: all save if they can, and end.
                    diskFailure = error
                    world.requestStop()
                    throw LungfoldError(.interrupted, "job \(key)", "cannot be saved")
                }
            })
        try world.share(diskFailure)
        try check(own)
        return summary
    }

    /// The jobs without a result on disk. Reads every file of every result: a job with a damaged one
    /// is trained again, which gives the same bytes. One that cannot be read may be as good as ever:
    /// it ends the run, and nothing is thrown away.
    private func unfinishedKeys() throws -> [String] {
        try jobs.filter { job in
            let directory = shared.directory.job(job.key)
            do {
                // A disk that does not answer is no reason to train a finished job again.
                guard try FileSystem.isPresent(directory.manifestFile) else { return true }
                return try directory.verifiedResult(of: job) == nil
            } catch let error as LungfoldError where [.badData, .missingInput].contains(error.kind)
            {
                Console.warn("\(error.subject): \(error.problem). Training \(job.key) again.")
                directory.discardResult()
                return true
            }
        }.map(\.key)
    }

    // MARK: Training

    private func train(_ job: Job, _ context: JobContext) throws -> JobResult {
        let directory = shared.directory.job(job.key)
        do {
            let training = JobTraining(
                job: job, slices: shared.slices, dataDigest: shared.file.dataDigest,
                threads: threads, directory: directory, geometry: shared.geometry,
                notice: { warning in
                    RankLog.warn(warning)
                    if let bytes = try? JSON.encode(RankReport(warning: warning)) {
                        context.report(bytes)
                    }
                }, permission: permission.checkPatiently)
            var watcher = JobWatch(job, directory, permission: permission.checkPatiently) {
                context.report(try JSON.encode($0))
            }
            let result = try training.run(
                shouldStop: { context.shouldStop }, heartbeat: { context.countStep() }
            ) {
                context.countStep()
                try watcher.take($0)
            }
            try watcher.end(result)
            return result
        } catch let error as LungfoldError
            where error.kind == .interrupted || error.concernsTheFolder
        {
            RankLog.note("\(job.key): stops: \(error)")
            throw error
        } catch {
            // The reason also travels to rank 0, which shows it; a full disk may refuse it here.
            RankLog.fail("\(job.key): failed: \(error)")
            try permission.checkPatiently()
            try? directory.save(
                JobFailure(key: job.key, reason: "\(error)"),
                permission: permission.checkPatiently)
            throw error
        }
    }

    // MARK: Reduction

    /// Brings all new results to rank 0 through MPI and compares them with the files.
    private func check(_ slots: [String: ResultSlots]) throws {
        let keys = try world.broadcastKeys { progress?.finished.sorted() ?? [] }
        try world.checkOwners(of: keys, owned: Set(slots.keys))
        let lengths = try world.sumForAll(
            keys.flatMap { [slots[$0]?.counts.count ?? 0, slots[$0]?.bits.count ?? 0] })
        let filled = keys.enumerated().map { index, key in
            slots[key]
                ?? ResultSlots(
                    countLength: lengths[2 * index], bitLength: lengths[2 * index + 1])
        }
        let counts = try world.sum(filled.flatMap(\.counts))
        let bits = try world.gatherBits(filled.flatMap(\.bits))
        _ = try world.broadcast {
            try compare(counts ?? [], bits ?? [], with: keys)
            return []
        }
    }

    /// Rank 0's part.
    private func compare(_ counts: [Int64], _ bits: [UInt64], with keys: [String]) throws {
        var (counts, bits) = (counts[...], bits[...])
        for job in keys.compactMap({ key in jobs.first { $0.key == key } }) {
            let directory = shared.directory.job(job.key)
            guard let result = try directory.result(of: job) else {
                throw LungfoldError(
                    .io, directory.resultFile, "is not there, though the job is finished",
                    remedy: "Give an --output that all hosts share")
            }
            let stored = ResultSlots(result)
            guard Array(counts.prefix(stored.counts.count)) == stored.counts,
                Array(bits.prefix(stored.bits.count)) == stored.bits
            else {
                throw LungfoldError(
                    .internal, directory.resultFile, "differs from what its rank has sent",
                    remedy: "Remove the job's folder and run the same command again")
            }
            counts = counts.dropFirst(stored.counts.count)
            bits = bits.dropFirst(stored.bits.count)
        }
    }
}

extension LungfoldError {
    /// Whether the study's folder cannot be read or written, which no job can do without.
    fileprivate var concernsTheFolder: Bool { kind == .io || kind == .cannotCreate }
}

extension World {
    /// Gives every rank the job keys that rank 0 makes.
    fileprivate func broadcastKeys(_ keys: () throws -> [String]) throws -> [String] {
        try JSON.decode(
            from: broadcast { try JSON.encode(keys()) }, subject: "the jobs from rank 0")
    }

    /// Gives every rank the sums of all ranks' numbers.
    fileprivate func sumForAll(_ lengths: [Int]) throws -> [Int] {
        let sums = try sum(lengths.map { Int64($0) })
        return try JSON.decode(
            from: broadcast { try JSON.encode(sums ?? []) }, subject: "the lengths from rank 0")
    }
}
