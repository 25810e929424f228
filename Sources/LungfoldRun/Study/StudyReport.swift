import LungfoldImaging
import LungfoldReport
import LungfoldStudy

/// The report of a study's folder: from the files in it alone, so that it is the same later and
/// elsewhere.
public struct StudyReport: Sendable {
    private let directory: RunDirectory
    private let threads: Int?
    private let permission: @Sendable () throws -> Void

    /// Names the folder.
    /// - Parameters:
    ///   - directory: the folder.
    ///   - threads: what the pictures of Fig. 5 may take; nil: this process's share of the cores.
    ///   - permission: throws where this process may no longer write to the folder.
    public init(
        directory: RunDirectory, threads: Int? = nil,
        permission: @escaping @Sendable () throws -> Void = {}
    ) {
        self.directory = directory
        self.threads = threads
        self.permission = permission
    }

    /// What the folder knows of its study. Of jobs whose files are damaged that is the damage.
    /// - Throws: `LungfoldError` where the study itself is missing or damaged.
    public func outcome() throws -> StudyOutcome {
        let file = try directory.load()
        let study = file.study
        try study.check(sliceCount: file.sliceCount)
        var records = JobRecords(directory)
        try records.read(study.jobs())
        try records.read(study.secondStage(results: records.results))
        var outcome = StudyOutcome(
            study: study, results: records.results, failures: records.failures,
            classCounts: file.labelCounts)
        outcome.origin.version = Program.version
        outcome.origin.sliceCount = file.sliceCount
        outcome.origin.dataDigest = file.dataDigest
        outcome.origin.preparation = file.preparation
        return outcome
    }

    /// What the folder knows, with the slices and what the best experiments made of them.
    private func illustrated() throws -> StudyOutcome {
        var outcome = try outcome()
        let files = outcome.illustratedJobs.map { key in
            (key, "\(directory.job(key).path)/\(JobEvidence.testName)")
        }
        (outcome.material, outcome.unreadable) = SliceArchive(directory)
            .load(predictions: Dictionary(uniqueKeysWithValues: files))
        (outcome.dreams, outcome.dreamFailures) = try DreamArchive(
            directory, threads: threads ?? ThreadChoice(option: nil).threads
        ).load(outcome.dreamedJobs)
        return outcome
    }

    /// Writes the report, and the jobs that failed in this run where their own rank could not.
    /// - Returns: the jobs without a result because they failed.
    func write(newFailures: [JobFailure]) throws -> [JobFailure] {
        try permission()
        // What is read is what is written: a report that began before the last job ended must not come
        // after the one that knows it.
        try FileSystem.makeDirectory(directory.reportDirectory, levels: 1)
        let lock = ReportLock(directory.reportDirectory)
        defer { withExtendedLifetime(lock) {} }
        for failure in newFailures {
            let job = directory.job(failure.key)
            // One that cannot be read is written anew.
            if (try? job.failure()) != failure { try job.save(failure, permission: permission) }
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
        let drawings = try Gnuplot.draw(report.plots, notice: Console.note)
        var files: [String: [UInt8]] = [:]
        for file in try report.files(drawings: drawings.compactMapValues(\.svg)) {
            files[file.path] = file.bytes
        }
        for (name, drawing) in drawings {
            files["report/figures/\(name).svg"] = Array((drawing.svg ?? "").utf8)
            files["report/figures/\(name).pdf"] = drawing.pdf
        }
        for (run, file) in meanEvents {
            files["report/tensorboard/\(run)/\(EventFile.name)"] = file.bytes
        }
        try ReportFolder(directory).write(files, permission: permission)
    }

    /// `lungfold report`: writes the report and prints the main table.
    public func run() throws {
        // Before anything is written: where there is no study, that is the error.
        _ = try directory.load()
        _ = try write(newFailures: [])
        try writeRunPage()
    }

    /// Writes `report/run.html`: hosts, threads, versions and times, which the report itself leaves
    /// out. It says so where they are not known: the report links to it.
    func writeRunPage() throws {
        try WholeFile.write(
            Array(runPage().utf8), to: "\(directory.reportDirectory)/run.html",
            permission: permission)
    }

    private func runPage() throws -> String {
        guard let record = RunRecord(of: directory) else {
            let flaw = FileSystem.exists(directory.recordFile) ? "damaged" : "missing"
            Console.warn(
                "\(directory.recordFile): is \(flaw), so report/run.html has no hosts and times")
            return try RunAccount.pageWithout(
                because:
                    "the study's run.json is \(flaw). The next run of the study writes it anew.")
        }
        var account = record.account
        // The plots are drawn now, maybe elsewhere.
        account.versions[Versions.gnuplotName] = Versions.gnuplot
        return try account.page()
    }

    private func show(_ report: Report, _ failures: [JobFailure]) {
        Console.show("\n\(report.mainTable)")
        for failure in failures { Console.show("failed: \(failure.key): \(failure.reason)") }
        Console.conclude("Report: \(directory.reportPage)")
    }
}
