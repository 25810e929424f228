import ArgumentParser
import LungfoldRun
import LungfoldStudy

/// `lungfold train`
struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Trains one job in this process, without mpirun: the debug mode.",
        discussion: """
            A line an epoch, one process, one job: what a debugger or a profiler wants to see. The \
            result is that of the same job in a study, to the last bit. The folder then holds \
            what a job's folder in a study does: result.json, history.csv, weights.safetensors and more.

              lungfold train --network segnet --task binary --experiment 4 \\
                --split holdout --images tr_im.nii.gz --labels tr_mask.nii.gz \\
                --output job
            """)

    @OptionGroup(title: "Data") var data: DataOptions

    @Option(help: ArgumentHelp("The job's folder; made where it is missing.", valueName: "DIR"))
    var output: String

    @Option(help: ArgumentHelp("The network.", valueName: "segnet|unet"))
    var network: NetworkKind

    @Option(help: ArgumentHelp("The task.", valueName: "binary|multiclass"))
    var task: SegmentationTask

    @Option(help: ArgumentHelp("The experiment's number.", valueName: "N"))
    var experiment: Int

    @Option(
        help: ArgumentHelp(
            "Experiments from a YAML file, instead of the paper's Table 2.", valueName: "F"))
    var experimentsFile: String?

    @Option(help: ArgumentHelp("The split.", valueName: "holdout|fold1-fold5"))
    var split = "holdout"

    @OptionGroup(title: "Training") var training: TrainingOptions
    @OptionGroup var threads: ThreadsOption
    @OptionGroup var progress: ProgressOption

    func run() throws {
        let settings = try training.settings()
        try SingleTraining(
            loader: try data.loader(size: settings.imageSize), output: output, network: network,
            task: task,
            experiment: try ExperimentChoice(
                file: experimentsFile, numbers: String(experiment), option: "--experiment"
            ).experiments(of: [network])[network]![0],
            splitName: split, settings: settings, threads: threads.threads,
            progress: progress.progress ?? .plain
        ).run()
    }
}
