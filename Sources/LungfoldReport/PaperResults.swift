import LungfoldStudy

/// The numbers that Saood and Hatem print (BMC Med Imaging 21:19, 2021,
/// doi:10.1186/s12880-020-00529-5), truncated to three decimals by them.
public enum PaperResults {
    /// A mean and, where printed, its sample standard deviation.
    public struct Spread: Hashable, Sendable {
        /// The mean.
        public var mean: Double
        /// The sample standard deviation.
        public var deviation: Double?
    }

    /// Table 1: the labels of 100 slices of 512 x 512 (exact; the paper prints them rounded).
    public static let classCounts = ClassCounts(
        pixels: [24_394_464, 1_196_461, 589_210, 34265],
        imagePixels: [26_214_400, 25_165_824, 20_447_232, 6_553_600])

    /// The same labels at odd rows and columns, as the networks saw them.
    public static let classCountsAt256 = ClassCounts(
        pixels: [6_098_507, 299_217, 147_271, 8605],
        imagePixels: [6_553_600, 6_291_456, 5_111_808, 1_638_400])

    /// Tables 3 and 5: the test accuracy of experiments 1 to 9 on the hold-out.
    public static func accuracy(_ network: NetworkKind, _ task: SegmentationTask) -> [Spread] {
        let printed: [(Double, Double)] =
            switch (task, network) {
            case (.binary, .segnet):
                [
                    (0.934, 0.053), (0.919, 0.061), (0.919, 0.066), (0.954, 0.029), (0.94, 0.052),
                    (0.947, 0.042), (0.941, 0.033), (0.935, 0.056), (0.948, 0.046),
                ]
            case (.binary, .unet):
                [
                    (0.921, 0.056), (0.901, 0.067), (0.896, 0.069), (0.949, 0.043), (0.933, 0.057),
                    (0.9, 0.069), (0.939, 0.059), (0.927, 0.061), (0.894, 0.07),
                ]
            case (.multiclass, .segnet):
                [
                    (0.703, 0.063), (0.657, 0.067), (0.652, 0.086), (0.894, 0.068), (0.877, 0.071),
                    (0.87, 0.072), (0.907, 0.06), (0.891, 0.069), (0.881, 0.075),
                ]
            case (.multiclass, .unet):
                [
                    (0.86, 0.079), (0.852, 0.08), (0.844, 0.084), (0.908, 0.065), (0.88, 0.071),
                    (0.881, 0.073), (0.903, 0.067), (0.883, 0.074), (0.899, 0.075),
                ]
            }
        return printed.map { Spread(mean: $0.0, deviation: $0.1) }
    }

    /// The number of the experiment that the paper found best.
    public static func best(_ network: NetworkKind, _ task: SegmentationTask) -> Int {
        network == .segnet && task == .multiclass ? 7 : 4
    }

    /// Tables 4 and 6: scores of the best experiment on the hold-out, for a lesion class.
    /// - Parameter index: the class, 1..<classCount.
    public static func scores(
        _ network: NetworkKind, _ task: SegmentationTask, ofClass index: Int
    ) -> [Score: Double] {
        let rows: [[Double]] =
            switch (task, network) {
            case (.binary, .segnet): [[0.956, 0.9542, 0.749, 0.955, 0.861]]
            case (.binary, .unet): [[0.964, 0.948, 0.733, 0.956, 0.856]]
            case (.multiclass, .segnet):
                [
                    [0.638, 0.952, 0.479, 0.78, 0.562], [0.672, 0.965, 0.454, 0.806, 0.564],
                    [0.574, 0.988, 0.121, 0.753, 0.231],
                ]
            case (.multiclass, .unet):
                [
                    [0.804, 0.93, 0.483, 0.865, 0.636], [0.694, 0.983, 0.597, 0.826, 0.652],
                    [0.684, 0.993, 0.225, 0.824, 0.377],
                ]
            }
        return Dictionary(uniqueKeysWithValues: zip(Score.allCases, rows[index - 1]))
    }

    /// Table 7: scores of the best experiment over five folds, for a lesion class.
    /// - Parameter index: the class, 1..<classCount.
    public static func foldScores(
        _ network: NetworkKind, _ task: SegmentationTask, ofClass index: Int
    ) -> [Score: Spread] {
        let rows: [[(Double, Double?)]] =
            switch (task, network) {
            case (.binary, .segnet):
                [[(0.947, 0.048), (0.945, 0.015), (0.703, 0.055), (0.945, 0.019), (0.829, nil)]]
            case (.binary, .unet):
                [[(0.961, 0.033), (0.923, 0.018), (0.643, 0.058), (0.941, 0.014), (0.8, 0.033)]]
            case (.multiclass, .segnet):
                [
                    [
                        (0.653, 0.043), (0.927, 0.03), (0.425, 0.084), (0.778, 0.035),
                        (0.535, 0.069),
                    ],
                    [
                        (0.688, 0.072), (0.963, 0.004), (0.41, 0.081), (0.813, 0.043),
                        (0.537, 0.073),
                    ],
                    [(0.679, 0.27), (0.987, 0.006), (0.117, 0.068), (0.804, 0.167), (0.214, 0.11)],
                ]
            case (.multiclass, .unet):
                [
                    [(0.685, 0.13), (0.91, 0.045), (0.402, 0.144), (0.786, 0.083), (0.527, 0.135)],
                    [(0.666, 0.12), (0.973, 0.013), (0.458, 0.093), (0.801, 0.066), (0.55, 0.052)],
                    [(0.632, 0.26), (0.991, 0.005), (0.152, 0.092), (0.777, 0.165), (0.25, 0.118)],
                ]
            }
        let spreads = rows[index - 1].map { Spread(mean: $0.0, deviation: $0.1) }
        return Dictionary(uniqueKeysWithValues: zip(Score.allCases, spreads))
    }
}

/// What the paper misprints, as footnotes.
enum Misprints {
    static let table1 =
        "The paper prints C3's pixel count as 33.4265e+04, a misprint of 3.4265e+04."
    static let table3 =
        "The paper's 0.919 of SegNet experiment 3 repeats the row above it; the authors' stored"
        + " result is 0.9096, with σ 0.0670."
    static let table7 = "The paper prints no σ for the F2 of the binary SegNet."
}
