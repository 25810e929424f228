import LungfoldStudy

extension StudyTables {
    /// The best experiment by either choice.
    var selection: Table {
        let columns =
            ["Network", "Task"].map { Table.Column($0) }
            + ["validation", "test"].flatMap { data in
                ["experiment", "test accuracy"].map {
                    Table.Column($0, group: "Chosen on \(data) slices")
                }
            }
            + ["difference", "on unseen slices", "optimism"].map {
                Table.Column($0, group: "Choosing on test slices")
            }
        let rows = findings.groups.map { group -> [Table.Cell] in
            let selection = SelectionFindings(group)
            func cells(_ data: SelectionData) -> [Table.Cell] {
                let test = selection.test(chosenOn: data)
                let number = group.selectionByData[data]?.experiment.number
                return [
                    number.map { .integer($0) } ?? .missing, .figure(test.mean, of: test),
                ]
            }
            return [.text(group.network.title), .text(group.task.rawValue)]
                + cells(.validation) + cells(.test)
                + [selection.difference, selection.optimism?.honest, selection.optimism?.optimism]
                .map { $0.map { .real($0, decimals: Table.Cell.scoreDecimals) } ?? .blank }
        }
        return Table(
            name: "selection",
            title: "Chosen on validation slices, or on test slices as in the paper",
            columns: columns, rows: rows,
            notes: [
                "On unseen slices: the best is chosen anew without one fold (or one slice of a"
                    + " hold-out) at a time and scored on it. Optimism: the test-chosen best's"
                    + " accuracy less that; it is what choosing on test slices flatters by."
            ] + independenceNotes)
    }

    /// The networks compared in pairs, over slices.
    func comparison(_ comparisons: [PairedComparison]) -> Table {
        let columns =
            ["Task", "Measure", "Slices", "SegNet", "U-Net", "Difference"].map { Table.Column($0) }
            + ["low", "high"].map { Table.Column($0, group: "95 % interval") }
            + ["p", "p after Holm"].map { Table.Column($0, group: "Wilcoxon") }
            + [Table.Column("Detectable")]
        return Table(
            name: "comparison", title: "SegNet minus U-Net on the same slices", columns: columns,
            rows: comparisons.map { comparison in
                [.text(comparison.task.rawValue), .text(comparison.title)]
                    + sliceCells(comparison)
            },
            notes: [
                "Mean of each network over slices, mean difference with its bootstrap interval"
                    + " (\(BootstrapInterval.resamples) resamples), Wilcoxon's signed-rank test with"
                    + " Holm's correction over all rows.",
                "Dice of a class is compared on the slices whose truth has the class; what is predicted"
                    + " of it on the others stands in the table of false alarms.",
                "Detectable: the true mean difference that a two-sided test of so many slices finds with"
                    + " a probability of 80 %, given the differences' spread, at the level 0.05 divided"
                    + " by the number of rows that have a test (the strictest step of Holm's correction;"
                    + " normal approximation). Undefined for too few slices and where most differences"
                    + " are exactly 0.",
            ])
    }

    /// The networks compared in pairs, over folds.
    func foldComparison(_ comparisons: [PairedComparison]) -> Table {
        let columns = ["Task", "Measure", "Folds", "Difference", "t", "p", "p after Holm"]
            .map { Table.Column($0) }
        return Table(
            name: "comparison-folds", title: "SegNet minus U-Net on the same folds",
            columns: columns,
            rows: comparisons.map { comparison in
                [.text(comparison.task.rawValue), .text(comparison.title)]
                    + foldCells(comparison)
            },
            notes: [
                "Each fold's scores from its pooled confusion matrix, which has the false alarms in it;"
                    + " Dice of a class over the folds whose truth has the class. The corrected resampled"
                    + " t test of Nadeau and Bengio, with Holm's correction over all rows."
            ])
    }

    private func sliceCells(_ comparison: PairedComparison) -> [Table.Cell] {
        let pairs = comparison.slices.pairs
        func mean(_ values: [Double]) -> Table.Cell {
            .score(Statistics(values).mean)
        }
        return [
            .integer(pairs.count), mean(pairs.map(\.segnet)), mean(pairs.map(\.unet)),
            mean(comparison.slices.differences), .score(comparison.interval?.low),
            .score(comparison.interval?.high), .p(comparison.wilcoxon.pValue),
            .p(comparison.slicePHolm), .score(comparison.detectable),
        ]
    }

    private func foldCells(_ comparison: PairedComparison) -> [Table.Cell] {
        [
            .integer(comparison.folds.pairs.count),
            .score(comparison.folds.difference.mean),
            comparison.foldTest?.t.map { .real($0, decimals: 3) } ?? .undefined,
            .p(comparison.foldTest?.pValue), .p(comparison.foldPHolm),
        ]
    }
}

extension Table.Cell {
    /// A p value; undefined where there is none.
    fileprivate static func p(_ value: Double?) -> Self {
        value.map { .probability($0) } ?? .undefined
    }
}
