import LungfoldStudy

/// A class that was predicted on slices that have none of it. Dice is 0 there for a single pixel as for
/// a thousand, and 0/0 for none, so these slices are counted apart.
struct FalseAlarms {
    /// Slices whose truth lacks the class.
    private(set) var sliceCount = 0
    /// Those of them with a pixel or more predicted as the class.
    private(set) var alarmCount = 0
    /// The pixels predicted as the class on them.
    private(set) var pixelCount = 0

    /// Counts the slices of some confusion matrices.
    init(ofClass index: Int, _ matrices: some Sequence<ConfusionMatrix>) {
        for outcome in matrices.map({ $0.outcome(ofClass: index) }) where outcome.truth == 0 {
            sliceCount += 1
            alarmCount += outcome.predicted > 0 ? 1 : 0
            pixelCount += outcome.predicted
        }
    }
}
