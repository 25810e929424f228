import ArgumentParser
import LungfoldImaging
import LungfoldRun

/// Where the slices are.
struct DataOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "CT slices: a NIfTI file (.nii, .nii.gz) or a folder of PNG files.", valueName: "F"))
    var images: String

    @Option(
        help: ArgumentHelp(
            "Labels of the same shape: 0 healthy, 1 ground-glass opacity, 2 consolidation, "
                + "3 pleural effusion.", valueName: "F"))
    var labels: String

    @OptionGroup var preparation: PreparationOptions

    func loader(size: Int) throws -> SliceLoader {
        try preparation.loader(images: images, labels: labels, size: size)
    }
}

/// What happens to the slices before a network sees them.
struct PreparationOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A lung mask of the same shape; everything outside is set to 0.", valueName: "F"))
    var lungs: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Hounsfield units that become 0 and 255, such as -1000,400. Without it volumes that are "
                + "not 8-bit grey get a lung window, which is said.", valueName: "LOW,HIGH"))
    var window: String?

    func loader(images: String, labels: String?, size: Int) throws -> SliceLoader {
        try SliceLoader(images: images, labels: labels, lungs: lungs, window: window, size: size)
    }
}
