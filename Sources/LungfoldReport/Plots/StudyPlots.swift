import LungfoldStudy

/// The plots of a report.
struct StudyPlots {
    let findings: Findings

    var study: Study { findings.study }

    /// All plots that have something to show.
    var all: [Plot] {
        study.tasks.flatMap { task in
            let groups = findings.groups.filter { $0.task == task }
            return [accuracy(task, groups)].compactMap { $0 } + groups.compactMap(curves)
                + [folds(task, groups), lesionSize(task, groups), burden(task, groups)]
                .compactMap { $0 } + [pairs(task, groups)].compactMap { $0 }
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
        let numbers = groups.flatMap { $0.experiments.map(\.experiment.number) }
        return Plot(
            name: name(task, "accuracy"),
            caption:
                "Test accuracy of each experiment, \(task.rawValue): mean and σ over slices (the"
                + " paper's plot beside Table \(task == .binary ? 3 : 5)).",
            alternative: groups.map { group in
                let best = group.best?.test.mean.map { rounded($0) } ?? "missing"
                return "\(group.network.title): the best experiment has \(best)"
            }.joined(separator: "; "), width: 640, height: 340, data: data.text,
            commands: """
                set xlabel "Experiment"
                set ylabel "Test accuracy"
                set xtics 1
                set xrange [\((numbers.min() ?? 1) - 1):\((numbers.max() ?? 9) + 1)]
                plot \(series.joined(separator: ", \\\n  "))
                """)
    }

    // MARK: Figure 4

    private func curves(_ group: GroupFindings) -> Plot? {
        let results = group.evaluated.compactMap(\.result)
        guard let classes = results.first?.task.classCount, classes > 0 else { return nil }
        var data = PlotData()
        for result in results {
            let history = result.history
            data.add(
                "\(result.split.name) training: epoch, accuracy, loss",
                history.epochs.map {
                    ["\($0.epoch)", datum($0.trainingAccuracy), datum($0.trainingLoss)]
                })
            let last = Double(history.validations.last?.iteration ?? 1)
            let epochs = Double(history.epochs.last?.epoch ?? 1)
            data.add(
                "\(result.split.name) validation: epoch, accuracy, loss",
                history.validations.map {
                    [
                        datum(Double($0.iteration) / last * epochs), datum($0.accuracy),
                        datum($0.loss),
                    ]
                })
        }
        let plotName = "curves-\(group.name)"
        func series(_ column: Int) -> String {
            // Training last, so that the many lines of validation do not hide it.
            [("validation", 1, "0.8", "#d55e00"), ("training", 0, "1.8", "#0072b2")].flatMap {
                kind in
                results.indices.map { index in
                    let title = index == 0 ? "title \"\(kind.0)\"" : "notitle"
                    return "\"\(plotName).dat\" index \(2 * index + kind.1) using 1:\(column) with"
                        + " lines linewidth \(kind.2) linecolor rgb \"\(kind.3)\" \(title)"
                }
            }.joined(separator: ", \\\n  ")
        }
        let splits =
            results.count == 1 ? results[0].split.name : "\(results.count) folds, a line each"
        return Plot(
            name: plotName,
            caption:
                "Fig. 4. Training and validation accuracy and loss of \(group.title), experiment"
                + " \(results[0].experiment.number) (\(splits)).",
            alternative: "Accuracy rises and loss falls from epoch 1 to"
                + " \(results[0].history.epochs.count); the final values are in the jobs table.",
            width: 760, height: 320, data: data.text,
            commands: """
                set multiplot layout 1,2
                set xlabel "Epoch"
                set key top center
                set ylabel "Accuracy"
                plot \(series(2))
                set ylabel "Loss (logarithmic)"
                set logscale y
                set autoscale yfix
                set ytics (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
                plot \(series(3))
                unset multiplot
                """)
    }

    func name(_ task: SegmentationTask, _ what: String) -> String { "\(what)-\(task.rawValue)" }

    func style(_ network: NetworkKind) -> String {
        "pointtype \(network.mark) pointsize 0.7 linewidth 1.4 linecolor rgb \"\(network.colour)\""
    }

    func rounded(_ value: Double) -> String { Table.Cell.score(value).shown }
}
