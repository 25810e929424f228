import LungfoldStudy

/// What is in a data set: the paper's Table 1 at the labels' own resolution, class weights, and an
/// audit that finds swapped label maps, duplicates and wrong values.
public struct Inspection: Codable, Hashable, Sendable {
    /// A file or folder.
    public struct Volume: Codable, Hashable, Sendable {
        /// Where it is.
        public var path: String
        /// Rows of a slice: the volume's first axis.
        public var rows: Int
        /// Columns of a slice: the second axis.
        public var columns: Int
        /// Slices.
        public var slices: Int
        /// The least value.
        public var low: Double
        /// The largest value.
        public var high: Double
    }

    /// A value that occurs in the labels.
    public struct LabelValue: Codable, Hashable, Sendable {
        /// The value; nil stands for all that are no finite number.
        public var value: Double?
        /// How many pixels have it.
        public var pixels: Int
    }

    /// How much of a slice's lesions lies where no lung is.
    public struct OutsideShare: Codable, Hashable, Sendable {
        /// The slice, from 1.
        public var slice: Int
        /// The share of its lesion pixels, in 0...1.
        public var share: Double
    }

    /// The images, if given.
    public internal(set) var images: Volume?
    /// How the images' values become grey values.
    public internal(set) var greyValues: String?
    /// The labels, if given.
    public internal(set) var labels: Volume?
    /// The lung mask, if given.
    public internal(set) var lungs: Volume?
    /// The values of the labels in ascending order, at most 16 of them.
    public internal(set) var labelValues: [LabelValue] = []
    /// Table 1 of the four classes; nil without labels or when their values are wrong.
    public internal(set) var classCounts: ClassCounts?
    /// Median-frequency weights of the two classes.
    public internal(set) var binaryWeights: [Double]?
    /// Median-frequency weights of the four classes.
    public internal(set) var multiclassWeights: [Double]?
    /// Slices without a lesion pixel, from 1.
    public internal(set) var slicesWithoutLesions: [Int] = []
    /// For each slice with lesions, the share of them outside the lung mask or, without a mask, on
    /// black; worst first.
    public internal(set) var lesionsOutside: [OutsideShare] = []
    /// Groups of slices that are equal pixel by pixel.
    public internal(set) var duplicates: [[Int]] = []
    /// Slices of the images that have one value only.
    public internal(set) var constantSlices: [Int] = []
    /// What should be looked at before training, a sentence each; empty when nothing was found.
    public internal(set) var findings: [String] = []

    /// A larger share of a slice's lesions outside the lungs is a finding.
    ///
    /// In the paper's set the median slice has 1.2 %, the worst right one 4.8 %, and the two whose
    /// masks are swapped in the public copy 17 and 27 %.
    public static let suspiciousShare = 0.10

    /// Inspects any of the three; at least one must be given.
    /// - Parameters:
    ///   - imagesPath: images, as for `SliceLoader`.
    ///   - labelsPath: labels.
    ///   - lungsPath: a lung mask.
    ///   - window: how values become grey values; nil chooses.
    /// - Throws: `LungfoldError` for what cannot be read; what can be is judged in `findings`.
    public init(
        imagesPath: String?, labelsPath: String?, lungsPath: String?, window: GreyWindow? = nil
    ) throws {
        guard imagesPath != nil || labelsPath != nil || lungsPath != nil else {
            throw LungfoldError(
                .usage, "inspect", "nothing is given to inspect",
                remedy: "Give --images, --labels or --lungs")
        }
        var audit = Audit()
        let images = try imagesPath.map { try openStack($0, as: .images) }
        let labels = try labelsPath.map { try openStack($0, as: .labels) }
        let lungs = try lungsPath.map { try openStack($0, as: .lungs) }
        try audit.look(images: images, labels: labels, lungs: lungs, window: window)
        self = audit.finished()
    }

    /// An inspection of nothing yet.
    init() {}
}
