import Foundation
import Glibc
import LungfoldCluster
import LungfoldStudy

/// `lungfold study`: the whole study on all ranks of mpirun, or on one rank without it.
public struct StudyRun: Sendable {
    private let request: StudyRequest
    private let mode: ProgressMode

    /// Describes a run.
    /// - Parameter progress: how it shows what it does.
    public init(_ request: StudyRequest, progress: ProgressMode = .auto) {
        self.request = request
        mode = progress
    }

    /// Runs the study.
    /// - Returns: the exit code.
    public func run() -> Int32 {
        StopSignals.watch()
        let announcer =
            Console.speaks ? Announcer(mode, terminal: .current()) : nil
        Diagnostics.listen { kind, line in
            announcer?.overhear(line, kind)
            RankLog.overhear(line, kind)
        }
        let code = World.run(limitScale: LimitScale.factor) { world in
            CrashMark.watch()
            defer { announcer?.close() }
            return try perform(world, announcer)
        }
        announcer?.close()
        RankLog.note("ends with \(code)")
        return code
    }

    private func perform(_ world: World, _ announcer: Announcer?) throws -> Int32 {
        var lock: DirectoryLock?
        defer { lock?.release() }
        let shared = try SharedStudy(
            encoded: world.broadcast {
                let directory = RunDirectory(path: request.output)
                // Before the slices are read, where there is a folder to lock: a second run is refused
                // at once.
                if FileSystem.exists(directory.studyFile) {
                    lock = try DirectoryLock(
                        directory.lockFile, host: world.host, notice: Console.warn)
                }
                try heedStop()
                let shared = try request.resolve(notice: Console.say)
                try heedStop()
                try directory.prepare(for: shared.file)
                if lock == nil {
                    lock = try DirectoryLock(
                        directory.lockFile, host: world.host, notice: Console.warn)
                }
                try directory.claim(for: shared.file)
                directory.sweep()
                try heedStop()
                try SliceArchive(directory).keep(shared.slices, loader: request.data)
                return try shared.encoded()
            })
        try checkSurroundings(world, shared)
        let threads = ThreadChoice(option: request.threads, cores: .init(world.placement))
        let (progress, permission) = try begin(world, shared, threads, announcer)
        do {
            return try perform(world, shared, threads, progress, permission)
        } catch {
            progress?.fail(error)
            throw error
        }
    }

    private func perform(
        _ world: World, _ shared: SharedStudy, _ threads: ThreadChoice,
        _ progress: StudyProgress?, _ permission: WritePermission
    ) throws -> Int32 {
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
        return try end(
            world, shared, progress, permission, threads: threads.threads,
            wasStopped: summary.wasStopped)
    }

    /// The paper's second stage: rank 0 knows the first one's results.
    private func secondStage(_ world: World, _ shared: SharedStudy) throws -> [Job] {
        let bytes = try world.broadcast {
            // Unlike a report, it is not to go on without a result that is damaged.
            let results = try shared.study.jobs().compactMap {
                try shared.directory.job($0.key).result(of: $0)
            }
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
        try world.share(stop)
        try world.agree(on: mark, what: "\(shared.directory.studyFile) as each host sees it")
    }

    /// A file that rank 0 has written. Network file systems may show it to others only after a while.
    private func sharedFile(_ path: String, patience: Bool) -> [UInt8] {
        let limit = Date().addingTimeInterval(patience ? 60 : 0)
        while !FileSystem.exists(path), Date() < limit, !StopSignals.hasArrived {
            Thread.sleep(forTimeInterval: 0.5)
        }
        return FileSystem.readIfAny(path)
    }

    /// The error that ends a run which was asked to stop before its first job; nil where it was not.
    private var stop: LungfoldError? {
        guard StopSignals.hasArrived else { return nil }
        return LungfoldError(
            .interrupted, request.output, "the study was stopped before its first job",
            remedy: "The same command continues it")
    }

    /// - Throws: `stop`, where there is one. Before the first job nothing is lost.
    private func heedStop() throws {
        if let stop { throw stop }
    }

    /// Opens run.json and says what is about to happen; rank 0's part, and nil elsewhere.
    private func begin(
        _ world: World, _ shared: SharedStudy, _ threads: ThreadChoice, _ announcer: Announcer?
    ) throws -> (StudyProgress?, WritePermission) {
        var slots = Array(repeating: UInt64(0), count: world.size)
        slots[world.rank] = UInt64(threads.threads)
        let threadsByRank = try world.gatherBits(slots)
        var progress: StudyProgress?
        let generation = try world.broadcast {
            let ranks = zip(world.placement.hosts, threadsByRank ?? []).map {
                RunRecord.Rank(host: $0, threads: Int($1))
            }
            let record = RunRecord(
                directory: shared.directory,
                study: try shared.directory.load().digest,
                command: CommandLine.arguments, ranks: ranks,
                versions: Versions.all(mpi: world.library), started: Date())
            try GenerationFile(shared.directory).write(record.generation)
            try record.save(in: shared.directory)
            progress = announcer.map {
                StudyProgress(record: record, directory: shared.directory, announcer: $0)
            }
            return try JSON.encode(record.generation)
        }
        let permission = WritePermission(
            directory: shared.directory,
            generation: try JSON.decode(from: generation, subject: "the generation from rank 0"))
        RankLog.open(shared.directory, rank: world.rank, generation: permission.generation)
        RankLog.note(
            "rank \(world.rank) of \(world.size) on \(world.host), process \(getpid()), "
                + "\(threads.threads) thread(s) (\(threads.source)), lungfold \(Program.version), "
                + world.library)
        if world.rank == 0 { announce(world, shared, threads) }
        return (progress, permission)
    }

    private func announce(_ world: World, _ shared: SharedStudy, _ threads: ThreadChoice) {
        for note in world.placement.notices + threads.notes { Console.note(note) }
        let jobs = shared.study.jobs()
        let finished = jobs.count { shared.directory.job($0.key).isFinished }
        Console.say(
            "\(jobs.count) jobs on \(world.size) rank(s) with \(threads.threads) thread(s) "
                + "(\(threads.source)), \(shared.slices.count) slices"
                + (finished > 0 ? "; \(finished) are finished already" : ""))
    }

    // MARK: Ending

    private func end(
        _ world: World, _ shared: SharedStudy, _ progress: StudyProgress?,
        _ permission: WritePermission, threads: Int, wasStopped: Bool
    ) throws -> Int32 {
        let bytes = try world.broadcast {
            guard let progress else { return [] }
            if wasStopped {
                try progress.end(.interrupted)
                throw LungfoldError(
                    .interrupted, shared.directory.path, "the study was stopped",
                    remedy: "The same command continues it")
            }
            return [try report(shared, progress, permission, threads: threads)]
        }
        return Int32(bytes.first ?? 0)
    }

    /// Writes the report; gives the exit code.
    private func report(
        _ shared: SharedStudy, _ progress: StudyProgress, _ permission: WritePermission,
        threads: Int
    ) throws -> UInt8 {
        progress.beginReport()
        do {
            let report = StudyReport(
                directory: shared.directory, threads: threads,
                permission: permission.checkPatiently)
            let failures = try report.write(newFailures: progress.failures)
            let outcome = failures.isEmpty ? RunRecord.State.finished : .jobsFailed
            try progress.note(outcome)
            try report.writeRunPage()
            // Last, when all of it is written.
            progress.tellEnd(outcome)
            return failures.isEmpty ? 0 : UInt8(LungfoldError.Kind.jobsFailed.rawValue)
        } catch {
            progress.fail(error)
            throw error
        }
    }
}
