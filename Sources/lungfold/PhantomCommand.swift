import ArgumentParser
import LungfoldImaging
import LungfoldRun

/// `lungfold phantom`
struct PhantomCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "phantom",
        abstract:
            "Makes a synthetic data set: chests with lungs, vessels and three kinds of lesion.",
        discussion: """
            Writes tr_im.nii.gz, tr_mask.nii.gz and lung_mask.nii.gz; the same seed gives the same \
            files. The lesions' look tells them apart, and their sizes are as unequal as in the \
            paper's data.

              lungfold phantom --output data --slices 100 --size 256 --seed 1
            """)

    @Option(help: ArgumentHelp("The folder for the files.", valueName: "DIR"))
    var output: String

    @Option(help: ArgumentHelp("Slices.", valueName: "N"))
    var slices = 100

    @Option(help: ArgumentHelp("Rows and columns.", valueName: "N"))
    var size = 256

    @Option(help: ArgumentHelp("The seed.", valueName: "N"))
    var seed: UInt64 = 1

    func run() throws {
        let phantom = try Phantom(slices: slices, size: size, seed: seed)
        try FileSystem.makeDirectory(output)
        for path in try phantom.write(to: output) { Console.say(path) }
    }
}
