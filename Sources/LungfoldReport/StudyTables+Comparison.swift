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
            ])
    }

    /// The networks compared in pairs, over slices.
    func comparison(_ comparisons: [PairedComparison]) -> Table {
        let columns =
            ["Task", "Measure", "Slices", "SegNet", "U-Net", "Difference"].map { Table.Column($0) }
            + ["low", "high"].map { Table.Column($0, group: "95 % interval") }
            + ["p", "p after Holm"].map { Table.Column($0, group: "Wilcoxon") }
            + [Table.Column("Undefined", isHiddenWhenZero: true)]
        return Table(
            name: "comparison", title: "SegNet less U-Net on the same slices", columns: columns,
            rows: comparisons.map { comparison in
                [.text(comparison.task.rawValue), .text(comparison.measure)]
                    + sliceCells(comparison)
            },
            notes: [
                "Mean of each network over slices, mean difference with its bootstrap interval"
                    + " (\(BootstrapInterval.resamples) resamples), Wilcoxon's signed-rank test with"
                    + " Holm's correction over all rows; a slice where a measure is 0/0 for either"
                    + " network is left out."
            ])
    }

    /// The networks compared in pairs, over folds.
    func foldComparison(_ comparisons: [PairedComparison]) -> Table {
        let columns = ["Task", "Measure", "Folds", "Difference", "t", "p", "p after Holm"]
            .map { Table.Column($0) }
        return Table(
            name: "comparison-folds", title: "SegNet less U-Net on the same folds",
            columns: columns,
            rows: comparisons.map { comparison in
                [.text(comparison.task.rawValue), .text(comparison.measure)]
                    + foldCells(comparison)
            },
            notes: [
                "Each fold's scores from its pooled confusion matrix; the corrected resampled t test"
                    + " of Nadeau and Bengio, with Holm's correction over all rows."
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
            .p(comparison.slicePHolm), .integer(comparison.slices.undefinedCount),
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

    /// Distances between outlines.
    var surfaces: Table {
        let columns =
            ["Network", "Task", "Class", "Slices"].map { Table.Column($0) }
            + ["median", "mean", "σ", "undefined"].map { Table.Column($0, group: "HD95 in pixels") }
            + ["mean", "σ", "undefined"].map { Table.Column($0, group: "Boundary F1") }
        let rows = findings.groups.flatMap { group in
            group.task.lesionClasses.map { index -> [Table.Cell] in
                let scores = group.slices.compactMap { $0.surfaces?[index] }
                let (distances, f1) = (scores.map(\.hd95), scores.map(\.boundaryF1))
                let (hd95, boundary) = (Statistics(distances), Statistics(f1))
                let sorted = distances.compactMap { $0 }.sorted()
                let median = sorted.isEmpty ? nil : percentile(sorted, 0.5)
                return [
                    .text(group.network.title), .text(group.task.rawValue),
                    .text(group.task.label(ofClass: index)), .integer(scores.count),
                    .figure(median, of: hd95, decimals: 2),
                    .figure(hd95.mean, of: hd95, decimals: 2),
                    .figure(hd95.deviation, of: hd95, decimals: 2), .integer(hd95.undefinedCount),
                    .figure(boundary.mean, of: boundary),
                    .figure(boundary.deviation, of: boundary), .integer(boundary.undefinedCount),
                ]
            }
        }
        let size = findings.outcome.material?.size ?? study.settings.imageSize
        let tolerance = String(format: "%.2f", SurfaceScores.tolerance(size: size))
        return Table(
            name: "surfaces", title: "Outlines: HD95 and boundary F1", columns: columns, rows: rows,
            notes: [
                "HD95: the 95th percentile of the distances between true and predicted outline, the"
                    + " greater of both directions, in pixels of \(size) x \(size); undefined where"
                    + " either is empty.",
                "Boundary F1 with a tolerance of \(tolerance) pixels (0.75 % of the diagonal);"
                    + " 0 where truth or prediction alone is empty, undefined where both are.",
            ])
    }

    /// Lesion burden, truth against prediction.
    var burden: Table {
        let columns = [
            "Network", "Task", "Slices", "True burden", "Predicted burden", "Mean error",
            "Mean absolute error",
        ].map { Table.Column($0) }
        let rows = findings.groups.map { group -> [Table.Cell] in
            let burdens = group.slices.compactMap(\.burden)
            func mean(_ value: ((truth: Double, prediction: Double)) -> Double) -> Table.Cell {
                let statistics = Statistics(burdens.map(value))
                return .figure(statistics.mean, of: statistics)
            }
            return [
                .text(group.network.title), .text(group.task.rawValue), .integer(burdens.count),
                mean(\.truth), mean(\.prediction), mean { $0.prediction - $0.truth },
                mean { abs($0.prediction - $0.truth) },
            ]
        }
        return Table(
            name: "burden", title: "Lesion burden, truth against prediction", columns: columns,
            rows: rows,
            notes: [
                "Lesions of any class as a share of \(burdenBasis), slice by slice. Above 1: lesions"
                    + " are predicted beyond it."
            ])
    }

    /// What lesion burden is a share of.
    var burdenBasis: String {
        findings.outcome.material?.lungs == nil
            ? "the slice (the study has no lung mask)" : "the lungs"
    }

    /// Every test slice of the best experiments.
    var slices: Table {
        let hasSurfaces = findings.outcome.material != nil
        let columns =
            [
                "Network", "Task", "Class", "Slice", "Split", "True pixels", "Predicted pixels",
                "Dice",
            ].map { Table.Column($0) }
            + (hasSurfaces ? ["HD95", "Boundary F1"].map { Table.Column($0) } : [])
        let rows = findings.groups.flatMap { group in
            group.task.lesionClasses.flatMap { index in
                group.slices.map { slice -> [Table.Cell] in
                    let outcome = slice.confusion.outcome(ofClass: index)
                    let cells: [Table.Cell] = [
                        .text(group.network.title), .text(group.task.rawValue),
                        .text(group.task.label(ofClass: index)), .integer(slice.number),
                        .text(slice.split), .integer(outcome.truth), .integer(outcome.predicted),
                        .score(slice.dice(ofClass: index)),
                    ]
                    guard hasSurfaces else { return cells }
                    guard let scores = slice.surfaces?[index] else {
                        return cells + [.missing, .missing]
                    }
                    return cells + [
                        scores.hd95.map { .real($0, decimals: 2) } ?? .undefined,
                        .score(scores.boundaryF1),
                    ]
                }
            }
        }
        return Table(
            name: "slices", title: "Every test slice of the best experiments", columns: columns,
            rows: rows)
    }
}

extension Table.Cell {
    /// A p value; undefined where there is none.
    fileprivate static func p(_ value: Double?) -> Self {
        value.map { .probability($0) } ?? .undefined
    }
}
