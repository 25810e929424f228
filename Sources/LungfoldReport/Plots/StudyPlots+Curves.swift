import LungfoldStudy

/// Figure 4.
extension StudyPlots {
    /// Accuracy and loss of every split of the best experiment over its epochs.
    func curves(_ group: GroupFindings) -> Plot? {
        let results = group.evaluated.compactMap(\.result)
        guard !results.isEmpty else { return nil }
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
        let axis = LossAxis(
            results.flatMap { result in
                result.history.epochs.map(\.trainingLoss)
                    + result.history.validations.map(\.loss)
            })
        return Plot(
            name: plotName,
            caption:
                "Fig. 4. Training and validation accuracy and loss of \(group.title), experiment"
                + " \(results[0].experiment.number) (\(splits)).",
            alternative: CurveWords(results.map(\.history)).text,
            width: 760, height: 320, data: curveData(results),
            commands: """
                set multiplot layout 1,2
                set xlabel "Epoch"
                set key top center
                set ylabel "Accuracy"
                plot \(series(2))
                \(axis.commands)
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
