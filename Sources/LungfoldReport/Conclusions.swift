import LungfoldStudy

/// What the numbers support, in sentences.
struct Conclusions {
    let findings: Findings

    /// A paragraph each: what is marked, how Dice is compared, a class each, where a class is hardly
    /// found, and what so many slices can and cannot support; empty where the study has nothing to
    /// compare.
    var sentences: [String] {
        let comparisons = findings.comparisons
        guard !comparisons.isEmpty else { return [] }
        let dice = comparisons.filter { $0.measure != .accuracy }
        var all: [String] = []
        if let burden { all.append(burden) }
        if !dice.isEmpty { all.append(scope) }
        all += dice.map(difference)
        if let hardlyFound { all.append(hardlyFound) }
        return all + limits(comparisons)
    }

    private var scope: String {
        let outlines =
            findings.outcome.material == nil
            ? "Tested are accuracy and Dice."
            : "Tested are accuracy and Dice; outlines (HD95, boundary F1) are not."
        return "The Dice below are means over the single slices that have the class; those in the"
            + " table above are pooled over all pixels, weigh large lesions more and count false"
            + " alarms. The two can rank networks differently. " + outlines
    }

    private func difference(_ comparison: PairedComparison) -> String {
        let pairs = comparison.slices.pairs
        let head =
            "\(name(comparison, ofClass: { "\($0) (\($1))" }).capitalised): Dice on the"
            + " \(count(pairs.count, "slice")) with it is \(text(pairs.map(\.segnet))) for SegNet"
            + " and \(text(pairs.map(\.unet))) for U-Net; SegNet minus U-Net"
            + " \(text(comparison.slices.differences))"
        return head + evidence(comparison) + verdict(comparison) + foldSentence(comparison)
            + missed(comparison) + falseAlarms(comparison)
    }

    /// The class and the task of a comparison.
    private func name(
        _ comparison: PairedComparison, ofClass words: (String, String) -> String
    ) -> String {
        let index = comparison.measure.lesionClass
        return words(
            index.map { comparison.task.classNames[$0] } ?? comparison.title,
            comparison.task.rawValue)
    }

    private func missed(_ comparison: PairedComparison) -> String {
        let missed = comparison.missedByBothCount
        return missed == 0
            ? ""
            : " On \(missed) of the slices with it neither marks a single pixel of it correctly."
    }

    /// What was predicted on slices without the class, which the comparison leaves out.
    private func falseAlarms(_ comparison: PairedComparison) -> String {
        guard let (segnet, unet) = comparison.falseAlarms, segnet.sliceCount > 0 else { return "" }
        let head = " On the \(count(segnet.sliceCount, "slice")) without it, "
        if segnet.alarmCount == 0, unet.alarmCount == 0 { return head + "neither marks any." }
        func words(_ alarms: FalseAlarms, _ lead: String) -> String {
            if alarms.alarmCount == 0 { return "none" }
            let pixels = count(alarms.pixelCount, "pixel")
            return alarms.sliceCount == 1 ? pixels : "\(lead) \(alarms.alarmCount) (\(pixels))"
        }
        return head + "SegNet marks \(words(segnet, "some on")),"
            + " U-Net \(words(unet, segnet.alarmCount == 0 ? "some on" : "on"))."
    }

    private func evidence(_ comparison: PairedComparison) -> String {
        let interval = comparison.interval.map {
            "95 % interval \(figure($0.low)) to \(figure($0.high))"
        }
        let test = comparison.slicePHolm.map { "Wilcoxon after Holm \(probability($0))" }
        let parts = [interval, test].compactMap { $0 }
        return parts.isEmpty ? "" : " (\(parts.joined(separator: "; ")))"
    }

    private func verdict(_ comparison: PairedComparison) -> String {
        guard let p = comparison.slicePHolm else {
            return ": too few slices differ for a test."
        }
        return p < 0.05
            ? ": these trained networks differ on these slices."
            : ": no difference beyond chance, which does not show that there is none."
    }

