import ArgumentParser
import LungfoldRun
import LungfoldStudy

/// `lungfold evaluate`
struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Scores trained weights on labelled slices.",
        discussion: """
            Network, task, depth, filters, image size and input mean are read from the weights. \
            Prints a table, or with --json the confusion matrix (rows truth, columns prediction) \
            and the accuracy of each slice.

              lungfold evaluate \\
                --weights study/jobs/segnet-binary-e4-fold1/weights.safetensors \\
                --images tr_im.nii.gz --labels tr_mask.nii.gz \\
                --slices 71,23,65 --json -
            """)

    @Option(help: ArgumentHelp("The weights, a safetensors file.", valueName: "W"))
    var weights: String

    @OptionGroup(title: "Data") var data: DataOptions

    @Option(
        help: ArgumentHelp(
            "Slices by number, 1-based, such as 71,23,1-5; all by default.", valueName: "LIST"))
    var slices: String?

    @Option(help: ArgumentHelp("Write JSON to a file, or with - to the output.", valueName: "F"))
    var json: String?

    @OptionGroup var convolution: ConvolutionOption
    @OptionGroup var threads: ThreadsOption

    func run() throws {
        let network = try StoredNetwork(
            path: weights, convolution: convolution.convolution, threads: threads.threads)
        let evaluation = try network.evaluate(
            try data.loader(size: network.imageSize), slices: slices)
        try evaluation.deliver(json: json)
    }
}
