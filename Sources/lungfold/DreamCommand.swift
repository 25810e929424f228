import ArgumentParser
import LungfoldRun
import LungfoldStudy

/// `lungfold dream`
struct DreamCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dream",
        abstract: "Shows what a trained network looks for: pictures that a class answers to most.",
        discussion: """
            Deep Dream, as in the paper's Fig. 5: from noise, the image goes up the gradient of a \
            channel's mean activation (before its ReLU), at growing sizes. A class is a channel of \
            the last layer; any channel of any layer may be asked for. The picture is an 8-bit grey \
            PNG, stretched to full contrast. The same options give the same picture.

              lungfold dream --weights weights.safetensors --output dreams
              lungfold dream --weights weights.safetensors --class infected --output infected.png
              lungfold dream --weights weights.safetensors --list
              lungfold dream --weights weights.safetensors --layer encoder2_conv1 --channel 5 \\
                --size 256 --iterations 20 --output channel5.png
            """)

    @Option(help: ArgumentHelp("The weights, a safetensors file.", valueName: "W"))
    var weights: String

    @Option(
        help: ArgumentHelp(
            "One class, by its name or index. Default: a picture for each class.",
            valueName: "NAME"))
    var `class`: String?

    @Option(help: ArgumentHelp("A layer that --list names, with --channel.", valueName: "NAME"))
    var layer: String?

    @Option(help: ArgumentHelp("The channel of --layer, from 0.", valueName: "N"))
    var channel: Int?

    @Flag(help: "Print the layers and their channels, and make no picture.")
    var list = false

    @Option(
        help: ArgumentHelp(
            "Rows and columns of the picture, a multiple of 2^depth of the network.",
            valueName: "N"))
    var size = DreamSettings().size

    @Option(
        help: ArgumentHelp(
            "How many sizes the picture is refined at, the smallest first.", valueName: "N"))
    var octaves = DreamSettings().octaves

    @Option(help: ArgumentHelp("The factor from one size to the next.", valueName: "F"))
    var scale = DreamSettings().scale

    @Option(help: ArgumentHelp("Steps of gradient ascent at each size.", valueName: "N"))
    var iterations = DreamSettings().iterations

    @Option(
        help: ArgumentHelp(
            "Grey levels of 255 that a pixel moves in a step, root mean square.", valueName: "F"))
    var step = DreamSettings().step

    @Option(help: ArgumentHelp("The seed of the noise that it starts from.", valueName: "N"))
    var seed = DreamSettings().seed

    @Option(
        help: ArgumentHelp(
            "The PNG file; for all classes, the folder for their files.", valueName: "F"))
    var output: String?

    @OptionGroup var convolution: ConvolutionOption
    @OptionGroup var threads: ThreadsOption

    func validate() throws {
        if `class` != nil, layer != nil {
            throw ValidationError("Give --class or --layer, not both.")
        }
        if (layer == nil) != (channel == nil) {
            throw ValidationError("--layer and --channel belong together; --list names both.")
        }
        if output == nil, !list {
            throw ValidationError("Give --output, the file or folder to write.")
        }
    }

    func run() throws {
        let dream = try DreamRun(weights: weights)
        guard !list, let output else { return try dream.list() }
        var settings = DreamSettings()
        settings.size = size
        settings.octaves = octaves
        settings.scale = scale
        settings.iterations = iterations
        settings.step = step
        settings.seed = seed
        try dream.run(
            aim, settings: settings, convolution: convolution.convolution,
            threads: threads.threads, output: output)
    }

    private var aim: DreamRun.Aim {
        if let layer, let channel { return .channel(channel, layer: layer) }
        return `class`.map { .oneClass($0) } ?? .classes
    }
}
