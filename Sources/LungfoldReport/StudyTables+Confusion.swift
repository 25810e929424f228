import LungfoldStudy

extension StudyTables {
    /// The confusion matrix of the best experiment of a network and task; nil without a result.
    func confusion(_ group: GroupFindings) -> Table? {
        guard let matrix = group.bestConfusion else { return nil }
        let names = group.task.classNames
        let columns =
            [Table.Column("True class")]
            + names.map { Table.Column($0, group: "Pixels predicted as") }
            + names.map { Table.Column($0, group: "Per cent predicted as") }
        let rows = matrix.rows.enumerated().map { index, counts -> [Table.Cell] in
            let total = counts.reduce(0, +)
            return [.text(names[index])] + counts.map { .integer($0) }
                + counts.map { count in
                    total == 0
                        ? .undefined : .real(100 * Double(count) / Double(total), decimals: 1)
                }
        }
        return Table(
            name: "confusion-\(group.name)", title: "Confusion matrix: \(group.title)",
            columns: columns, rows: rows,
            notes: [
                "Experiment \(group.selection.map { "\($0.experiment.number)" } ?? "unknown"), the best,"
                    + " on \(findings.firstStageSlices)."
            ])
    }
}
