import LungfoldStudy

/// The command line that repeats a study.
enum RepeatCommand {
    /// The command; the user's files have place holders, for the report knows their content alone.
    static func text(_ study: Study) -> String {
        let settings = study.settings
        let defaults = TrainingSettings()
        var options = ["--protocol \(study.protocol.rawValue)"]
        if study.networks != NetworkKind.allCases {
            options.append("--networks \(study.networks.map(\.rawValue).joined(separator: ","))")
        }
        if study.tasks != SegmentationTask.allCases {
            options.append("--tasks \(study.tasks.map(\.rawValue).joined(separator: ","))")
        }
        options += experiments(study)
        let folds = study.splits.count(where: \.isFold)
        if study.protocol != .holdout, study.folds.count != folds {
            options.append("--folds \(list(study.folds))")
        }
        options.append("--select-on \(study.selectOn.rawValue)")
        func add<Value: Equatable>(_ name: String, _ value: (TrainingSettings) -> Value) {
            if value(settings) != value(defaults) { options.append("--\(name) \(value(settings))") }
        }
        add("epochs", \.epochs)
        add("image-size", \.imageSize)
        add("depth", \.depth)
        add("filters", \.filters)
        add("class-weights-from", \.classWeightsFrom.rawValue)
        add("convolution", \.convolution.rawValue)
        if !settings.augment { options.append("--no-augment") }
        options.append("--seed \(settings.seed)")
        return "mpirun -n RANKS --bind-to none lungfold study --images IMAGES --labels LABELS"
            + " [--lungs LUNGS] --output NEW_FOLDER \\\n  " + options.joined(separator: " ")
    }

    private static func experiments(_ study: Study) -> [String] {
        let lists = study.networks.map { study.experiments[$0] ?? [] }
        let isPaper = zip(study.networks, lists).allSatisfy { network, list in
            list.allSatisfy(Experiment.paper(network).contains)
        }
        guard isPaper else { return ["--experiments-file EXPERIMENTS (Table 2 below)"] }
        let numbers = lists.map { $0.map(\.number) }
        guard let first = numbers.first, numbers.allSatisfy({ $0 == first }) else { return [] }
        return first.count == 9 ? [] : ["--experiments \(list(first))"]
    }

    private static func list(_ numbers: [Int]) -> String {
        numbers.map(String.init).joined(separator: ",")
    }
}
