import LungfoldStudy

/// The best experiment by either choice, and what choosing on test slices flatters it by.
struct SelectionFindings {
    let group: GroupFindings
    let optimism: SelectionOptimism?

    init(_ group: GroupFindings) {
        self.group = group
        optimism = SelectionOptimism(
            scores: group.experiments.map { experiment in
                let results = experiment.records.compactMap(\.result)
                let slices = results.map { $0.accuracies(on: .test).compactMap { $0 } }
                // A hold-out is one split: its slices are the blocks.
                return experiment.records.count == 1 ? (slices.first ?? []).map { [$0] } : slices
            })
    }

    /// The test accuracy of the experiment that was chosen on some slices.
    func test(chosenOn data: SelectionData) -> Statistics {
        let chosen = group.selectionByData[data]?.experiment
        return group.experiments.first { $0.experiment == chosen }?.test ?? Statistics([])
    }

    /// How much higher the test-chosen best scores on the test slices than the validation-chosen.
    var difference: Double? {
        guard let test = test(chosenOn: .test).mean else { return nil }
        return self.test(chosenOn: .validation).mean.map { test - $0 }
    }
}
