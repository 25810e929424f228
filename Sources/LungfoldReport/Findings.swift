import LungfoldStudy

/// What became of a job.
struct JobRecord {
    enum State {
        case finished(JobResult)
        case failed(String)
        case missing
    }

    let job: Job
    let state: State

    var result: JobResult? {
        if case .finished(let result) = state { return result }
        return nil
    }
}

/// An experiment of a network and task over the splits of the first stage.
struct ExperimentFindings {
    let experiment: Experiment
    let records: [JobRecord]

    /// The global accuracy of single slices, over the test slices of all finished splits.
    var test: Statistics { accuracy(on: .test) }
    /// The same over the validation slices.
    var validation: Statistics { accuracy(on: .validation) }
    /// The number of test slices that all splits have.
    var expectedSlices: Int { records.reduce(0) { $0 + $1.job.split.test.count } }

    private func accuracy(on data: SelectionData) -> Statistics {
        Statistics(records.compactMap(\.result).flatMap { $0.accuracies(on: data) })
    }
}

/// The best experiment of a network and task on folds.
struct FoldFindings {
    let experiment: Experiment
    let records: [JobRecord]

    /// A score of a class in each finished fold, from the fold's pooled confusion matrix.
    func values(_ score: Score, ofClass index: Int) -> [Double?] {
        records.compactMap(\.result).map { $0.pooledTest.scores(ofClass: index)[score] }
    }
}

/// Everything found for one network and one task.
struct GroupFindings {
    let network: NetworkKind
    let task: SegmentationTask
    let experiments: [ExperimentFindings]
    /// The best experiment, chosen as the study says; nil without a result.
    let selection: Selection?
    /// The best experiment by either choice, for comparison.
    let selectionByData: [SelectionData: Selection]
    /// The fold jobs of the best experiment; nil where the protocol has no folds, or none yet.
    let folds: FoldFindings?
    /// The test slices of the best experiment: all folds', or the hold-out's, by number.
    let slices: [SliceFindings]

    /// The best experiment over the first stage.
    var best: ExperimentFindings? {
        experiments.first { $0.experiment == selection?.experiment }
    }

    /// The best experiment's confusion matrix, pooled over all finished first-stage test slices.
    var bestConfusion: ConfusionMatrix? {
        best.map { findings in
            .pooled(
                findings.records.compactMap(\.result).map(\.pooledTest),
                classCount: task.classCount)
        }
    }
}

/// Everything a report says, found once from an outcome, in an order that is the study's alone.
struct Findings {
    let outcome: StudyOutcome
    /// The jobs the study consists of, in its order.
    let records: [JobRecord]
    let groups: [GroupFindings]
    /// Keys of results and failures that belong to no job of the study.
    let unexpected: [String]
    /// What lesion burden is a share of.
    let lungs: LungRegion

    var study: Study { outcome.study }

    /// The slices that the best experiments are scored on, in words.
    var firstStageSlices: String {
        study.protocol == .grid
            ? "the test slices of all folds" : "the test slices of the hold-out"
    }

    init(_ outcome: StudyOutcome) {
        let study = outcome.study
        let lookup = RecordLookup(outcome)
        let first = study.jobs().map(lookup.record)
        let second = study.secondStage(results: outcome.results).map(lookup.record)
        // Before the first stage has settled, its best experiment is a guess, and so are the fold
        // jobs; they are shown where one was run all the same.
        let settled = second.filter { record in
            func isOpen(_ stage: [JobRecord]) -> Bool {
                stage.contains { $0.isOf(record.job.network, record.job.task) && $0.isMissing }
            }
            func isUntouched(_ stage: [JobRecord]) -> Bool {
                stage.allSatisfy { !$0.isOf(record.job.network, record.job.task) || $0.isMissing }
            }
            return !isOpen(first) || !isUntouched(second)
        }
        let records = first + settled
        let lungs = LungRegion(outcome.material)
        self.lungs = lungs
        self.outcome = outcome
        self.records = records
        unexpected = lookup.keys.subtracting(records.map(\.job.key)).sorted()
        groups = study.networks.flatMap { network in
            study.tasks.map { task in
                Self.group(
                    outcome, lungs, first: first.filter { $0.isOf(network, task) },
                    second: settled.filter { $0.isOf(network, task) }, network, task)
            }
        }
    }

    private static func group(
        _ outcome: StudyOutcome, _ lungs: LungRegion, first: [JobRecord], second: [JobRecord],
        _ network: NetworkKind, _ task: SegmentationTask
    ) -> GroupFindings {
        let study = outcome.study
        let experiments = (study.experiments[network] ?? []).map { experiment in
            ExperimentFindings(
                experiment: experiment, records: first.filter { $0.job.experiment == experiment })
        }
        var byData: [SelectionData: Selection] = [:]
        for data in SelectionData.allCases {
            byData[data] = study.best(network, task, results: outcome.results, on: data)
        }
        let selection = byData[study.selectOn]
        let foldRecords =
            study.protocol == .grid
            ? first.filter { $0.job.experiment == selection?.experiment } : second
        let folds = foldRecords.first.map {
            FoldFindings(experiment: $0.job.experiment, records: foldRecords)
        }
        let evaluated =
            folds?.records ?? experiments.first { $0.experiment == selection?.experiment }?.records
        let slices = (evaluated ?? []).compactMap(\.result)
            .flatMap { SliceFindings.of($0, outcome.material, lungs) }.sorted {
                $0.number < $1.number
            }
        return GroupFindings(
            network: network, task: task, experiments: experiments, selection: selection,
            selectionByData: byData, folds: folds, slices: slices)
    }
}

/// Finds what became of a job.
private struct RecordLookup {
    private let results: [String: JobResult]
    private let failures: [String: String]

    init(_ outcome: StudyOutcome) {
        results = Dictionary(outcome.results.map { ($0.key, $0) }) { first, _ in first }
        failures = Dictionary(outcome.failures.map { ($0.key, $0.reason) }) { min($0, $1) }
    }

    var keys: Set<String> { Set(results.keys).union(failures.keys) }

    func record(_ job: Job) -> JobRecord {
        if let result = results[job.key] { return JobRecord(job: job, state: .finished(result)) }
        if let reason = failures[job.key] { return JobRecord(job: job, state: .failed(reason)) }
        return JobRecord(job: job, state: .missing)
    }
}

extension JobRecord {
    fileprivate var isMissing: Bool {
        if case .missing = state { return true }
        return false
    }

    fileprivate func isOf(_ network: NetworkKind, _ task: SegmentationTask) -> Bool {
        job.network == network && job.task == task
    }
}

extension JobResult {
    /// The confusion matrix of all test slices together.
    var pooledTest: ConfusionMatrix { .pooled(testConfusion, classCount: task.classCount) }
}
