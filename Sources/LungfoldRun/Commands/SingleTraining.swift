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

    /// Describes a job.
    /// - Parameters:
    ///   - loader: the slices.
    ///   - output: the job's folder.
    ///   - splitName: `holdout`, or `fold1` to `fold5`.
    ///   - threads: the value of `--threads`.
    public init(
        loader: SliceLoader, output: String, network: NetworkKind, task: SegmentationTask,
        experiment: Experiment, splitName: String, settings: TrainingSettings, threads: Int?
    ) {
        self.loader = loader
        directory = JobDirectory(path: output)
        self.network = network
        self.task = task
        self.experiment = experiment
        self.splitName = splitName
        self.settings = settings
        self.threads = ThreadChoice(option: threads).threads
    }

    /// Trains, prints a line an epoch, and writes the job's folder. The same command goes on where it
    /// was stopped.
    public func run() throws {
        StopSignals.watch()
        _ = try settings.description(of: network, task: task)
        guard !directory.isFinished else {
            throw LungfoldError(
                .cannotCreate, directory.path, "holds the result of a finished job",
                remedy: "Choose another folder with --output, or remove it")
        }
        let slices = try loader.load(notice: Console.say)
        let job = Job(
            network: network, task: task, experiment: experiment,
            split: try split(sliceCount: slices.count), settings: settings)
        try FileSystem.makeDirectory(directory.path)
        let start = ContinuousClock.now
        let training = JobTraining(
            job: job, slices: slices, dataDigest: Digest.text(of: slices.encoded()),
            threads: threads, directory: directory,
            geometry: try LabelVolumeWriter(like: loader.imagesPath))
        let result = try training.run(shouldStop: { StopSignals.hasArrived }) { progress in
            guard progress.endsEpoch else { return }
            Console.say(
                "\(job.key) epoch \(progress.epoch)/\(progress.epochs): "
                    + JobProgress(progress).text
                    + ", \(Text.decimal(progress.imagesPerSecond, 1)) images/s")
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        Console.say(
            "\(job.key) done in \(Text.duration(seconds)): \(JobProgress(result).text), "
                + "in \(directory.path)")
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
