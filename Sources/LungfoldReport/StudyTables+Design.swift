import LungfoldStudy

extension StudyTables {
    /// Table 1: the classes' pixel counts.
    func table1(_ counts: ClassCounts) -> Table {
        var columns = ["Class", "Pixel count", "Image pixel count"].map { Table.Column($0) }
        if comparesWithPaper {
            columns.append(Table.Column("pixel count", group: "Paper"))
            columns.append(Table.Column("image pixel count", group: "Paper"))
        }
        let rows = counts.pixels.indices.map { index -> [Table.Cell] in
            let lists = [counts] + (comparesWithPaper ? [PaperResults.classCounts] : [])
            return [.text(SegmentationTask.multiclass.label(ofClass: index))]
                + lists.flatMap { [.integer($0.pixels[index]), .integer($0.imagePixels[index])] }
        }
        let absent = counts.absentClasses.map {
            "No pixel has class \(SegmentationTask.multiclass.label(ofClass: $0)); its weight is 0."
        }
        return Table(
            name: "table1", title: "Table 1. Pixels of each class", columns: columns, rows: rows,
            notes: ["Image pixel count: all pixels of the slices in which the class occurs."]
                + absent + halvedNote(counts) + (comparesWithPaper ? [Misprints.table1] : []))
    }

    /// Unexplained, the two counts would seem to contradict each other.
    private func halvedNote(_ counts: ClassCounts) -> [String] {
        counts == PaperResults.classCountsAt256
            ? [
                "Our labels are every second row and column of the paper's: its counts are of"
                    + " 512 x 512 pixels a slice, ours of 256 x 256."
            ] : []
    }

    /// Table 2: the experiments, beside the paper's of the same numbers.
    var table2: Table {
        let columns =
            [Table.Column("Experiment")]
            + study.networks.flatMap { network in
                [
                    "initial learning rate", "mini-batch", "paper learning rate",
                    "paper mini-batch",
                ].map { Table.Column($0, group: network.title) }
            }
        let rows = experimentNumbers.map { number -> [Table.Cell] in
            [.integer(number)]
                + study.networks.flatMap { network in
                    [study.experiments[network] ?? [], Experiment.paper(network)].flatMap {
                        cells(of: $0.first { $0.number == number })
                    }
                }
        }
        return Table(name: "table2", title: "Table 2. Experiments", columns: columns, rows: rows)
    }

    private func cells(of experiment: Experiment?) -> [Table.Cell] {
        guard let experiment else { return [.blank, .blank] }
        return [.exact(experiment.learningRate), .integer(experiment.miniBatch)]
    }

    /// The paper's experiments that the study has not, so that nobody looks for them; empty where it
    /// has all of them.
    var omissionNotes: [String] {
        let lists = study.networks.compactMap { network -> String? in
            let ours = study.experiments[network] ?? []
            let numbers = Experiment.paper(network).filter { !ours.contains($0) }
                .map { "\($0.number)" }
            return numbers.isEmpty ? nil : "\(network.title) \(numbers.joined(separator: ", "))"
        }
        return lists.isEmpty
            ? []
            : [
                "Of the paper's nine experiments not part of this study: "
                    + lists.joined(separator: "; ") + "."
            ]
    }

    /// The numbers of the experiments that any network has.
    var experimentNumbers: [Int] {
        Set(study.networks.flatMap { study.experiments[$0] ?? [] }.map(\.number)).sorted()
    }

    /// The findings of a task, a network each.
    func groups(_ task: SegmentationTask) -> [GroupFindings] {
        findings.groups.filter { $0.task == task }
    }
}
