import Foundation
import LungfoldCluster
import LungfoldStudy

/// `lungfold study`: the whole study on all ranks of mpirun, or on one rank without it.
public struct StudyRun: Sendable {
    private let request: StudyRequest

    /// Describes a run.
    public init(_ request: StudyRequest) { self.request = request }

    /// Runs the study.
    /// - Returns: the exit code.
    public func run() -> Int32 {
        StopSignals.watch()
        return World.run { world in
            CrashMark.watch()
            return try perform(world)
        }
    }

    private func perform(_ world: World) throws -> Int32 {
        var lock: DirectoryLock?
        defer { lock?.release() }
        let shared = try SharedStudy(
            encoded: world.broadcast {
                let directory = RunDirectory(path: request.output)
                // Before the slices are read, where there is a folder to lock: a second run is refused
                // at once.
                if FileSystem.exists(directory.studyFile) {
                    lock = try DirectoryLock(directory, host: world.host, notice: Console.warn)
                }
                let shared = try request.resolve(notice: Console.say)
                try directory.prepare(for: shared.file)
                if lock == nil {
                    lock = try DirectoryLock(directory, host: world.host, notice: Console.warn)
                }
                try directory.claim(for: shared.file)
                directory.sweep()
                try SliceArchive(directory).keep(shared.slices, loader: request.data)
                return try shared.encoded()
            })
        try checkSurroundings(world, shared)
        let threads = ThreadChoice(option: request.threads, cores: .init(world.placement))
        let (progress, permission) = try begin(world, shared, threads)
        let writer = progress.map { StatusWriter($0, directory: shared.directory) }
        defer { withExtendedLifetime(writer) {} }
        var summary = try StudyStage(
            world: world, shared: shared, jobs: shared.study.jobs(), threads: threads.threads,
            permission: permission, progress: progress
        ).run()
        if shared.study.protocol == .paper, !summary.wasStopped {
            summary = try StudyStage(
                world: world, shared: shared, jobs: try secondStage(world, shared),
                threads: threads.threads, permission: permission, progress: progress
            ).run()
        }
        return try end(world, shared, progress, wasStopped: summary.wasStopped)
    }

    /// The paper's second stage: rank 0 knows the first one's results.
    private func secondStage(_ world: World, _ shared: SharedStudy) throws -> [Job] {
        let bytes = try world.broadcast {
            let results = try StudyReport(directory: shared.directory).outcome().results
            return try JSON.encode(shared.study.secondStage(results: results))
        }
        return try JSON.decode(from: bytes, subject: "the second stage from rank 0")
    }

    // MARK: Beginning

    /// Makes sure that all ranks run the same program on the same folder.
    private func checkSurroundings(_ world: World, _ shared: SharedStudy) throws {
        let program = Digest.of(FileSystem.readIfAny("/proc/self/exe"))
        try world.agree(on: program, what: "the build of lungfold")
        let mark = Digest.of(sharedFile(shared.directory.studyFile, patience: world.size > 1))
        try world.agree(on: mark, what: "\(shared.directory.studyFile) as each host sees it")
    }

    /// A file that rank 0 has written. Network file systems may show it to others only after a while.
    private func sharedFile(_ path: String, patience: Bool) -> [UInt8] {
        let limit = Date().addingTimeInterval(patience ? 60 : 0)
        while !FileSystem.exists(path), Date() < limit { Thread.sleep(forTimeInterval: 0.5) }
        return FileSystem.readIfAny(path)
    }

    /// Opens run.json and says what is about to happen; rank 0's part, and nil elsewhere.
    private func begin(_ world: World, _ shared: SharedStudy, _ threads: ThreadChoice) throws
        -> (StudyProgress?, WritePermission)
    {
        var slots = Array(repeating: UInt64(0), count: world.size)
        slots[world.rank] = UInt64(threads.threads)
        let threadsByRank = try world.gatherBits(slots)
        var progress: StudyProgress?
        let generation = try world.broadcast {
            let ranks = zip(world.placement.hosts, threadsByRank ?? []).map {
                RunRecord.Rank(host: $0, threads: Int($1))
            }
            let record = RunRecord(
                directory: shared.directory, command: CommandLine.arguments, ranks: ranks,
                versions: ["lungfold": Program.version, "MPI": world.library], started: Date())
            try record.save(in: shared.directory)
            progress = StudyProgress(record: record, directory: shared.directory)
            return try JSON.encode(record.generation)
        }
        if world.rank == 0 { announce(world, shared, threads) }
        let permission = WritePermission(
            directory: shared.directory,
            generation: try JSON.decode(from: generation, subject: "the generation from rank 0"))
        return (progress, permission)
    }

    private func announce(_ world: World, _ shared: SharedStudy, _ threads: ThreadChoice) {
        for note in world.placement.notices + threads.notes { Console.warn("note: \(note)") }
        let jobs = shared.study.jobs()
        let finished = jobs.count { shared.directory.job($0.key).isFinished }
        Console.say(
            "\(jobs.count) jobs on \(world.size) rank(s) with \(threads.threads) thread(s) "
                + "(\(threads.source)), \(shared.slices.count) slices"
                + (finished > 0 ? "; \(finished) are finished already" : ""))
    }

    // MARK: Ending

    private func end(
        _ world: World, _ shared: SharedStudy, _ progress: StudyProgress?, wasStopped: Bool
    ) throws -> Int32 {
        let bytes = try world.broadcast {
            guard let progress else { return [] }
            if wasStopped {
                try progress.end(.interrupted)
                throw LungfoldError(
                    .interrupted, shared.directory.path, "the study was stopped",
                    remedy: "The same command continues it")
            }
            return [try report(shared, progress)]
        }
        return Int32(bytes.first ?? 0)
    }

    /// Writes the report; gives the exit code.
    private func report(_ shared: SharedStudy, _ progress: StudyProgress) throws -> UInt8 {
        do {
            let failures = try StudyReport(directory: shared.directory)
                .write(newFailures: progress.failures)
            try progress.end(failures.isEmpty ? .finished : .jobsFailed)
            return failures.isEmpty ? 0 : UInt8(LungfoldError.Kind.jobsFailed.rawValue)
        } catch {
            // The error that led here is the one to show.
            try? progress.end(.failed)
            throw error
        }
    }
}
