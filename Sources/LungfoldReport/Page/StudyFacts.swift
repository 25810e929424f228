import LungfoldStudy

/// What was run, in a list of names and values.
struct StudyFacts {
    let findings: Findings

    private var study: Study { findings.study }

    var list: [PageView.Fact] {
        let settings = study.settings
        let origin = findings.outcome.origin
        var entries: [(String, String)] = []
        if let count = origin.sliceCount, let digest = origin.dataDigest {
            entries.append(("Data", "\(count) slices, digest \(digest)"))
        }
        if let preparation = origin.preparation {
            let window = preparation.window.map { "\($0.low) to \($0.high) onto 0 to 255" }
            entries += [
                ("Lung mask", preparation.hasLungMask ? "given" : "none given"),
                ("Grey values", window ?? "as they are, or a window chosen by their range"),
            ]
        }
        entries += [
            ("Protocol", protocolText),
            ("Networks", study.networks.map(\.title).joined(separator: ", ")),
            ("Tasks", study.tasks.map(\.rawValue).joined(separator: ", ")),
            (
                "Splits (training/validation/test)",
                study.splits.filter(isRun).map(describe).joined(separator: "; ")
            ),
            ("Best experiment chosen on", "\(study.selectOn.rawValue) slices"),
            ("Epochs", "\(settings.epochs)"),
            ("Image size", "\(settings.imageSize) × \(settings.imageSize)"),
            ("Encoder stages", "\(settings.depth)"),
            ("Filters of the first stage", "\(settings.filters)"),
            ("Loss", "cross-entropy, classes weighted by their median frequency"),
            (
                "Class weights from",
                settings.classWeightsFrom == .all
                    ? "all slices, test slices included, as in the paper" : "training slices"
            ),
            ("Optimiser", "Adam, L2 penalty; learning rate times 0.95 every 12 epochs"),
            ("Augmentation", settings.augment ? "flip, rotation, shift, at random" : "none"),
            ("Validated every", "\(settings.validationInterval) iterations"),
            ("Weights that are tested", "those of the last epoch"),
            ("Convolution", settings.convolution.rawValue), ("Seed", "\(settings.seed)"),
        ]
        if let version = origin.version { entries.append(("Lungfold", version)) }
        return entries.map { PageView.Fact(name: $0, value: $1) }
    }

    private var protocolText: String {
        switch study.protocol {
        case .grid: "grid: every experiment on every fold"
        case .holdout: "holdout: every experiment on one split"
        case .paper: "paper: every experiment on one split, then the best on every fold"
        }
    }

    private func isRun(_ split: Split) -> Bool {
        study.protocol == .holdout
            ? !split.isFold
            : !split.isFold || study.folds.map(SplitPlan.foldName).contains(split.name)
    }

    private func describe(_ split: Split) -> String {
        let sizes = [split.training, split.validation, split.test].map { "\($0.count)" }
        return "\(split.name) \(sizes.joined(separator: "/"))"
    }
}
