import LungfoldStudy

/// What repeats a study: lines for a shell, which end with one command. Names in capitals are place
/// holders for the user's own files, of which the report knows the content alone.
struct RepeatCommand {
    let outcome: StudyOutcome

    private var study: Study { outcome.study }

    /// The lines.
    var text: String { (splits + experimentsFile + remarks + [command]).joined(separator: "\n") }

    // MARK: Before the command

    /// Splits that no seed draws are handed on in a file.
    private var splits: [String] {
        outcome.hasDrawnSplits
            ? []
            : [
                "# The splits were given, not drawn: put this study's file into the new folder first.",
                "mkdir -p NEW_FOLDER", "cp THIS_FOLDER/\(SplitFile.name) NEW_FOLDER/",
            ]
    }

    /// Experiments that no option names are handed on in a file.
    private var experimentsFile: [String] {
        guard experimentNumbers == nil else { return [] }
        return ["cat > \(Self.experimentsPath) <<'END'"] + yaml + ["END"]
    }

    private var yaml: [String] {
        study.networks.flatMap { network in
            ["\(network.rawValue):"]
                + (study.experiments[network] ?? []).map {
                    "  - {number: \($0.number), learning-rate: \($0.learningRate),"
                        + " mini-batch: \($0.miniBatch)}"
                }
        }
    }

    private static let experimentsPath = "NEW_FOLDER.experiments.yaml"

    private var remarks: [String] {
        guard outcome.origin.preparation == nil else { return [] }
        let options =
            outcome.material == nil
            ? "whether --lungs and --window were used; add what was."
            : "whether --window was used; add it if it was."
        return ["# This study did not record \(options)"]
    }

    // MARK: The command

    private var command: String {
        (["mpirun -n RANKS --bind-to none lungfold study --images IMAGES --labels LABELS"]
            + [data + ["--output NEW_FOLDER"], plan, settings].map { $0.joined(separator: " ") })
            .filter { !$0.isEmpty }.joined(separator: " \\\n  ")
    }

    private var data: [String] {
        let preparation = outcome.origin.preparation
        let hasMask = preparation?.hasLungMask ?? (outcome.material?.lungs != nil)
        let window = preparation?.window.map { "--window \($0.low),\($0.high)" }
        return (hasMask ? ["--lungs LUNGS"] : []) + [window].compactMap(\.self)
    }

    private var plan: [String] {
        var options = ["--protocol \(study.protocol.rawValue)"]
        if study.networks != NetworkKind.allCases {
            options.append("--networks \(study.networks.map(\.rawValue).joined(separator: ","))")
        }
        if study.tasks != SegmentationTask.allCases {
            options.append("--tasks \(study.tasks.map(\.rawValue).joined(separator: ","))")
        }
        if let experimentNumbers {
            if experimentNumbers.count < 9 {
                options.append("--experiments \(list(experimentNumbers))")
            }
        } else {
            options.append("--experiments-file \(Self.experimentsPath)")
        }
        if study.protocol != .holdout, study.folds.count != study.splits.count(where: \.isFold) {
            options.append("--folds \(list(study.folds))")
        }
        return options + ["--select-on \(study.selectOn.rawValue)"]
    }

    private var settings: [String] {
        let (ours, defaults) = (study.settings, TrainingSettings())
        var options: [String] = []
        func add<Value: Equatable>(_ name: String, _ value: (TrainingSettings) -> Value) {
            if value(ours) != value(defaults) { options.append("--\(name) \(value(ours))") }
        }
        add("epochs", \.epochs)
        add("image-size", \.imageSize)
        add("depth", \.depth)
        add("filters", \.filters)
        add("class-weights-from", \.classWeightsFrom.rawValue)
        add("convolution", \.convolution.rawValue)
        if !ours.augment { options.append("--no-augment") }
        return options + ["--seed \(ours.seed)"]
    }

    /// The numbers that choose the study's experiments from the paper's; nil where none do, for
    /// networks have different ones, or experiments of their own.
    private var experimentNumbers: [Int]? {
        let lists = study.networks.map { study.experiments[$0] ?? [] }
        let numbers = lists.map { $0.map(\.number) }
        guard let first = numbers.first, numbers.allSatisfy({ $0 == first }),
            zip(study.networks, lists).allSatisfy({ network, list in
                list.allSatisfy(Experiment.paper(network).contains)
            })
        else { return nil }
        return first
    }

    private func list(_ numbers: [Int]) -> String {
        numbers.map(String.init).joined(separator: ",")
    }
}

extension StudyOutcome {
    /// Whether the splits are those that the study's seed draws; otherwise they were given in a file.
    var hasDrawnSplits: Bool {
        let highest = study.splits.flatMap { $0.training + $0.validation + $0.test }.max()
        let drawn = try? Study.splits(
            for: study.protocol, sliceCount: origin.sliceCount ?? highest ?? 0,
            seed: study.settings.seed)
        return drawn == study.splits
    }
}
