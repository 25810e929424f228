import LungfoldStudy

extension Summary {
    /// SegNet against U-Net, a value each comparison.
    var comparisons: JSONValue {
        .array(
            findings.comparisons.map { comparison in
                .object([
                    "task": .string(comparison.task.rawValue),
                    "measure": .string(comparison.title), "slices": slices(comparison),
                    "folds": folds(comparison), "falseAlarms": falseAlarms(comparison),
                ])
            })
    }

    private func slices(_ comparison: PairedComparison) -> JSONValue {
        let pairs = comparison.slices.pairs
        return .object([
            "pairs": .integer(pairs.count),
            "leftOut": .integer(comparison.slices.leftOutCount),
            "missedByBoth": .integer(comparison.missedByBothCount),
            "segnet": .optional(Statistics(pairs.map(\.segnet)).mean),
            "unet": .optional(Statistics(pairs.map(\.unet)).mean),
            "difference": .optional(comparison.slices.difference.mean),
            "interval95": comparison.interval.map {
                .array([.number($0.low), .number($0.high)])
            } ?? .null,
            "wilcoxon": .object([
                "n": .integer(comparison.wilcoxon.count),
                "zeros": .integer(comparison.wilcoxon.zeroCount),
                "positiveRankSum": .number(comparison.wilcoxon.positiveRankSum),
                "p": .optional(comparison.wilcoxon.pValue),
                "pHolm": .optional(comparison.slicePHolm),
            ]), "detectableDifference": .optional(comparison.detectable),
            "testsCorrectedFor": .integer(comparison.testCount),
        ])
    }

    /// On the slices that the comparison of a class leaves out; null for no class.
    private func falseAlarms(_ comparison: PairedComparison) -> JSONValue {
        guard let (segnet, unet) = comparison.falseAlarms else { return .null }
        return .object(
            ["segnet": segnet, "unet": unet].mapValues { alarms in
                .object([
                    "slicesWithoutClass": .integer(alarms.sliceCount),
                    "slicesWithAlarm": .integer(alarms.alarmCount),
                    "pixels": .integer(alarms.pixelCount),
                ])
            })
    }

    private func folds(_ comparison: PairedComparison) -> JSONValue {
        .object([
            "pairs": .integer(comparison.folds.pairs.count),
            "difference": .optional(comparison.folds.difference.mean),
            "t": .optional(comparison.foldTest?.t), "p": .optional(comparison.foldTest?.pValue),
            "pHolm": .optional(comparison.foldPHolm),
        ])
    }

    /// What choosing on test slices flatters by, a value each network and task.
    var selections: JSONValue {
        .array(
            findings.groups.map { group in
                let selection = SelectionFindings(group)
                return .object([
                    "network": .string(group.network.rawValue),
                    "task": .string(group.task.rawValue),
                    "testAccuracyOfBestOnValidation": .optional(
                        selection.test(chosenOn: .validation).mean),
                    "testAccuracyOfBestOnTest": .optional(selection.test(chosenOn: .test).mean),
                    "accuracyOnUnseenSlices": .optional(selection.optimism?.honest),
                    "optimism": .optional(selection.optimism?.optimism),
                ])
            })
    }

    /// Every test slice of the best experiments.
    var testSlices: JSONValue {
        .array(
            findings.groups.map { group in
                .object([
                    "network": .string(group.network.rawValue),
                    "task": .string(group.task.rawValue),
                    "burdenIsShareOf": .string(findings.lungs.basis.rawValue),
                    "slices": .array(group.slices.map { slice($0, group.task) }),
                ])
            })
    }

    private func slice(_ slice: SliceFindings, _ task: SegmentationTask) -> JSONValue {
        .object([
            "slice": .integer(slice.number), "split": .string(slice.split),
            "accuracy": .optional(slice.accuracy),
            "lesionDice": .optional(slice.lesionDice),
            "trueBurden": .optional(slice.burden?.truth),
            "predictedBurden": .optional(slice.burden?.prediction),
            "predictedOutside": .optional(slice.burden?.outside),
            "confusionMatrix": .array(slice.confusion.rows.map(JSONValue.integers)),
            "dice": .array(task.lesionClasses.map { .optional(slice.dice(ofClass: $0)) }),
            "hd95": .array(task.lesionClasses.map { .optional(slice.surfaces?[$0]?.hd95) }),
            "boundaryF1": .array(
                task.lesionClasses.map { .optional(slice.surfaces?[$0]?.boundaryF1) }),
        ])
    }
}
