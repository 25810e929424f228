import LungfoldStudy

extension StudyTables {
    /// Tables 4 (binary) and 6 (multiclass): the scores of the best experiment.
    func bestScores(_ task: SegmentationTask) -> Table {
        let columns =
            ["Network", "Class", "Source", "Experiment"].map { Table.Column($0) }
            + Score.allCases.map { Table.Column($0.title) }
            + [Table.Column("Slices"), Table.Column("Undefined", isHiddenWhenZero: true)]
        let rows = groups(task).flatMap { group in
            task.lesionClasses.flatMap { index in
                [ownScores(group, index)] + foreignScores(group, index)
            }
        }
        var notes = [
            choiceNote,
            "Scores of each class against the rest, from the confusion matrix pooled over all test"
                + " slices. Undefined: 0/0.",
        ]
        if comparesWithPaper {
            notes.append("The paper's values are of its hold-out, chosen on its test slices.")
            notes += replicationNotes
            if task == .binary {
                notes.append(
                    "Stored: from the pixel counts in the result files that its authors published.")
            }
        }
        return Table(
            name: task == .binary ? "table4" : "table6",
            title:
                "Table \(task == .binary ? 4 : 6). Scores of the best experiment, \(task.rawValue)",
            columns: columns, rows: rows, notes: notes)
    }

    private func ownScores(_ group: GroupFindings, _ index: Int) -> [Table.Cell] {
        let head: [Table.Cell] = [
            .text(group.network.title), .text(group.task.label(ofClass: index)), .text("ours"),
            group.bestNumber,
        ]
        guard let scores = group.bestConfusion?.scores(ofClass: index), let best = group.best else {
            return head + Score.allCases.map { _ in .missing } + [.integer(0), .integer(0)]
        }
        let values = Score.allCases.map { scores[$0] }
        return head + values.map(Table.Cell.score)
            + [
                .integer(best.test.count + best.test.undefinedCount),
                .integer(values.count { $0 == nil }),
            ]
    }

    /// The paper's best experiment as it is printed, and as its authors stored it.
    private func foreignScores(_ group: GroupFindings, _ index: Int) -> [[Table.Cell]] {
        guard comparesWithPaper else { return [] }
        let (network, task) = (group.network, group.task)
        let best = PaperResults.best(network, task)
        func row(_ source: String, _ values: [Table.Cell]) -> [Table.Cell] {
            [
                .text(network.title), .text(task.label(ofClass: index)), .text(source),
                .integer(best),
            ] + values + [.integer(18), .integer(0)]
        }
        let printed = PaperResults.scores(network, task, ofClass: index)
        let rows = [row("paper", Score.allCases.map { .printed(printed[$0]) })]
        guard let stored = StoredResults.run(network, task, experiment: best) else { return rows }
        let scores = stored.confusion.scores(ofClass: index)
        return rows + [row("stored", Score.allCases.map { .score(scores[$0]) })]
    }

    /// Table 7: mean and deviation of the best experiment's scores over the folds.
    var table7: Table {
        let columns =
            ["Task", "Class", "Score"].map { Table.Column($0) }
            + study.networks.flatMap { network in
                foldColumns.map { title in
                    Table.Column(
                        title, group: network.title,
                        isHiddenWhenZero: ["undefined", "missing"].contains(title))
                }
            }
        var rows: [[Table.Cell]] = []
        for task in study.tasks {
            for index in task.lesionClasses {
                for score in Score.allCases {
                    rows.append(
                        [
                            .text(task.rawValue), .text(task.label(ofClass: index)),
                            .text(score.title),
                        ] + groups(task).flatMap { foldCells($0, index, score) })
                }
            }
        }
        return Table(
            name: "table7", title: "Table 7. Scores of the best experiment over the folds",
            columns: columns, rows: rows, notes: table7Notes)
    }

    private var foldColumns: [String] {
        ["mean", "σ", "folds", "undefined", "missing"]
            + (comparesWithPaper ? ["paper mean", "paper σ"] : [])
    }

    private func foldCells(_ group: GroupFindings, _ index: Int, _ score: Score) -> [Table.Cell] {
        let statistics = Statistics(group.folds?.values(score, ofClass: index) ?? [])
        let ours: [Table.Cell] = [
            .figure(statistics.mean, of: statistics),
            .figure(statistics.deviation, of: statistics), .integer(statistics.count),
            .integer(statistics.undefinedCount),
            .integer(study.folds.count - statistics.count - statistics.undefinedCount),
        ]
        guard comparesWithPaper else { return ours }
        let printed = PaperResults.foldScores(group.network, group.task, ofClass: index)[score]
        return ours + [.printed(printed?.mean), .printed(printed?.deviation)]
    }

    private var table7Notes: [String] {
        var notes =
            [
                choiceNote,
                "Mean and sample deviation σ (n - 1) over the folds of the score from each fold's pooled"
                    + " confusion matrix; a fold in which it is 0/0 is left out and counted.",
            ] + independenceNotes
        for group in findings.groups {
            let name = "\(group.network.title), \(group.task.rawValue)"
            if let folds = group.folds {
                notes.append("\(name): experiment \(folds.experiment.number).")
            } else {
                notes.append("\(name): the best experiment is not known yet.")
            }
        }
        let hasSegNetBinary = study.networks.contains(.segnet) && study.tasks.contains(.binary)
        if comparesWithPaper, hasSegNetBinary { notes.append(Misprints.table7) }
        return notes
    }

    /// The values behind Table 7.
    var table7ByFold: Table {
        let columns =
            ["Task", "Network", "Experiment", "Class", "Score"].map { Table.Column($0) }
            + study.folds.map { Table.Column(SplitPlan.foldName($0)) }
        var rows: [[Table.Cell]] = []
        for group in findings.groups {
            guard let folds = group.folds else { continue }
            for index in group.task.lesionClasses {
                for score in Score.allCases {
                    let head: [Table.Cell] = [
                        .text(group.task.rawValue), .text(group.network.title),
                        .integer(folds.experiment.number), .text(group.task.label(ofClass: index)),
                        .text(score.title),
                    ]
                    rows.append(
                        head
                            + folds.records.map { record in
                                guard let result = record.result else { return .missing }
                                return .score(result.pooledTest.scores(ofClass: index)[score])
                            })
                }
            }
        }
        return Table(
            name: "table7-folds", title: "Scores of the best experiment in each fold",
            columns: columns, rows: rows)
    }
}
