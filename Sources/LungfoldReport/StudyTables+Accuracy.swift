import LungfoldStudy

extension StudyTables {
    /// Tables 3 (binary) and 5 (multiclass): the test accuracy of each experiment.
    func accuracy(_ task: SegmentationTask) -> Table {
        let groups = groups(task)
        let columns = [Table.Column("Experiment")] + groups.flatMap(accuracyColumns)
        let rows = experimentNumbers.map { number in
            [.integer(number)] + groups.flatMap { accuracyCells($0, number) }
        }
        return Table(
            name: task.accuracyTable,
            title:
                "Table \(task == .binary ? 3 : 5). Test accuracy of each experiment, \(task.rawValue)",
            columns: columns, rows: rows, notes: accuracyNotes(task))
    }

    private func accuracyColumns(_ group: GroupFindings) -> [Table.Column] {
        let name = group.network.title
        let ours = ["mean", "σ", "variance", "slices"].map { Table.Column($0, group: name) }
        let counts = ["undefined", "missing"].map {
            Table.Column($0, group: name, isHiddenWhenZero: true)
        }
        return ours + counts
            + foreignSources(group).flatMap { source in
                ["\(source) mean", "\(source) σ"].map { Table.Column($0, group: name) }
            }
    }

    /// Whose values stand beside ours: the paper's, and what its authors stored.
    private func foreignSources(_ group: GroupFindings) -> [String] {
        guard comparesWithPaper else { return [] }
        let isStored = StoredResults.run(group.network, group.task, experiment: 1) != nil
        return isStored ? ["paper", "stored"] : ["paper"]
    }

    private func accuracyCells(_ group: GroupFindings, _ number: Int) -> [Table.Cell] {
        guard let findings = group.experiments.first(where: { $0.experiment.number == number })
        else {
            return accuracyColumns(group).map { _ in .blank }
        }
        let test = findings.test
        let ours: [Table.Cell] = [
            .figure(test.mean, of: test), .figure(test.deviation, of: test),
            .figure(test.variance, of: test, decimals: varianceDecimals), .integer(test.count),
            .integer(test.undefinedCount),
            .integer(findings.expectedSlices - test.count - test.undefinedCount),
        ]
        return ours + foreignCells(group, findings.experiment)
    }

    private func foreignCells(_ group: GroupFindings, _ experiment: Experiment) -> [Table.Cell] {
        let sources = foreignSources(group)
        guard !sources.isEmpty, Experiment.paper(group.network).contains(experiment) else {
            return sources.flatMap { _ in [Table.Cell.blank, .blank] }
        }
        let printed = PaperResults.accuracy(group.network, group.task)[experiment.number - 1]
        let stored = StoredResults.run(
            group.network, group.task, experiment: experiment.number)?.accuracy
        return [.printed(printed.mean), .printed(printed.deviation)]
            + (stored.map { [.score($0.mean), .score($0.deviation)] } ?? [])
    }

    /// What is to be kept in mind where the paper's values stand beside those of another training.
    var replicationNotes: [String] {
        let (ours, paper) = (study.settings, TrainingSettings())
        let isSmaller =
            ours.imageSize < paper.imageSize || ours.filters < paper.filters
            || ours.depth < paper.depth || ours.epochs < paper.epochs
        guard isSmaller else { return [] }
        return [
            "Not a replication: slices, networks or training are smaller than the paper's (see What"
                + " differs from the paper)."
        ]
    }

    private func accuracyNotes(_ task: SegmentationTask) -> [String] {
        var notes = [
            "Mean, sample standard deviation σ and variance (n - 1) of the share of correct pixels of single"
                + " test slices; four decimals (variances six), rounded."
        ]
        if comparesWithPaper {
            notes.append("The paper's values are of its hold-out, truncated to three decimals.")
            notes += replicationNotes
            if task == .binary {
                notes.append("Stored: the same from the result files that its authors published.")
            }
            let third = Experiment.paper(.segnet)[2]
            if task == .binary, study.experiments[.segnet]?.contains(third) == true {
                notes.append(Misprints.table3)
            }
        }
        notes += omissionNotes
        for group in groups(task) {
            for findings in group.experiments {
                let lacking = findings.records.filter { $0.result == nil }
                guard !lacking.isEmpty else { continue }
                let list = lacking.map { "\($0.job.split.name) \($0.stateName)" }
                notes.append(
                    "\(group.network.title) experiment \(findings.experiment.number): "
                        + list.joined(separator: ", ") + ".")
            }
        }
        return notes
    }

    /// The mean test accuracy of each experiment in each fold.
    func accuracyByFold(_ task: SegmentationTask) -> Table {
        let columns =
            ["Network", "Experiment"].map { Table.Column($0) }
            + study.folds.map { Table.Column(SplitPlan.foldName($0)) }
        let rows = groups(task).flatMap { group in
            group.experiments.map { findings -> [Table.Cell] in
                [.text(group.network.title), .integer(findings.experiment.number)]
                    + findings.records.map { record in
                        let test = Statistics(record.result?.accuracies(on: .test) ?? [])
                        return .figure(test.mean, of: test)
                    }
            }
        }
        return Table(
            name: "\(task.accuracyTable)-folds",
            title: "Mean test accuracy of each experiment in each fold, \(task.rawValue)",
            columns: columns, rows: rows)
    }
}

extension SegmentationTask {
    fileprivate var accuracyTable: String { self == .binary ? "table3" : "table5" }
}
