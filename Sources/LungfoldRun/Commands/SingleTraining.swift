import Foundation
import LungfoldCluster
import LungfoldImaging
import LungfoldStudy
import LungfoldTraining

/// `lungfold train`: one job in this process, without MPI.
public struct SingleTraining {
    private let loader: SliceLoader
    private let directory: JobDirectory
    private let network: NetworkKind
    private let task: SegmentationTask
    private let experiment: Experiment
    private let splitName: String
    private let settings: TrainingSettings
    private let threads: Int
    private let mode: ProgressMode

    /// Describes a job.
    /// - Parameters:
    ///   - loader: the slices.
    ///   - output: the job's folder.
    ///   - splitName: `holdout`, or `fold1` to `fold5`.
    ///   - threads: the value of `--threads`.
    ///   - progress: how it shows what it does; `plain` is a line an epoch.
    public init(
        loader: SliceLoader, output: String, network: NetworkKind, task: SegmentationTask,
        experiment: Experiment, splitName: String, settings: TrainingSettings, threads: Int?,
        progress: ProgressMode = .plain
    ) {
        mode = progress
        self.loader = loader
        directory = JobDirectory(path: RunDirectory(path: output).path)
        self.network = network
        self.task = task
        self.experiment = experiment
        self.splitName = splitName
        self.settings = settings
        self.threads = ThreadChoice(option: threads).threads
    }

    /// Trains, shows how far it is, and writes the job's folder. The same command goes on where it was
    /// stopped.
    public func run() throws {
        StopSignals.watch()
        let announcer = Announcer(mode, terminal: .current(), patience: 0)
        defer { announcer.close() }
        try train(announcer)
    }

    private func train(_ announcer: Announcer) throws {
        _ = try settings.description(of: network, task: task)
        try checkFolder()
        var lock: DirectoryLock?
        defer { lock?.release() }
        // Before the slices are read, where there is a folder to lock: a second training is refused at
        // once, and bad input makes no folder.
        if FileSystem.exists(directory.path) { lock = try takeLock() }
        let slices = try loader.load(notice: Console.say)
        let job = Job(
            network: network, task: task, experiment: experiment,
            split: try split(sliceCount: slices.count), settings: settings)
        try FileSystem.makeDirectory(directory.path)
        if lock == nil { lock = try takeLock() }
        directory.sweep()
        let training = JobTraining(
            job: job, slices: slices, dataDigest: Digest.text(of: slices.encoded()),
            threads: threads, directory: directory,
            geometry: try LabelVolumeWriter(like: loader.imagesPath))
        let progress = SingleProgress(job, announcer)
        var watch = JobWatch(job, directory) { progress.take(try JSON.encode($0)) }
        try progress.frame {
            let result = try training.run(shouldStop: { StopSignals.hasArrived }) {
                try watch.take($0)
            }
            try watch.end(result)
        }
        Console.conclude("Job: \(directory.path)")
    }

    /// Locks the folder. Another training may have finished the job while this one waited.
    private func takeLock() throws -> DirectoryLock {
        let lock = try DirectoryLock(
            directory.lockFile, host: ProcessStatus.host, notice: Console.warn)
        do {
            try checkFolder()
        } catch {
            lock.release()
            throw error
        }
        return lock
    }

    /// Makes sure that the folder may become this job's.
    private func checkFolder() throws {
        guard !directory.isFinished else {
            throw LungfoldError(
                .cannotCreate, directory.path, "holds the result of a finished job",
                remedy: "Choose another folder with --output, or remove it")
        }
        // The folder of a study, or STUDY/jobs/KEY.
        let study = FileSystem.directory(of: FileSystem.directory(of: directory.path))
        let isStudys = [directory.path, study]
            .contains { FileSystem.exists(RunDirectory(path: $0).studyFile) }
        guard !isStudys else {
            throw LungfoldError(
                .cannotCreate, directory.path, "belongs to a study",
                remedy: "Choose another folder with --output")
        }
    }

    private func split(sliceCount: Int) throws -> Split {
        let isHoldout = splitName == SplitPlan.holdoutName
        let splits = try Study.splits(
            for: isHoldout ? .holdout : .grid, sliceCount: sliceCount, seed: settings.seed)
        guard let split = splits.first(where: { $0.name == splitName }) else {
            let known = [SplitPlan.holdoutName] + splits.map(\.name)
            throw LungfoldError(
                .usage, "--split", "there is no '\(splitName)'",
                remedy: "Choose from \(known.joined(separator: ", "))")
        }
        return split
    }
}
