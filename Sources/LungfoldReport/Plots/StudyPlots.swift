import LungfoldStudy

/// The plots of a report.
struct StudyPlots {
    let findings: Findings

    var study: Study { findings.study }

    /// All plots that have something to show.
    var all: [Plot] {
        let curves = curvesByGroup
        return study.tasks.flatMap { task -> [Plot] in
            let groups = findings.groups.filter { $0.task == task }
            var plots: [Plot?] = [accuracy(task, groups)]
            plots += groups.map { curves[$0.name] }
            plots += [folds(task, groups), lesionSize(task, groups), burden(task, groups)]
            plots.append(pairs(task, groups))
            return plots.compactMap { $0 }
        }
    }

    // MARK: Tables 3 and 5

    private func accuracy(_ task: SegmentationTask, _ groups: [GroupFindings]) -> Plot? {
        guard groups.contains(where: { $0.selection != nil }) else { return nil }
        var data = PlotData()
        for (place, group) in groups.enumerated() {
            let shift = (Double(place) - Double(groups.count - 1) / 2) * 0.2
            data.add(
                "\(group.title): experiment, place, mean, sigma",
                group.experiments.map {
                    let number = $0.experiment.number
                    return [
                        "\(number)", "\(Double(number) + shift)", datum($0.test.mean),
                        datum($0.test.deviation ?? 0),
                    ]
                })
        }
        let series = groups.enumerated().map { index, group in
            "\"\(name(task, "accuracy")).dat\" index \(index) using 2:3:4 with yerrorbars"
                + " \(style(group.network)) title \"\(group.network.title)\""
        }
        let numbers = Set(groups.flatMap { $0.experiments.map(\.experiment.number) }).sorted()
        let tics = numbers.map { "\($0)" }.joined(separator: ", ")
        return Plot(
            name: name(task, "accuracy"),
            caption:
                "Test accuracy of each experiment over slices, \(task.rawValue); bars: mean and one"
                + " sample standard deviation (the paper's plot beside Table"
                + " \(task == .binary ? 3 : 5)).",
            alternative: groups.map { group in
                let best = group.best?.test.mean.map { rounded($0) } ?? "missing"
                return "\(group.network.title): the best experiment has \(best)"
            }.joined(separator: "; "), width: 640, height: 340, data: data.text,
            commands: """
                set xlabel "Experiment"
                set ylabel "Test accuracy"
                set xtics (\(tics))
                set xrange [\((numbers.first ?? 1) - 1):\((numbers.last ?? 9) + 1)]
                plot \(series.joined(separator: ", \\\n  "))
                """)
    }

    func name(_ task: SegmentationTask, _ what: String) -> String { "\(what)-\(task.rawValue)" }

    func style(_ network: NetworkKind) -> String {
        "pointtype \(network.mark) pointsize 0.7 linewidth 1.4 linecolor rgb \"\(network.colour)\""
    }

    func rounded(_ value: Double) -> String { Table.Cell.score(value).shown }
}
