import ArgumentParser
import LungfoldStudy

/// What all trainings of a study share.
struct TrainingOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Passes over the training slices.", valueName: "N"))
    var epochs = 160

    @Option(help: ArgumentHelp("Rows and columns that slices are resized to.", valueName: "N"))
    var imageSize = 256

    @Option(help: ArgumentHelp("Filters of the first encoder stage.", valueName: "N"))
    var filters = 64

    @Option(
        help: ArgumentHelp(
            "Encoder stages, each of which halves the resolution.", valueName: "N"))
    var depth = 3

    @Option(help: ArgumentHelp("The seed of every random draw.", valueName: "N"))
    var seed: UInt64 = 1

    @Flag(help: "Train on the slices as they are: no random flip, rotation and shift.")
    var noAugment = false

    @Option(
        help: ArgumentHelp(
            "Where the class weights are counted: the training slices, or all as the paper did.",
            valueName: "train|all"))
    var classWeightsFrom = TrainingSettings.ClassWeightSource.all

    @OptionGroup var convolution: ConvolutionOption

    /// The settings, checked.
    func settings() throws -> TrainingSettings {
        var settings = TrainingSettings()
        settings.epochs = epochs
        settings.imageSize = imageSize
        settings.filters = filters
        settings.depth = depth
        settings.seed = seed
        settings.augment = !noAugment
        settings.classWeightsFrom = classWeightsFrom
        settings.convolution = convolution.convolution
        try settings.check()
        return settings
    }
}

/// How 3x3 convolutions are computed.
struct ConvolutionOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How 3x3 convolutions are computed: winograd is fast, direct is the reference.",
            valueName: "winograd|direct"))
    var convolution = TrainingSettings.ConvolutionAlgorithm.winograd
}

/// How many threads compute.
struct ThreadsOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Threads of each rank. Default: OMP_NUM_THREADS, else SLURM_CPUS_PER_TASK, else the "
                + "cores divided among the ranks that share them.", valueName: "N"))
    var threads: Int?

    func validate() throws {
        if let threads, !(1...1024).contains(threads) {
            throw ValidationError("'--threads \(threads)': give a number of 1 to 1024.")
        }
    }
}

extension NetworkKind: ExpressibleByArgument {}
extension SegmentationTask: ExpressibleByArgument {}
extension StudyProtocol: ExpressibleByArgument {}
extension SelectionData: ExpressibleByArgument {}
extension TrainingSettings.ClassWeightSource: ExpressibleByArgument {}
extension TrainingSettings.ConvolutionAlgorithm: ExpressibleByArgument {}
