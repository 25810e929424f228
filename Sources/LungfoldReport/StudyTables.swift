import LungfoldStudy

/// The tables of a report: the paper's Tables 1 to 7 from our results, and what it has not.
struct StudyTables {
    let findings: Findings

    var study: Study { findings.study }

    /// Whether the paper's printed values stand beside ours: where the labels are its labels.
    var comparesWithPaper: Bool { Deviations.hasPaperData(findings.outcome) }

    /// All tables that the study has something for, in the order of the report.
    var all: [Table] {
        var tables = [overview]
        if let classCounts = findings.outcome.classCounts { tables.append(table1(classCounts)) }
        tables.append(table2)
        for task in study.tasks {
            tables.append(accuracy(task))
            if study.protocol == .grid { tables.append(accuracyByFold(task)) }
            tables.append(bestScores(task))
        }
        if study.protocol != .holdout { tables += [table7, table7ByFold] }
        return tables + beyondThePaper + [jobs]
    }

    /// What the paper has no tables of; of slices only where some are tested.
    private var beyondThePaper: [Table] {
        var tables = [selection]
        let comparisons = findings.comparisons
        if !comparisons.isEmpty {
            tables.append(comparison(comparisons))
            if study.protocol != .holdout { tables.append(foldComparison(comparisons)) }
        }
        tables += findings.groups.compactMap(confusion)
        guard findings.groups.contains(where: { !$0.slices.isEmpty }) else { return tables }
        tables.append(falseAlarms)
        if findings.outcome.material != nil { tables.append(surfaces) }
        return tables + [burden, slices]
    }

    /// The best experiment of each network and task in a line.
    var overview: Table {
        let lesions = study.tasks.flatMap { task in task.lesionClasses.map { (task, $0) } }
        let columns =
            [
                "Network", "Task", "Best experiment", "Test accuracy", "σ", "Test slices",
            ].map { Table.Column($0) }
            + lesions.map { Table.Column($0.0.classNames[$0.1], group: "Dice, pooled") }
        let rows = findings.groups.map { group -> [Table.Cell] in
            let test = group.best?.test ?? Statistics([])
            let dice = lesions.map { task, index -> Table.Cell in
                guard task == group.task else { return .blank }
                return group.bestConfusion.map { .score($0.scores(ofClass: index).dice) }
                    ?? .missing
            }
            return [
                .text(group.network.title), .text(group.task.rawValue), group.bestNumber,
                .figure(test.mean, of: test), .figure(test.deviation, of: test),
                .integer(test.count),
            ] + dice
        }
        return Table(
            name: "overview", title: "The best experiment of each network and task",
            columns: columns, rows: rows,
            notes: [
                choiceNote,
                "Test accuracy: mean and sample deviation σ of the share of correct pixels of single"
                    + " slices. Dice, pooled: from the confusion matrix of all these slices together.",
            ] + baselineNotes + foldNotes)
    }

    /// What a network would score that finds nothing at all.
    private var baselineNotes: [String] {
        // Some networks may not be finished on all slices.
        let truths = findings.groups.compactMap(\.bestConfusion).map { matrix in
            matrix.rows.map { $0.reduce(0, +) }
        }
        guard let pixels = truths.max(by: { $0.reduce(0, +) < $1.reduce(0, +) }),
            let healthy = pixels.first, healthy > 0
        else { return [] }
        let share = Double(healthy) / Double(pixels.reduce(0, +))
        let black = mostPixelsAreBlack ? ", and most are black" : ""
        let advice = share > 0.5 ? " Read Dice and sensitivity, not accuracy." : ""
        return [
            "Calling every pixel healthy would score an accuracy of \(Table.Cell.score(share).shown):"
                + " \(percentage(share)) of all pixels are healthy\(black).\(advice)"
        ]
    }

    /// False where the slices are not known.
    private var mostPixelsAreBlack: Bool {
        let images = findings.outcome.material?.images ?? []
        let black = images.reduce(0) { $0 + $1.count { $0 == 0 } }
        return 2 * black > images.reduce(0) { $0 + $1.count }
    }

    /// Every job of the study and what became of it.
    var jobs: Table {
        let columns =
            [
                "Job", "Network", "Task", "Experiment", "Split", "State", "Test slices",
                "Test accuracy", "σ", "Variance", "Validation accuracy",
            ].map { Table.Column($0) } + [Table.Column("Reason", isHiddenWhenZero: true)]
        let rows = findings.records.map { record -> [Table.Cell] in
            let test = Statistics(record.result?.accuracies(on: .test) ?? [])
            let validation = Statistics(record.result?.accuracies(on: .validation) ?? [])
            var reason = Table.Cell.blank
            if case .failed(let text) = record.state { reason = .text(text) }
            return [
                .text(record.job.key), .text(record.job.network.title),
                .text(record.job.task.rawValue), .integer(record.job.experiment.number),
                .text(record.job.split.name), .text(record.stateName), .integer(test.count),
                .figure(test.mean, of: test), .figure(test.deviation, of: test),
                .figure(test.variance, of: test, decimals: varianceDecimals),
                .figure(validation.mean, of: validation), reason,
            ]
        }
        return Table(
            name: "jobs", title: "Jobs", columns: columns, rows: rows,
            notes: findings.unexpected.map { "\($0) is no job of this study and was left out." })
    }

    /// How the best experiment was chosen.
    var choiceNote: String {
        let slices = study.selectOn == .validation ? "validation" : "test"
        let remark = study.selectOn == .test ? ", as the paper did, which flatters it" : ""
        return
            "The best experiment has the greatest mean accuracy of single \(slices) slices\(remark);"
            + " of equals, the smaller number."
    }

    private var foldNotes: [String] {
        study.protocol == .grid
            ? ["Test slices are those of all folds together (\(foldNames))."] : []
    }

    private var foldNames: String {
        study.folds.map(SplitPlan.foldName).joined(separator: ", ")
    }
}

/// The decimals of variances: two more than those of accuracies, whose squares they are.
let varianceDecimals = 6

extension GroupFindings {
    /// The number of the best experiment, as a cell.
    var bestNumber: Table.Cell { selection.map { .integer($0.experiment.number) } ?? .missing }
}

extension SegmentationTask {
    /// The indices of the classes that are lesions.
    var lesionClasses: Range<Int> { 1..<classCount }

    /// A class as the tables name it: the paper's C0 to C3 with their meaning.
    func label(ofClass index: Int) -> String {
        self == .binary ? classNames[index] : "C\(index) \(classNames[index])"
    }
}
