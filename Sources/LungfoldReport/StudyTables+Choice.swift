import LungfoldStudy

extension StudyTables {
    /// What the choice of the best experiment and its scores share; empty where they share no slice, or
    /// there is no choice.
    var independenceNotes: [String] {
        guard study.experiments.values.contains(where: { $0.count > 1 }) else { return [] }
        let folds = study.folds.compactMap { number in
            study.splits.first { $0.name == SplitPlan.foldName(number) }
        }
        let choosing = study.protocol == .grid ? folds : study.splits.filter { !$0.isFold }
        let tested = Set(study.protocol == .holdout ? [] : folds.flatMap(\.test))
        guard choosing.contains(where: { !tested.isDisjoint(with: $0.validation) }) else {
            return []
        }
        return [
            study.protocol == .grid
                ? "The choice pools all folds, and validation slices of one fold are test slices of"
                    + " others: even the choice on validation slices has seen part of the test slices,"
                    + " and may flatter a little."
                : "The folds test the slices of the hold-out again, on which the experiment was chosen:"
                    + " their scores are not independent of the choice, and may be flattered a little."
        ]
    }
}
