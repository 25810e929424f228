import LungfoldStudy

/// Where a study differs from the paper.
enum Deviations {
    /// Whether the labels are the paper's, judged by their pixel counts: then its numbers belong beside
    /// ours. What else the slices differ in is among the differences.
    static func hasPaperData(_ outcome: StudyOutcome) -> Bool {
        outcome.classCounts == PaperResults.classCounts
            || outcome.classCounts == PaperResults.classCountsAt256
    }

    /// The differences, a phrase each; never none, for the paper does not tell everything.
    static func list(_ outcome: StudyOutcome) -> [String] {
        data(outcome) + design(outcome.study) + training(outcome.study) + untold(outcome)
    }

    /// What no study can take from the paper.
    private static func untold(_ outcome: StudyOutcome) -> [String] {
        let study = outcome.study
        var list: [String] = []
        if study.protocol != .holdout {
            let source = outcome.hasDrawnSplits ? "drawn from the seed" : "those of a given file"
            list.append("the folds are \(source); the paper's are not published")
        }
        list.append(
            "initial weights, the order of slices and the draws of the augmentation are our own; the"
                + " paper's are not published")
        let inferred =
            (study.networks.contains(.unet) ? ["U-Net's layout"] : [])
            + (study.settings.augment ? ["the augmentation"] : [])
        if !inferred.isEmpty {
            list.append(
                "inferred, for the paper does not give them in full: "
                    + inferred.joined(separator: " and "))
        }
        return list
    }

    private static func design(_ study: Study) -> [String] {
        var list: [String] = []
        if study.networks != NetworkKind.allCases {
            list.append("networks: \(study.networks.map(\.title).joined(separator: ", ")) alone")
        }
        if study.tasks != SegmentationTask.allCases {
            list.append("tasks: \(study.tasks.map(\.rawValue).joined(separator: ", ")) alone")
        }
        switch study.protocol {
        case .paper: break
        case .holdout: list.append("the best experiments are not repeated on folds")
        case .grid:
            list.append(
                "every experiment runs on \(study.folds.count) folds; the paper's experiments ran on"
                    + " one hold-out of 72, 10 and 18 slices")
        }
        if study.selectOn == .validation {
            list.append(
                "the best experiment is chosen on validation slices; the paper chose on the test"
                    + " slices")
        }
        if study.protocol != .grid, let holdout = study.splits.first(where: { !$0.isFold }),
            holdout != (try? SplitPlan.paperHoldout(sliceCount: 100))
        {
            list.append("the hold-out is not the paper's")
        }
        if study.protocol == .paper, study.folds.count != 5 {
            list.append("\(study.folds.count) folds instead of 5")
        }
        return list + study.networks.compactMap { experiments($0, study) }
    }

    private static func experiments(_ network: NetworkKind, _ study: Study) -> String? {
        let (ours, paper) = (study.experiments[network] ?? [], Experiment.paper(network))
        guard ours != paper else { return nil }
        guard ours.allSatisfy(paper.contains) else {
            return "\(network.title)'s experiments are not those of Table 2"
        }
        let numbers = ours.map { "\($0.number)" }.joined(separator: ", ")
        return "\(network.title): only experiments \(numbers) of Table 2's nine"
    }

    private static func training(_ study: Study) -> [String] {
        let (ours, paper) = (study.settings, TrainingSettings())
        var list: [String] = []
        func compare<Value: Equatable>(_ name: String, _ value: (TrainingSettings) -> Value) {
            guard value(ours) != value(paper) else { return }
            list.append("\(name) \(value(ours)) instead of \(value(paper))")
        }
        compare("epochs:", \.epochs)
        compare("image size:", \.imageSize)
        compare("encoder depth:", \.depth)
        compare("first-stage filters:", \.filters)
        compare("validation interval:", \.validationInterval)
        if !ours.augment { list.append("training slices are not augmented") }
        if ours.classWeightsFrom == .train {
            list.append("class weights are counted on training slices alone; the paper's on all")
        }
        return list
    }
}

extension Split {
    /// Whether it is one of the folds.
    var isFold: Bool { name != SplitPlan.holdoutName }
}
