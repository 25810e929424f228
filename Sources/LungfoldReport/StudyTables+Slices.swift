import LungfoldStudy

extension StudyTables {
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

    /// Classes predicted on slices that have none of them.
    var falseAlarms: Table {
        let columns =
            ["Network", "Task", "Class", "Slices without it", "Slices with a false alarm"]
            .map { Table.Column($0) }
            + ["in all", "a slice"].map { Table.Column($0, group: "Pixels of false alarms") }
        let rows = findings.groups.flatMap { group in
            group.task.lesionClasses.map { index -> [Table.Cell] in
                let head: [Table.Cell] = [
                    .text(group.network.title), .text(group.task.rawValue),
                    .text(group.task.label(ofClass: index)),
                ]
                guard !group.slices.isEmpty else {
                    return head + [.missing, .missing, .missing, .missing]
                }
                let alarms = FalseAlarms(ofClass: index, group.slices.map(\.confusion))
                let mean = Double(alarms.pixelCount) / Double(max(1, alarms.sliceCount))
                return head + [
                    .integer(alarms.sliceCount), .integer(alarms.alarmCount),
                    .integer(alarms.pixelCount),
                    alarms.sliceCount == 0 ? .undefined : .real(mean, decimals: 1),
                ]
            }
        }
        return Table(
            name: "false-alarms", title: "False alarms: a class on slices that have none of it",
            columns: columns, rows: rows,
            notes: [
                "A false alarm is a pixel or more of the class on a test slice whose truth lacks the"
                    + " class. Pixels a slice: the mean over the slices without it."
            ])
    }

    /// Lesion burden, truth against prediction.
    var burden: Table {
        let columns =
            [
                "Network", "Task", "Slices", "True burden", "Predicted burden", "Mean error",
                "Mean absolute error",
            ].map { Table.Column($0) } + [outsideColumn]
        let rows = findings.groups.map { group -> [Table.Cell] in
            let burdens = group.slices.compactMap(\.burden).filter { $0.truth != nil }
            func mean(_ value: (LesionBurden) -> Double?) -> Table.Cell {
                let statistics = Statistics(burdens.map(value))
                return .figure(statistics.mean, of: statistics)
            }
            func meanError(_ error: (Double, Double) -> Double) -> Table.Cell {
                mean { burden in
                    burden.truth.flatMap { truth in burden.prediction.map { error(truth, $0) } }
                }
            }
            return [
                .text(group.network.title), .text(group.task.rawValue), .integer(burdens.count),
                mean(\.truth), mean(\.prediction), meanError { $1 - $0 },
                meanError { abs($1 - $0) }, hasOutside ? mean(\.outside) : .blank,
            ]
        }
        return Table(
            name: "burden", title: "Lesion burden, truth against prediction", columns: columns,
            rows: rows, notes: burdenNotes)
    }

    private var burdenNotes: [String] {
        let basis = findings.lungs.basis
        var notes = [
            "Lesions of any class as a share of \(basis.phrase), slice by slice; means over slices."
        ]
        if let reason = basis.reason { notes.append(reason) }
        if hasOutside {
            // Networks and tasks are tested on the same slices; some may not be finished yet.
            let left = findings.groups.map { group in
                group.slices.reduce(0) { $0 + ($1.burden?.trueOutside ?? 0) }
            }
            notes.append(
                "Predicted outside: lesion pixels predicted elsewhere, divided by the same number of"
                    + " pixels; the predicted burden is without them. Labels elsewhere are not in the"
                    + " true burden:"
                    + " \(left.max() ?? 0) pixels of all slices together.")
        }
        return notes
    }

    /// Whether there is an outside: where a burden is a share of less than the slice.
    private var hasOutside: Bool { findings.lungs.basis != .slice }

    private var outsideColumn: Table.Column {
        Table.Column("Predicted outside", isHiddenWhenZero: true)
    }

    /// Every test slice of the best experiments.
    var slices: Table {
        let columns =
            [
                "Network", "Task", "Class", "Slice", "Split", "True pixels", "Predicted pixels",
                "Dice", "True burden", "Predicted burden",
            ].map { Table.Column($0) } + [outsideColumn]
            + ["HD95", "Boundary F1"].map { Table.Column($0, isHiddenWhenZero: true) }
        let rows = findings.groups.flatMap { group in
            group.task.lesionClasses.flatMap { index in
                group.slices.map { sliceRow(group, $0, ofClass: index) }
            } + (group.task == .multiclass ? group.slices.map { lesionRow(group, $0) } : [])
        }
        return Table(
            name: "slices", title: "Every test slice of the best experiments", columns: columns,
            rows: rows,
            notes: ["Burden: the pixels of the class as a share of \(findings.lungs.basis.phrase)."]
        )
    }

    private func sliceRow(
        _ group: GroupFindings, _ slice: SliceFindings, ofClass index: Int
    ) -> [Table.Cell] {
        let scores = slice.surfaces?[index]
        let outlines: [Table.Cell] =
            findings.outcome.material == nil
            ? [.blank, .blank]
            : [
                slice.surfaces == nil
                    ? .missing : scores?.hd95.map { .real($0, decimals: 2) } ?? .undefined,
                slice.surfaces == nil ? .missing : .score(scores?.boundaryF1),
            ]
        return head(group, slice, group.task.label(ofClass: index))
            + figures(
                slice.confusion.outcome(ofClass: index), slice.dice(ofClass: index),
                slice.classBurdens[index]) + outlines
    }

    /// The lesions of all classes of a slice taken together.
    private func lesionRow(_ group: GroupFindings, _ slice: SliceFindings) -> [Table.Cell] {
        head(group, slice, "all lesions")
            + figures(slice.lesion, slice.lesionDice, slice.burden) + [.blank, .blank]
    }

    private func head(
        _ group: GroupFindings, _ slice: SliceFindings, _ label: String
    ) -> [Table.Cell] {
        [
            .text(group.network.title), .text(group.task.rawValue), .text(label),
            .integer(slice.number), .text(slice.split),
        ]
    }

    private func figures(
        _ outcome: ClassOutcome, _ dice: Double?, _ burden: LesionBurden?
    ) -> [Table.Cell] {
        let pixels: [Table.Cell] = [
            .integer(outcome.truth), .integer(outcome.predicted), .score(dice),
        ]
        guard let burden else { return pixels + [.missing, .missing, .missing] }
        return pixels + [
            .score(burden.truth), .score(burden.prediction),
            hasOutside ? .score(burden.outside) : .blank,
        ]
    }
}
