import LungfoldImaging
import LungfoldReport
import LungfoldStudy

/// The report of a study's folder: from the files in it alone, so that it is the same later and
/// elsewhere.
public struct StudyReport: Sendable {
    private let directory: RunDirectory
    private let threads: Int?

    /// Names the folder.
    /// - Parameters:
    ///   - directory: the folder.
    ///   - threads: what the pictures of Fig. 5 may take; nil: this process's share of the cores.
    public init(directory: RunDirectory, threads: Int? = nil) {
        self.directory = directory
        self.threads = threads
    }

    /// What the folder knows of its study.
    /// - Throws: `LungfoldError` where a file is damaged.
    public func outcome() throws -> StudyOutcome {
        let file = try directory.load()
        let study = file.study
        try study.check(sliceCount: file.sliceCount)
        var results = try read(study.jobs()) { try directory.job($0.key).result(of: $0) }
        let second = study.secondStage(results: results)
        results += try read(second) { try directory.job($0.key).result(of: $0) }
        let failures = try read(study.jobs() + second) { try directory.job($0.key).failure() }
        var outcome = StudyOutcome(
            study: study, results: results, failures: failures, classCounts: file.labelCounts)
        outcome.origin.version = Program.version
        outcome.origin.sliceCount = file.sliceCount
        outcome.origin.dataDigest = file.dataDigest
        return outcome
    }

    /// What the folder knows, with the slices and what the best experiments made of them.
    private func illustrated() throws -> StudyOutcome {
        var outcome = try outcome()
        let files = outcome.illustratedJobs.map { key in
            (key, "\(directory.job(key).path)/\(JobEvidence.testName)")
        }
        outcome.material = try SliceArchive(directory)
            .load(predictions: Dictionary(uniqueKeysWithValues: files))
        outcome.dreams = try DreamArchive(
            directory, threads: threads ?? ThreadChoice(option: nil).threads
        ).load(outcome.dreamedJobs)
        return outcome
    }

    /// Writes the report, and the jobs that failed in this run where their own rank could not.
    /// - Returns: the jobs without a result because they failed.
    func write(newFailures: [JobFailure]) throws -> [JobFailure] {
        for failure in newFailures {
            let job = directory.job(failure.key)
            if try job.failure() != failure { try job.save(failure) }
        }
        let outcome = try illustrated()
        let report = Report(outcome: outcome)
        try save(report, meanEvents: outcome.meanEvents())
        let finished = Set(outcome.results.map(\.key))
        let failures = outcome.failures.filter { !finished.contains($0.key) }
        show(report, failures)
        return failures
    }

    /// Writes the files of the report, and its plots where there is gnuplot.
    private func save(
        _ report: Report, meanEvents: [(run: String, file: EventFile)]
    ) throws {
        let drawings = try Gnuplot.draw(report.plots, notice: Console.warn)
        var files = try report.files(drawings: drawings.compactMapValues(\.svg))
            .map { ($0.path, $0.bytes) }
        for (name, drawing) in drawings.sorted(by: { $0.key < $1.key }) {
            files.append(("report/figures/\(name).svg", Array((drawing.svg ?? "").utf8)))
            files.append(("report/figures/\(name).pdf", drawing.pdf))
        }
        for (run, file) in meanEvents {
            files.append(("report/tensorboard/\(run)/\(EventFile.name)", file.bytes))
        }
        for (name, bytes) in files {
            let path = "\(directory.path)/\(name)"
            try FileSystem.makeDirectory(FileSystem.directory(of: path))
            try WholeFile.write(bytes, to: path)
        }
    }

    /// `lungfold report`: writes the report and prints the main table.
    public func run() throws {
        _ = try write(newFailures: [])
        try writeRunPage()
    }

    /// Writes `report/run.html`: hosts, threads and times, which the report itself leaves out.
    func writeRunPage() throws {
        guard let record = RunRecord(of: directory) else {
            Console.warn(
                "\(directory.recordFile): is missing or damaged, so there is no report/run.html")
            return
        }
        try WholeFile.write(
            Array(record.account.page().utf8), to: "\(directory.reportDirectory)/run.html")
    }

    private func show(_ report: Report, _ failures: [JobFailure]) {
        Console.show("\n\(report.mainTable)")
        for failure in failures { Console.show("failed: \(failure.key): \(failure.reason)") }
        Console.conclude("Report: \(directory.reportPage)")
    }

    private func read<Value>(_ jobs: [Job], _ value: (Job) throws -> Value?) throws -> [Value] {
        try jobs.compactMap(value)
    }
}
