import LungfoldStudy

/// What is known of a study, finished or not: the input of its report.
public struct StudyOutcome: Sendable {
    /// The study.
    public var study: Study
    /// The results of finished jobs, in any order.
    public var results: [JobResult]
    /// The jobs that failed, in any order; a job that has a result too counts as finished.
    public var failures: [JobFailure]
    /// The pixel counts of the four labels at the label file's own resolution, for Table 1; nil where
    /// they were not counted. They also tell whether the data are the paper's.
    public var classCounts: ClassCounts?
    /// The slices and predictions, for pictures and surfaces; nil where they were not kept.
    public var material: SliceMaterial?
    /// What the best networks' classes look for, by job key; nil where nobody has made pictures of it.
    public var dreams: [String: ClassDreams]?
    /// Why a best network has no such picture, by job key.
    public var dreamFailures: [String: String] = [:]
    /// What of the folder is damaged and left out, a sentence or two each; damaged results are failures.
    public var unreadable: [String] = []
    /// Where the results come from.
    public var origin = StudyOrigin()

    /// Makes an outcome.
    public init(
        study: Study, results: [JobResult], failures: [JobFailure] = [],
        classCounts: ClassCounts? = nil
    ) {
        self.study = study
        self.results = results
        self.failures = failures
        self.classCounts = classCounts
    }
}

/// Where a study's results come from, as far as it depends on neither time nor place.
public struct StudyOrigin: Hashable, Sendable {
    /// The program's version; nil where it is not known.
    public var version: String?
    /// The number of slices.
    public var sliceCount: Int?
    /// The digest of the slices as the networks saw them.
    public var dataDigest: String?
    /// What the options did to the slices; nil where it was not kept.
    public var preparation: SlicePreparation?

    /// Knows nothing.
    public init() {}
}

/// Slices at the networks' size, each `size * size` values, row-major, and what networks made of them.
public struct SliceMaterial: Sendable {
    /// Rows, and columns, of a slice.
    public var size: Int
    /// Grey values as the networks saw them.
    public var images: [[UInt8]]
    /// Grey values before the lung mask; nil without one.
    public var unmasked: [[UInt8]]?
    /// 1 in the lungs, 0 elsewhere; nil without a mask.
    public var lungs: [[UInt8]]?
    /// Labels 0...3.
    public var labels: [[UInt8]]
    /// The class of each pixel of each test slice of a job, in its split's order, by job key.
    public var predictions: [String: [[UInt8]]] = [:]

    /// Gathers slices, without predictions.
    public init(size: Int, images: [[UInt8]], labels: [[UInt8]]) {
        self.size = size
        self.images = images
        self.labels = labels
    }
}
