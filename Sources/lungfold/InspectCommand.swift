import ArgumentParser
import LungfoldImaging
import LungfoldRun

/// `lungfold inspect`
struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Looks at a data set: class sizes, class weights, and what is wrong with it.",
        discussion: """
            Prints the paper's Table 1 for the labels, the class weights, the slices without lesions, \
            and an audit: shapes and values, the share of lesion pixels that lie on black or outside \
            the lungs (which finds swapped masks), duplicate slices.

              lungfold inspect --labels tr_mask.nii.gz
              lungfold inspect --images tr_im.nii.gz --labels tr_mask.nii.gz --json -
            """)

    @Option(help: ArgumentHelp("CT slices.", valueName: "F"))
    var images: String?

    @Option(help: ArgumentHelp("Labels.", valueName: "F"))
    var labels: String?

    @Option(help: ArgumentHelp("A lung mask.", valueName: "F"))
    var lungs: String?

    @Option(help: ArgumentHelp("Write JSON to a file, or with - to the output.", valueName: "F"))
    var json: String?

    func validate() throws {
        if images == nil, labels == nil, lungs == nil {
            throw ValidationError("Give at least one of --images, --labels and --lungs.")
        }
    }

    func run() throws {
        let inspection = try Inspection(
            imagesPath: images, labelsPath: labels, lungsPath: lungs)
        try Console.deliver(
            try json == nil ? Array(inspection.text.utf8) : JSON.encode(inspection),
            to: json ?? "-")
    }
}
