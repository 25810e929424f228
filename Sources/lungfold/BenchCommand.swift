import ArgumentParser
import LungfoldRun
import LungfoldStudy

/// `lungfold bench`
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measures whole training steps: forward, backward and Adam.",
        discussion: """
            The median of the steps after the warm-up, on random slices. OPENBLAS_CORETYPE should be \
            unset; `lungfold doctor` says what is in the way of speed.

              lungfold bench --network segnet --batch 4 --image-size 256 \\
                --threads 2 --steps 10 --json -
              lungfold bench --network unet --layers
            """)

    @Option(help: ArgumentHelp("The network.", valueName: "segnet|unet"))
    var network: NetworkKind

    @Option(help: ArgumentHelp("Slices in a mini-batch.", valueName: "N"))
    var batch = 4

    @Option(help: ArgumentHelp("Rows and columns of a slice.", valueName: "N"))
    var imageSize = 256

    @Option(help: ArgumentHelp("Filters of the first encoder stage.", valueName: "N"))
    var filters = 64

    @Option(help: ArgumentHelp("Encoder stages.", valueName: "N"))
    var depth = 3

    @Option(help: ArgumentHelp("The task.", valueName: "binary|multiclass"))
    var task = SegmentationTask.binary

    @Option(help: ArgumentHelp("Steps that are measured.", valueName: "N"))
    var steps = 10

    @Flag(help: "Measure inference instead of training.")
    var inference = false

    @Flag(help: "Print what each layer takes, and its share of what the cores could do.")
    var layers = false

    @OptionGroup var convolution: ConvolutionOption
    @OptionGroup var threads: ThreadsOption

    @Option(help: ArgumentHelp("Write JSON to a file, or with - to the output.", valueName: "F"))
    var json: String?

    func run() throws {
        var settings = TrainingSettings()
        settings.imageSize = imageSize
        settings.filters = filters
        settings.depth = depth
        settings.convolution = convolution.convolution
        let benchmark = try Benchmark(
            network: network, task: task, settings: settings, batch: batch, steps: steps,
            inference: inference, threads: threads.threads)
        try layers ? benchmark.deliverLayers(json: json) : benchmark.deliver(json: json)
    }
}
