extension Study {
    /// Checks everything about a study that can be checked before any training starts.
    /// - Parameter sliceCount: the number of slices there are.
    /// - Throws: `LungfoldError` naming the option, the value and the rule.
    public func check(sliceCount: Int) throws {
        try settings.check()
        try checkChoices()
        for network in networks {
            try Experiment.check(experiments[network] ?? [], of: network)
        }
        for split in splits { try split.check(sliceCount: sliceCount, source: SplitFile.name) }
        try checkSplits()
        try checkMiniBatches()
    }

    private func checkChoices() throws {
        let choices = [("--networks", networks.isEmpty), ("--tasks", tasks.isEmpty)]
        for (option, isEmpty) in choices where isEmpty {
            throw LungfoldError(
                .usage, option, "the list is empty, where a study needs at least one",
                remedy: "Leave the option out for all")
        }
        let repeated = [
            ("--networks", firstRepeated(networks)?.rawValue),
            ("--tasks", firstRepeated(tasks)?.rawValue),
        ]
        for (option, name) in repeated {
            guard let name else { continue }
            throw LungfoldError(
                .usage, option, "\(name) is given twice", remedy: "Give each one once")
        }
    }

    private func checkSplits() throws {
        if self.protocol != .grid, !splits.contains(where: { $0.name == SplitPlan.holdoutName }) {
            throw missingSplit(SplitPlan.holdoutName)
        }
        guard self.protocol != .holdout else { return }
        guard !folds.isEmpty else {
            throw LungfoldError(
                .usage, "--folds", "the list is empty, where this protocol needs at least one fold",
                remedy: "Leave the option out for all")
        }
        if let fold = firstRepeated(folds) {
            throw LungfoldError(
                .usage, "--folds", "fold \(fold) is given twice", remedy: "Give each fold once")
        }
        for name in folds.map(SplitPlan.foldName) where !splits.contains(where: { $0.name == name })
        {
            throw missingSplit(name)
        }
    }

    private func checkMiniBatches() throws {
        for network in networks {
            for experiment in experiments[network] ?? [] {
                for split in splits where experiment.miniBatch > split.training.count {
                    throw LungfoldError(
                        .badConfiguration, "experiment \(experiment.number) of \(network.rawValue)",
                        "mini-batch \(experiment.miniBatch) is more than the"
                            + " \(split.training.count) training slices of \(split.name),"
                            + " so that no mini-batch would be complete",
                        remedy: "Choose other experiments with --experiments, or give more slices")
                }
            }
        }
    }

    private func missingSplit(_ name: String) -> LungfoldError {
        LungfoldError(
            .badData, SplitFile.name,
            "no split is named \"\(name)\", which the \(self.protocol.rawValue) protocol needs",
            remedy: "Correct the file, or remove it to have the splits drawn anew")
    }
}

extension Experiment {
    /// Checks a network's list of experiments: not empty, positive numbers given once, a positive
    /// finite learning rate, at least one slice in a mini-batch.
    /// - Throws: `LungfoldError` naming the network, the experiment and the rule.
    public static func check(_ experiments: [Experiment], of network: NetworkKind) throws {
        let subject = "experiments of \(network.rawValue)"
        func flaw(_ problem: String) -> LungfoldError {
            LungfoldError(.badConfiguration, subject, problem, remedy: "Correct the list")
        }
        guard !experiments.isEmpty else { throw flaw("the list is empty") }
        if let number = firstRepeated(experiments.map(\.number)) {
            throw flaw("two have number \(number)")
        }
        for experiment in experiments {
            let (number, rate) = (experiment.number, experiment.learningRate)
            guard number >= 1 else { throw flaw("number \(number) is not at least 1") }
            guard rate.isFinite, rate > 0 else {
                throw flaw("learning rate \(rate) of number \(number) is not positive and finite")
            }
            guard experiment.miniBatch >= 1 else {
                throw flaw(
                    "mini-batch \(experiment.miniBatch) of number \(number) is not at least 1")
            }
        }
    }

    /// The experiments of the given numbers.
    /// - Throws: `LungfoldError` naming the option for a number that the network's list lacks.
    public static func choose(
        _ numbers: [Int], from experiments: [Experiment], of network: NetworkKind,
        option: String = "--experiments"
    ) throws -> [Experiment] {
        try numbers.map { number in
            guard let experiment = experiments.first(where: { $0.number == number }) else {
                let known = experiments.map { String($0.number) }.joined(separator: ", ")
                throw LungfoldError(
                    .usage, option, "\(network.rawValue) has no experiment \(number)",
                    remedy: "Choose from \(known)")
            }
            return experiment
        }
    }
}

extension TrainingSettings {
    /// Checks that every number is in its range.
    /// - Throws: `LungfoldError` naming the option.
    public func check() throws {
        let ranges: [(String, Int, ClosedRange<Int>)] = [
            ("--epochs", epochs, 1...1_000_000), ("--image-size", imageSize, 1...4096),
            ("--depth", depth, 1...8), ("--filters", filters, 1...4096),
            ("validation interval", validationInterval, 1...Int.max),
        ]
        for (option, value, range) in ranges where !range.contains(value) {
            throw LungfoldError(
                .usage, option, "\(value) is outside \(range.lowerBound)...\(range.upperBound)",
                remedy: "Choose a number in that range")
        }
    }
}
