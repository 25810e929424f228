import LungfoldStudy

/// What the numbers support, in sentences.
struct Conclusions {
    let findings: Findings

    /// A paragraph a measure, then what so many slices can and cannot support; empty where the study
    /// has nothing to compare.
    var sentences: [String] {
        let comparisons = findings.comparisons
        guard !comparisons.isEmpty else { return [] }
        return comparisons.filter { $0.measure != .accuracy }.map(difference)
            + [limits(comparisons)]
    }

    private func difference(_ comparison: PairedComparison) -> String {
        let pairs = comparison.slices.pairs
        let mean = comparison.slices.difference.mean ?? 0
        let more =
            mean == 0
            ? "neither more" : "\(mean > 0 ? "SegNet" : "U-Net") more by \(figure(abs(mean)))"
        let head =
            "\(name(comparison).capitalised): on the \(count(pairs.count, "slice")) that"
            + " \(pairs.count == 1 ? "has" : "have") it, SegNet has \(text(pairs.map(\.segnet))) and"
            + " U-Net \(text(pairs.map(\.unet))) on average, \(more)"
        return head + evidence(comparison) + verdict(comparison) + missed(comparison)
            + falseAlarms(comparison) + foldSentence(comparison)
    }

    private func name(_ comparison: PairedComparison) -> String {
        "\(comparison.task.rawValue), \(comparison.title)"
    }

    private func missed(_ comparison: PairedComparison) -> String {
        let missed = comparison.missedByBothCount
        return missed == 0 ? "" : " Neither network finds any of it on \(missed) of them."
    }

    /// What was predicted on slices without the class, which the comparison leaves out.
    private func falseAlarms(_ comparison: PairedComparison) -> String {
        guard let (segnet, unet) = comparison.falseAlarms, segnet.sliceCount > 0 else { return "" }
        func words(_ alarms: FalseAlarms) -> String {
            alarms.alarmCount == 0
                ? "none"
                : "\(alarms.alarmCount) (\(count(alarms.pixelCount, "pixel")) in all)"
        }
        return " Of the \(count(segnet.sliceCount, "slice")) without it, SegNet sees it on"
            + " \(words(segnet)), U-Net on \(words(unet))."
    }

    private func evidence(_ comparison: PairedComparison) -> String {
        guard let interval = comparison.interval, let p = comparison.slicePHolm else { return "" }
        let mean = comparison.slices.difference.mean ?? 0
        let ends = [abs(interval.low), abs(interval.high)].sorted()
        let spansZero = interval.low < 0 && interval.high > 0
        let (low, high) =
            spansZero
            ? (
                mean >= 0 ? interval.low : -interval.high,
                mean >= 0 ? interval.high : -interval.low
            ) : (ends[0], ends[1])
        return " (95 % interval \(figure(low)) to \(figure(high));"
            + " Wilcoxon, after Holm: \(probability(p)))"
    }

    private func verdict(_ comparison: PairedComparison) -> String {
        guard let p = comparison.slicePHolm else {
            return "; too few slices differ for a test."
        }
        return p < 0.05
            ? "; these slices show a difference."
            : "; these slices show no difference beyond chance, which does not show that there is none."
    }

    private func foldSentence(_ comparison: PairedComparison) -> String {
        guard let p = comparison.foldPHolm else { return "" }
        return
            " Over \(count(comparison.folds.pairs.count, "fold")), which share training slices, the"
            + " corrected t test has \(probability(p)) after Holm."
    }

    private func limits(_ comparisons: [PairedComparison]) -> String {
        let most = comparisons.map(\.slices.pairs.count).max() ?? 0
        return "What \(count(most, "slice")) can and cannot support: they rank the two networks as"
            + " trained here, on slices like these." + power(comparisons)
            + intervalLimits(comparisons) + foldLimits(comparisons)
            + " The data do not say which slices are of one patient; such slices resemble each other,"
            + " so the intervals are narrower than they should be, and nothing follows for other"
            + " patients, scanners or hospitals."
    }

    /// How large a difference must be to be found.
    private func power(_ comparisons: [PairedComparison]) -> String {
        let dice = comparisons.filter { $0.measure != .accuracy }
        let known = dice.compactMap { comparison in
            comparison.detectable.map { "\(figure($0)) (\(name(comparison)))" }
        }
        let unknown = dice.filter { $0.detectable == nil }.map(name)
        let tests = comparisons.first?.testCount ?? 1
        let level = Table.Cell.real(DetectableDifference.level / Double(tests), decimals: 4).shown
        var text = ""
        if !known.isEmpty {
            text +=
                " If the true mean difference in Dice were \(known.joined(separator: ", ")), a test"
                + " of so many slices would find it four times in five; smaller ones it finds less"
                + " often. (A forecast from how the differences spread, for a two-sided test"
                + " at \(level): the level of \(DetectableDifference.level) shared by"
                + " \(count(tests, "test")), the strictest step of Holm's correction.)"
        }
        if !unknown.isEmpty {
            text +=
                " For \(unknown.joined(separator: "; ")) there is no such forecast: the slices are too"
                + " few, or most differences are exactly 0."
        }
        return text
    }

    /// Unexplained, interval and test would seem to contradict each other.
    private func intervalLimits(_ comparisons: [PairedComparison]) -> String {
        let isSurprising = comparisons.contains { comparison in
            guard comparison.measure != .accuracy, let interval = comparison.interval,
                let p = comparison.slicePHolm
            else { return false }
            return p >= 0.05 && (interval.low > 0 || interval.high < 0)
        }
        guard isSurprising else { return "" }
        return " An interval that leaves 0 out beside a test that shows no difference is no"
            + " contradiction: the interval is of the mean, which a few slices with large differences"
            + " move, and is not corrected for the number of comparisons."
    }

    private func foldLimits(_ comparisons: [PairedComparison]) -> String {
        guard comparisons.contains(where: { $0.foldPHolm != nil }) else { return "" }
        return
            " The tests over slices take the trained networks as they are; the test over folds asks"
            + " whether networks trained anew would differ as well, and with so few folds only a large"
            + " and steady difference passes it."
    }

    private func text(_ values: [Double]) -> String { figure(Statistics(values).mean ?? 0) }

    private func figure(_ value: Double) -> String { Table.Cell.score(value).shown }

    private func probability(_ p: Double) -> String {
        let shown = Table.Cell.probability(p).shown
        return shown.hasPrefix("<") ? "p \(shown)" : "p = \(shown)"
    }

    private func count(_ number: Int, _ noun: String) -> String {
        number == 1 ? "1 \(noun)" : "\(number) \(noun)s"
    }
}

extension String {
    /// With a capital first letter.
    var capitalised: String { prefix(1).uppercased() + dropFirst() }
}
