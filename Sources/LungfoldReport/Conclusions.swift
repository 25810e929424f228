import LungfoldStudy

/// What the numbers support, in sentences.
struct Conclusions {
    let findings: Findings

    /// One sentence a measure, then what so many slices can and cannot support; empty where the study
    /// has nothing to compare.
    var sentences: [String] {
        let comparisons = findings.comparisons
        guard !comparisons.isEmpty else { return [] }
        return comparisons.filter { $0.measure != "accuracy" }.map(difference)
            + [limits(comparisons)]
    }

    private func difference(_ comparison: PairedComparison) -> String {
        let pairs = comparison.slices.pairs
        let mean = comparison.slices.difference.mean ?? 0
        let better = mean >= 0 ? "SegNet" : "U-Net"
        let head =
            "\(comparison.task.rawValue.capitalised), \(comparison.measure): on"
            + " \(count(pairs.count, "slice")) SegNet has \(text(pairs.map(\.segnet))) and U-Net"
            + " \(text(pairs.map(\.unet))) on average, \(better) more by \(figure(abs(mean)))"
        return head + evidence(comparison) + verdict(comparison) + foldSentence(comparison)
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
        let detectable = comparisons.filter { $0.measure != "accuracy" }.compactMap { comparison in
            comparison.detectable.map {
                "\(figure($0)) (\(comparison.task.rawValue), \(comparison.measure))"
            }
        }
        let most = comparisons.map(\.slices.pairs.count).max() ?? 0
        let power =
            detectable.isEmpty
            ? ""
            : " Given how the differences spread, they would show a mean difference in Dice of"
                + " at least \(detectable.joined(separator: ", ")) four times in five; smaller ones"
                + " they cannot tell from chance."
        return "What \(count(most, "slice")) can and cannot support: they rank the two networks as"
            + " trained here, on slices like these." + power
            + intervalLimits(comparisons) + foldLimits(comparisons)
            + " The data do not say which slices are of one patient; such slices resemble each other,"
            + " so the intervals are narrower than they should be, and nothing follows for other"
            + " patients, scanners or hospitals."
    }

    /// Unexplained, interval and test would seem to contradict each other.
    private func intervalLimits(_ comparisons: [PairedComparison]) -> String {
        let isSurprising = comparisons.contains { comparison in
            guard comparison.measure != "accuracy", let interval = comparison.interval,
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
