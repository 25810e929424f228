import ArgumentParser
import LungfoldRun
import LungfoldStudy

/// `lungfold predict`
struct PredictCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict",
        abstract: "Labels the slices of a volume with trained weights.",
        discussion: """
            The label file has the shape and the geometry of the input, so that viewers lay one over \
            the other. Labels: 0 healthy and 1 infected for the binary task; 0 healthy, 1 \
            ground-glass opacity, 2 consolidation, 3 pleural effusion for the multiclass task.

              lungfold predict --weights weights.safetensors --images patient.nii.gz \\
                --lungs lungs.nii.gz --output labels.nii.gz
            """)

    @Option(help: ArgumentHelp("The weights, a safetensors file.", valueName: "W"))
    var weights: String

    @Option(help: ArgumentHelp("CT slices, a NIfTI file.", valueName: "F"))
    var images: String

    @OptionGroup var preparation: PreparationOptions

    @Option(help: ArgumentHelp("The label file to write, a .nii or .nii.gz.", valueName: "F"))
    var output: String

    @OptionGroup var convolution: ConvolutionOption
    @OptionGroup var threads: ThreadsOption

    func run() throws {
        let network = try StoredNetwork(
            path: weights, convolution: convolution.convolution, threads: threads.threads)
        try network.predict(
            try preparation.loader(images: images, labels: nil, size: network.imageSize),
            output: output)
    }
}
