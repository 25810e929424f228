import LungfoldStudy

/// Figure 4.
extension StudyPlots {
    /// The curves of every group that has any, by the group's name: Fig. 4a, 4b and so on in the order
    /// of the page, or Fig. 4 where it is alone. Those of one task have the same axes.
    var curvesByGroup: [String: Plot] {
        let groups = study.tasks.flatMap { task in
            findings.groups.filter { $0.task == task && !finished($0).isEmpty }
        }
        var plots: [String: Plot] = [:]
        for (place, group) in groups.enumerated() {
            let letter = groups.count == 1 ? "" : "abcdefgh".dropFirst(place).prefix(1)
            let histories = groups.filter { $0.task == group.task }.flatMap(finished)
                .map(\.history)
            plots[group.name] = curves(
                group, number: "4\(letter)", axes: CurveAxes(histories))
        }
        return plots
    }

    private func finished(_ group: GroupFindings) -> [JobResult] {
        group.evaluated.compactMap(\.result)
    }

    /// Accuracy and loss of every split of the best experiment over its epochs.
    private func curves(_ group: GroupFindings, number: String, axes: CurveAxes) -> Plot {
        let results = finished(group)
        let plotName = "curves-\(group.name)"
        func series(_ column: Int) -> String {
            // Training last, so that the many lines of validation do not hide it.
            // Not the colours of the networks; the grey is one for both themes.
            [("validation", 1, "0.8", "#cc79a7"), ("training", 0, "1.8", "#666666")].flatMap {
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
        let interval = group.evaluated.first?.job.settings.validationInterval
        let validated = interval.map {
            " Validated every \($0 == 1 ? "iteration" : "\($0) iterations")."
        }
        return Plot(
            name: plotName,
            caption:
                "Fig. \(number). Training and validation accuracy and loss of \(group.title), experiment"
                + " \(results[0].experiment.number) (\(splits)).\(validated ?? "")",
            alternative: CurveWords(results.map(\.history)).text,
            width: 760, height: 320, data: curveData(results),
            commands: """
                set multiplot layout 1,2
                set xlabel "Epoch"
                set key top center
                set ylabel "Accuracy"
                set yrange [\(axes.leastAccuracy):1]
                plot \(series(2))
                \(axes.loss.commands)
                plot \(series(3))
                unset multiplot
                """)
    }

    private func curveData(_ results: [JobResult]) -> String {
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
        return data.text
    }
}

/// The axes that the curves of one task share, so that its networks can be compared.
private struct CurveAxes {
    /// Where the axis of accuracies begins: the tenth at or below the least.
    let leastAccuracy: Double
    let loss: LossAxis

    init(_ histories: [History]) {
        let accuracies = histories.flatMap { history in
            history.epochs.map(\.trainingAccuracy) + history.validations.map(\.accuracy)
        }
        let least = accuracies.filter(\.isFinite).min() ?? 0
        leastAccuracy = min(max((least * 10).rounded(.down) / 10, 0), 0.9)
        loss = LossAxis(
            histories.flatMap { history in
                history.epochs.map(\.trainingLoss) + history.validations.map(\.loss)
            })
    }
}

/// What training curves show, for who cannot see them: where they begin and end, the mean of all splits.
struct CurveWords {
    private let histories: [History]

    init(_ histories: [History]) { self.histories = histories }

    var text: String {
        let epochs = histories.compactMap { $0.epochs.last?.epoch }.max() ?? 0
        let who = histories.count == 1 ? "" : ", means of \(histories.count) folds"
        return "From epoch 1 to \(epochs)\(who): training accuracy "
            + ends { $0.epochs.map(\.trainingAccuracy) } + ", training loss "
            + ends { $0.epochs.map(\.trainingLoss) }
            + ". From the first validation to the last: accuracy "
            + ends { $0.validations.map(\.accuracy) } + ", loss "
            + ends { $0.validations.map(\.loss) } + "."
    }

    private func ends(_ values: (History) -> [Double]) -> String {
        let curves = histories.map(values)
        return "\(mean(curves.map(\.first))) to \(mean(curves.map(\.last)))"
    }

    private func mean(_ values: [Double?]) -> String {
        let finite = values.map { $0.flatMap { $0.isFinite ? $0 : nil } }
        return Table.Cell.score(Statistics(finite).mean).shown
    }
}
