import LungfoldStudy

extension Conclusions {
    /// The lesion burden of a network and task, as the table of burdens has it.
    private struct Burden {
        let network: NetworkKind
        let task: SegmentationTask
        let truth: Double
        let prediction: Double

        var ratio: Double { prediction / truth }
        var title: String { "\(network.title) (\(task.rawValue))" }

        /// Nil where it is not known, or where no slice has a lesion.
        init?(_ group: GroupFindings) {
            let burdens = group.slices.compactMap(\.burden).filter { $0.truth != nil }
            guard let truth = Statistics(burdens.map(\.truth)).mean, truth > 0,
                let prediction = Statistics(burdens.map(\.prediction)).mean
            else { return nil }
            (network, task) = (group.network, group.task)
            (self.truth, self.prediction) = (truth, prediction)
        }
    }

    /// Whether too much is marked as lesion, or too little; nil where burdens are not known.
    var burden: String? {
        let burdens = findings.groups.compactMap(Burden.init)
        guard let first = burdens.first else { return nil }
        let head = judgement(burdens)
        let region = "\(head.isEmpty ? "Of" : "of") \(findings.lungs.basis.phrase), "
        // Networks that are not finished on all slices may have seen others.
        guard burdens.allSatisfy({ percentage($0.truth) == percentage(first.truth) }) else {
            let each = burdens.map {
                "\($0.title) marks \(percentage($0.prediction)) where \(percentage($0.truth)) are"
                    + " lesion"
            }
            return head + region + "on average, " + each.joined(separator: "; ") + "."
        }
        return head + region + "\(percentage(first.truth)) are lesion on average; "
            + marked(burdens) + "."
    }

    /// Who marks far more or far less than there is; empty where nobody does.
    private func judgement(_ burdens: [Burden]) -> String {
        let networks = findings.study.networks.filter { network in
            burdens.contains { $0.network == network }
        }
        func words(_ flagged: [Burden], _ how: String) -> String? {
            guard !flagged.isEmpty else { return nil }
            if flagged.count == burdens.count, networks.count == 2 {
                return "both networks mark \(how)"
            }
            let verb = flagged.count == 1 ? "marks" : "mark"
            return "\(listing(flagged.map(\.title))) \(verb) \(how)"
        }
        let parts = [
            words(burdens.filter { $0.ratio > 1.25 }, "too much"),
            words(burdens.filter { $0.ratio < 0.8 }, "too little"),
        ].compactMap { $0 }
        return parts.isEmpty ? "" : parts.joined(separator: ", ").capitalised + ": "
    }

    /// `SegNet marks 59 % (binary) and 73 % (multiclass), U-Net 59 % and 85 %`.
    private func marked(_ burdens: [Burden]) -> String {
        var lastTasks: [SegmentationTask] = []
        var parts: [String] = []
        for network in findings.study.networks {
            let own = burdens.filter { $0.network == network }
            guard !own.isEmpty else { continue }
            let tasks = own.map(\.task)
            let isNamed = findings.study.tasks.count > 1 && tasks != lastTasks
            let shares = own.map { burden in
                percentage(burden.prediction) + (isNamed ? " (\(burden.task.rawValue))" : "")
            }
            let verb = parts.isEmpty ? " marks" : ""
            parts.append("\(network.title)\(verb) \(listing(shares))")
            lastTasks = tasks
        }
        return parts.joined(separator: ", ")
    }

    /// The classes that a network hardly finds in some fold; nil without any.
    var hardlyFound: String? {
        let sentences = findings.groups.flatMap { group in
            group.task.lesionClasses.compactMap { sentence(group, hardlyFinding: $0) }
        }
        return sentences.isEmpty ? nil : sentences.joined(separator: " ")
    }

    private func sentence(_ group: GroupFindings, hardlyFinding index: Int) -> String? {
        // Folds whose truth lacks the class have no sensitivity.
        let values = group.folds?.values(.sensitivity, ofClass: index).compactMap { $0 } ?? []
        let low = values.filter { $0 < 0.05 }
        guard !low.isEmpty, let mean = Statistics(values).mean else { return nil }
        let name = group.task.classNames[index]
        let pixels = group.task == .binary ? "\(name) pixels" : name
        let folds =
            if values.count == 1 {
                "its one fold"
            } else if low.count == values.count {
                "any of \(values.count) folds"
            } else {
                "\(low.count) of \(values.count) folds"
            }
        var consequence = ""
        if low.count < values.count {
            let describesNone = values.allSatisfy { abs($0 - mean) > 0.05 }
            consequence = ": its mean over the folds "
            consequence += describesNone ? "describes no single fold" : "hides this"
        }
        return "\(group.network.title) (\(group.task.rawValue)) hardly finds \(pixels) in \(folds)"
            + " (sensitivity \(low.map(figure).joined(separator: ", ")))\(consequence)."
    }

    /// `a, b and c`.
    private func listing(_ words: [String]) -> String {
        guard let last = words.last, words.count > 1 else { return words.first ?? "" }
        return words.dropLast().joined(separator: ", ") + " and " + last
    }
}

/// A share in per cent, whole where that says enough.
func percentage(_ share: Double) -> String {
    let percent = 100 * share
    let isWhole = (9.95..<99.5).contains(percent)
    return Table.Cell.real(percent, decimals: isWhole ? 0 : 1).shown + " %"
}
