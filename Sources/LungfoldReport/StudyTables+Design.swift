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
                + absent + (comparesWithPaper ? [Misprints.table1] : []))
    }

    /// Table 2: the experiments.
    var table2: Table {
        let columns =
            [Table.Column("Experiment")]
            + study.networks.flatMap { network in
                ["initial learning rate", "mini-batch"].map {
                    Table.Column($0, group: network.title)
                }
            }
        let rows = experimentNumbers.map { number -> [Table.Cell] in
            [.integer(number)]
                + study.networks.flatMap { network -> [Table.Cell] in
                    let list = study.experiments[network] ?? []
                    guard let experiment = list.first(where: { $0.number == number }) else {
                        return [.blank, .blank]
                    }
                    return [.exact(experiment.learningRate), .integer(experiment.miniBatch)]
                }
        }
        return Table(name: "table2", title: "Table 2. Experiments", columns: columns, rows: rows)
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
