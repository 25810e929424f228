import LungfoldStudy

/// What the paper's authors stored of their nine binary experiments on the hold-out: the files behind
/// Tables 3 and 4, in the paper's public repository (CC0). The paper prints them truncated; of the
/// multiclass experiments no files are known.
enum StoredResults {
    /// An experiment on the 18 test slices of 256 x 256.
    struct Run: Hashable, Sendable {
        /// Mean and sample deviation of the share of correct pixels of single slices, six decimals.
        var accuracy: PaperResults.Spread
        /// Pixels by truth and prediction, healthy then infected, pooled over the slices.
        var confusion: ConfusionMatrix
    }

    /// The pixels of 18 slices of 256 x 256.
    private static let pixelCount = 18 * 65536

    /// A stored run; nil for the multiclass task.
    /// - Parameter number: the experiment of the paper's Table 2, 1...9.
    static func run(_ network: NetworkKind, _ task: SegmentationTask, experiment number: Int)
        -> Run?
    {
        guard task == .binary, (1...9).contains(number) else { return nil }
        let (mean, deviation, found, missed, added) = stored(network)[number - 1]
        let healthy = pixelCount - found - missed - added
        return Run(
            accuracy: .init(mean: mean, deviation: deviation),
            confusion: ConfusionMatrix(rows: [[healthy, added], [missed, found]]))
    }

    /// Mean and deviation of the accuracy; infected pixels found and missed, healthy ones added.
    private static func stored(_ network: NetworkKind) -> [(Double, Double, Int, Int, Int)] {
        switch network {
        case .segnet:
            [
                (0.934439, 0.053097, 82815, 1586, 75753),
                (0.919436, 0.061759, 83662, 739, 94298),
                (0.909596, 0.066992, 83813, 588, 106057),
                (0.954348, 0.029321, 80701, 3700, 50153),
                (0.940520, 0.052761, 83105, 1296, 68869),
                (0.947561, 0.042648, 82239, 2162, 59698),
                (0.941949, 0.033697, 81474, 2927, 65553),
                (0.935159, 0.055805, 83185, 1216, 75274),
                (0.948190, 0.046883, 82354, 2047, 59071),
            ]
        case .unet:
            [
                (0.921732, 0.056494, 82443, 1958, 90371),
                (0.901518, 0.067295, 81540, 2861, 113313),
                (0.896407, 0.069264, 79849, 4552, 117651),
                (0.949920, 0.043055, 81393, 3008, 56069),
                (0.933547, 0.056977, 80368, 4033, 74358),
                (0.900571, 0.069687, 83014, 1387, 115904),
                (0.939513, 0.059273, 82528, 1873, 69480),
                (0.927038, 0.061223, 82043, 2358, 83711),
                (0.894437, 0.070831, 83620, 781, 123746),
            ]
        }
    }
}
