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
