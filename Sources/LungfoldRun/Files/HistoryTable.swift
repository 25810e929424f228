import LungfoldStudy

/// A training curve as a table, `history.csv`: a row an epoch, with the last validation of that epoch.
struct HistoryTable {
    /// Classes of the task.
    let classes: Int

    /// The table of a curve.
    func csv(_ history: History) -> String { header + rows(history) }

    /// The first line.
    var header: String {
        Self.line(
            ["epoch", "learning_rate", "training_loss", "training_accuracy", "iteration"]
                + ["validation_loss", "validation_accuracy"]
                + (0..<classes).map { "validation_dice_\($0)" })
    }

    /// The lines of the epochs from one on.
    /// - Parameter first: the index of the epoch.
    func rows(_ history: History, from first: Int = 0) -> String {
        let validations = Dictionary(
            history.validations.map { ($0.epoch, $0) }, uniquingKeysWith: { $1 })
        return history.epochs.dropFirst(first).map { epoch in
            let start = [
                "\(epoch.epoch)", "\(epoch.learningRate)", "\(epoch.trainingLoss)",
                "\(epoch.trainingAccuracy)",
            ]
            guard let validation = validations[epoch.epoch] else {
                return Self.line(start + Array(repeating: "", count: 3 + classes))
            }
            return Self.line(
                start
                    + ["\(validation.iteration)", "\(validation.loss)", "\(validation.accuracy)"]
                    + validation.dice.map { $0.map { "\($0)" } ?? "" })
        }.joined()
    }

    private static func line(_ cells: [String]) -> String { cells.joined(separator: ",") + "\n" }
}