    /// Networks that differ on these slices need not differ when they are trained anew.
    private func foldSentence(_ comparison: PairedComparison) -> String {
        guard let p = comparison.foldPHolm else { return "" }
        let differOnSlices = comparison.slicePHolm.map { $0 < 0.05 } ?? false
        let head = differOnSlices && p >= 0.05 ? "Trained anew they need not: over" : "Over"
        let folds = count(comparison.folds.pairs.count, "fold")
        return " \(head) the \(folds) the difference of pooled"
            + " Dice is \(text(comparison.folds.differences)) (corrected t test, after Holm:"
            + " \(probability(p))), which shows \(p < 0.05 ? "one" : "none")."
    }

    private func limits(_ comparisons: [PairedComparison]) -> [String] {
        let most = comparisons.map(\.slices.pairs.count).max() ?? 0
        let support =
            "What \(count(most, "slice")) can support: they compare the two networks as trained here,"
            + " on slices like these."
        let tests = [intervalLimits(comparisons), foldLimits(comparisons)].compactMap { $0 }
        var all = [support + power(comparisons)]
        if !tests.isEmpty { all.append(tests.joined(separator: " ")) }
        all.append(
            "What they cannot: nothing follows for other patients, scanners or hospitals. The data do"
                + " not say which slices are of one patient; such slices resemble each other, so the"
                + " intervals are narrower than they should be.")
        return all
    }

    /// How large a difference must be to be found; each stands in the table of the comparison.
    private func power(_ comparisons: [PairedComparison]) -> String {
        let dice = comparisons.filter { $0.measure != .accuracy }
        let known = dice.compactMap { comparison in
            comparison.detectable.map { (size: $0, name: name(comparison) { "\($0), \($1)" }) }
        }.sorted { $0.size < $1.size }
        let unknown = dice.filter { $0.detectable == nil }
            .map { name($0) { "\($0) (\($1))" } }
        func words(_ size: Double, _ name: String) -> String {
            let decimals = size < 0.01 ? Table.Cell.scoreDecimals : 2
            return "\(Table.Cell.real(size, decimals: decimals).shown) (\(name))"
        }
        var text = ""
        if let least = known.first, let greatest = known.last {
            let end = known.count == 1 ? "" : " to \(words(greatest.size, greatest.name))"
            text +=
                " A true difference in Dice smaller than about \(words(least.size, least.name))"
                + "\(end) can easily go unnoticed."
        }
        if !unknown.isEmpty {
            text +=
                " For \(unknown.joined(separator: " and ")) no such size can be given: the slices are"
                + " too few, or most differences are exactly 0."
        }
        return text
    }

    /// Unexplained, interval and test would seem to contradict each other.
    private func intervalLimits(_ comparisons: [PairedComparison]) -> String? {
        let isSurprising = comparisons.contains { comparison in
            guard comparison.measure != .accuracy, let interval = comparison.interval,
                let p = comparison.slicePHolm
            else { return false }
            return p >= 0.05 && (interval.low > 0 || interval.high < 0)
        }
        guard isSurprising else { return nil }
        return "An interval that leaves 0 out beside a test that shows no difference is no"
            + " contradiction: the interval is of the mean, which a few slices with large differences"
            + " move, and is not corrected for the number of comparisons."
    }

    private func foldLimits(_ comparisons: [PairedComparison]) -> String? {
        guard comparisons.contains(where: { $0.foldPHolm != nil }) else { return nil }
        return
            "The tests over slices take the trained networks as they are; the test over folds asks"
            + " whether networks trained anew would differ as well, and with so few folds only a large"
            + " and steady difference passes it."
    }

    private func text(_ values: [Double]) -> String { figure(Statistics(values).mean ?? 0) }

    /// A score as the tables show it, but no minus before a zero.
    func figure(_ value: Double) -> String {
        let shown = Table.Cell.score(value).shown
        return shown == Table.Cell.score(-0.0).shown ? Table.Cell.score(0).shown : shown
    }

    private func probability(_ p: Double) -> String {
        let shown = Table.Cell.probability(p).shown
        if shown == Table.Cell.probability(1).shown { return "p = 1" }
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
