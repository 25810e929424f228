import ArgumentParser
import LungfoldRun
import LungfoldStudy

/// `lungfold study`
struct StudyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "study",
        abstract: "Trains every network, task, experiment and split, and writes one report.",
        discussion: """
            Start it with mpirun; each rank trains one job at a time. Without mpirun it does the same \
            with one rank. The same command on the same folder continues: finished jobs are kept, \
            and a finished study only writes its report again.

            The paper's slices, everything, on 8 ranks:
              mpirun -n 8 --bind-to none lungfold study --images tr_im.nii.gz \\
                --labels tr_mask.nii.gz --lungs lung_mask.nii.gz --output study

            As the paper did it: all experiments on its hold-out, the best of them by five folds:
              mpirun -n 8 --bind-to none lungfold study --protocol paper \\
                --select-on test ...

            What it would cost, without training:
              lungfold study --dry-run ...

            Experiments of your own, in a YAML file (--experiments-file):
              segnet:
                - {number: 1, learning-rate: 0.002, mini-batch: 6}
                - {number: 2, learning-rate: 0.0005, mini-batch: 6}
            """)

    @OptionGroup(title: "Data") var data: DataOptions

    @Option(
        help: ArgumentHelp("The study's folder; made where it is missing.", valueName: "DIR"))
    var output: String

    @OptionGroup(title: "Plan") var plan: PlanOptions
    @OptionGroup(title: "Training") var training: TrainingOptions
    @OptionGroup var threads: ThreadsOption
    @OptionGroup var progress: ProgressOption

    @Flag(help: "Print jobs, parameters, FLOPs, memory and estimated time; train nothing.")
    var dryRun = false

    func run() throws {
        let settings = try training.settings()
        let request = StudyRequest(
            data: try data.loader(size: settings.imageSize), output: output,
            plan: try plan.plan(), settings: settings, threads: threads.threads)
        try finish(
            dryRun
                ? DryRun(request).run()
                : StudyRun(request, progress: progress.progress ?? .auto).run())
    }
}

/// Which jobs there are.
struct PlanOptions: ParsableArguments {
    @Option(
        name: .customLong("protocol"),
        help: ArgumentHelp(
            "grid: all experiments on all folds. holdout: on the paper's 72/10/18 split. paper: "
                + "holdout, then the best of each network and task on all folds.",
            valueName: "grid|holdout|paper"))
    var studyProtocol = StudyProtocol.grid

    @Option(help: ArgumentHelp("Networks.", valueName: "segnet,unet"))
    var networks = "segnet,unet"

    @Option(help: ArgumentHelp("Tasks.", valueName: "binary,multiclass"))
    var tasks = "binary,multiclass"

    @Option(help: ArgumentHelp("Experiments by number; all by default.", valueName: "1-9"))
    var experiments: String?

    @Option(
        help: ArgumentHelp(
            "Experiments from a YAML file, instead of the paper's Table 2.", valueName: "F"))
    var experimentsFile: String?

    @Option(help: ArgumentHelp("Folds by number; all by default.", valueName: "1-5"))
    var folds: String?

    @Option(
        help: ArgumentHelp(
            "The slices that choose the best experiment; the paper chose on its test slices.",
            valueName: "validation|test"))
    var selectOn = SelectionData.validation

    func plan() throws -> StudyPlan {
        let networks: [NetworkKind] = try OptionList.names(networks, option: "--networks")
        return StudyPlan(
            protocol: studyProtocol, networks: networks,
            tasks: try OptionList.names(tasks, option: "--tasks"),
            experiments: try ExperimentChoice(file: experimentsFile, numbers: experiments)
                .experiments(of: networks),
            folds: folds,
            selectOn: selectOn)
    }
}
