import LungfoldStudy

/// The pictures of a report, where the study's slices were kept.
struct StudyPictures {
    let findings: Findings
    /// The slices as they are shown.
    let material: SliceMaterial
    /// Whether rows and columns are exchanged for that.
    private let isLying: Bool

    /// Between panels, in pixels.
    private var gap: Int { max(1, material.size / 64) }
    /// The slices that are shown large, worst first.
    private let worstCount = 6

    init?(_ findings: Findings) {
        guard let material = findings.outcome.material, !material.labels.isEmpty else { return nil }
        self.findings = findings
        isLying = material.isLying
        self.material = isLying ? material.transposed : material
    }

    // MARK: The paper's figures

    /// Fig. 1: a slice, the same masked to the lungs, its labels.
    var figure1: Picture {
        let index = richestSlice
        var panels = [material.unmasked?[index], material.images[index]].compactMap { $0 }
            .map(grey)
        panels.append(labelled(index))
        let labels = SegmentationTask.multiclass.classNames.indices.dropFirst().map { label in
            let count = material.labels[index].count { $0 == label }
            return "\(SegmentationTask.multiclass.classNames[label]) \(count)"
        }
        let what =
            material.unmasked == nil
            ? "slice \(index + 1) as the networks see it, its labels"
            : "slice \(index + 1), the same masked to the lungs, its labels"
        return Picture(
            name: "fig1",
            caption: "Fig. 1. From left: \(what). Of all slices it is the one with the most"
                + " classes, and of several such the one with the most lesion pixels.",
            alternative: "CT slice \(index + 1) and its labels in colour, in pixels:"
                + " \(labels.joined(separator: ", "))",
            raster: row(panels),
            headings: panels.count == 3
                ? ["slice", "masked to the lungs", "labels"] : ["slice", "labels"])
    }

    /// Fig. 2: how often each pixel is a lesion, over all slices.
    var figure2: Picture {
        let size = material.size
        var counts = [Int](repeating: 0, count: size * size)
        for labels in material.labels {
            for (index, label) in labels.enumerated() where label != 0 { counts[index] += 1 }
        }
        let most = counts.max() ?? 0
        let bar = max(1, size / 20)
        var raster = Raster(
            width: size + gap + bar, height: size, filled: Colour(128, 128, 128))
        var map = Raster(width: size, height: size, filled: Self.hot(0))
        for (index, count) in counts.enumerated() where count > 0 {
            map.blend(Self.hot(Double(count) / Double(max(1, most))), at: index, opacity: 1)
        }
        raster.put(map, row: 0, column: 0)
        for line in 0..<size {
            let colour = Self.hot(1 - Double(line) / Double(max(1, size - 1)))
            raster.put(
                Raster(width: bar, height: 1, filled: colour), row: line, column: size + gap)
        }
        return Picture(
            name: "fig2",
            caption: "Fig. 2. Lesion labels of all \(material.labels.count) slices summed. The bar"
                + " on the right runs from 0 (black, below) to \(most) slices (white, above).",
            alternative: "A map of where lesions lie: \(counts.count { $0 > 0 }) of \(counts.count)"
                + " pixels are a lesion in a slice or more, the most frequent in \(most) of"
                + " \(material.labels.count)",
            raster: raster, isWide: false)
    }

    /// MATLAB's colour map `hot`: black, red, yellow, white.
    private static func hot(_ share: Double) -> Colour {
        func channel(_ start: Double, _ length: Double) -> UInt8 {
            UInt8((255 * min(max((share - start) / length, 0), 1)).rounded())
        }
        return Colour(channel(0, 0.375), channel(0.375, 0.375), channel(0.75, 0.25))
    }

    private var richestSlice: Int {
        func richness(_ labels: [UInt8]) -> (Int, Int) {
            (Set(labels).count, labels.count { $0 != 0 })
        }
        let rich = material.labels.map(richness)
        return rich.indices.reduce(0) { rich[$1] > rich[$0] ? $1 : $0 }
    }

    // MARK: Errors

    /// The slices that the networks did worst on, each a row: truth, then each network's errors.
    func worst(_ task: SegmentationTask) -> [Picture] {
        let groups = findings.groups.filter { $0.task == task && !$0.slices.isEmpty }
        let shown = groups.map { group in
            Dictionary(
                group.slices.filter { $0.prediction != nil && $0.lesionDice != nil }
                    .map { ($0.number, $0) }, uniquingKeysWith: { first, _ in first })
        }
        let numbers = Set(shown.flatMap(\.keys)).map { number in
            (Statistics(shown.map { $0[number]?.lesionDice }).mean ?? 1, number)
        }.sorted { $0 < $1 }.prefix(worstCount)
        return numbers.compactMap { _, number in
            worst(number, groups, shown.map { $0[number] }, task)
        }
    }

    private func worst(
        _ number: Int, _ groups: [GroupFindings], _ slices: [SliceFindings?],
        _ task: SegmentationTask
    ) -> Picture? {
        guard material.labels.indices.contains(number - 1) else { return nil }
        var panels = [grey(material.images[number - 1]), labelled(number - 1)]
        var headings = ["slice", "truth"]
        var figures: [String] = []
        var counts: [String] = []
        for (group, slice) in zip(groups, slices) {
            guard let slice else { continue }
            panels.append(errors(slice, task))
            figures.append("\(group.network.title) \(score(slice))")
            headings.append(group.network.title)
            counts.append(
                "\(group.network.title) found \(slice.lesion.truePositives), added"
                    + " \(slice.lesion.falsePositives), missed \(slice.lesion.falseNegatives)")
        }
        let split = slices.compactMap { $0?.split }.first ?? ""
        let isHealthy = slices.contains { $0?.lesion.truth == 0 }
        return Picture(
            name: "worst-\(task.rawValue)-slice\(number)",
            caption: "Slice \(number) (tested in \(split)): slice, truth"
                + (isHealthy ? " (no lesion), " : ", ") + figures.joined(separator: ", ")
                + ". Ordered by the \(groups.count > 1 ? "mean Dice of the networks" : "Dice"), all"
                + " lesions as one class.",
            alternative: "Errors on slice \(number), in lesion pixels:"
                + " \(counts.joined(separator: "; "))",
            raster: row(panels), headings: headings)
    }

    /// How well lesions of any class were found; where there are none, how many pixels were marked.
    private func score(_ slice: SliceFindings) -> String {
        guard slice.lesion.truth == 0 else {
            return "Dice \(Table.Cell.score(slice.lesionDice).shown)"
        }
        let count = slice.lesion.falsePositives
        return "\(count) falsely marked \(count == 1 ? "pixel" : "pixels")"
    }

    /// All test slices of a group with their errors, worst first.
    func contactSheet(_ group: GroupFindings) -> Picture? {
        let slices = group.worstFirst.filter { $0.prediction != nil }
        guard !slices.isEmpty else { return nil }
        let side = min(material.size, 80)
        let columns = min(10, slices.count)
        let rows = (slices.count + columns - 1) / columns
        var sheet = Raster(
            width: columns * (side + 2) - 2, height: rows * (side + 2) - 2,
            filled: Colour(128, 128, 128))
        for (place, slice) in slices.enumerated() {
            sheet.put(
                errors(slice, group.task).scaled(to: side), row: place / columns * (side + 2),
                column: place % columns * (side + 2))
        }
        let which =
            slices.count == group.slices.count
            ? "all \(slices.count) test slices"
            : "the \(slices.count) of \(group.slices.count) test slices with lesions, true or"
                + " predicted"
        return Picture(
            name: "sheet-\(group.name)",
            caption: "\(group.title): \(which), the worst first. Numbers are slices.",
            alternative: sheetWords(slices), raster: sheet,
            tiles: .init(columns: columns, labels: slices.map { "\($0.number)" }))
    }

    /// - Parameter slices: all with a Dice coefficient, the worst first.
    private func sheetWords(_ slices: [SliceFindings]) -> String {
        let dice = slices.compactMap(\.lesionDice)
        guard let worst = slices.first, let best = slices.last, !dice.isEmpty else { return "" }
        func shown(_ dice: Double?) -> String { Table.Cell.score(dice).shown }
        return "Errors on \(slices.count) slices, small. Dice of all lesions: worst"
            + " \(shown(worst.lesionDice)) (slice \(worst.number)), median"
            + " \(shown(percentile(dice, 0.5))), best \(shown(best.lesionDice))"
            + " (slice \(best.number))"
    }

    // MARK: Panels

    private func grey(_ values: [UInt8]) -> Raster { Raster(grey: values, side: material.size) }

    private func labelled(_ index: Int) -> Raster {
        var raster = grey(material.images[index])
        for (pixel, label) in material.labels[index].enumerated() where label != 0 {
            raster.blend(Palette.classes[Int(label) - 1], at: pixel, opacity: 0.7)
        }
        return raster
    }

    private func errors(_ slice: SliceFindings, _ task: SegmentationTask) -> Raster {
        let prediction = slice.prediction ?? []
        return ErrorPicture.raster(
            grey: material.images[slice.number - 1], labels: material.labels[slice.number - 1],
            prediction: isLying ? material.transposed(prediction) : prediction, task: task,
            size: material.size)
    }

    private func row(_ panels: [Raster]) -> Raster {
        let size = material.size
        var row = Raster(
            width: panels.count * (size + gap) - gap, height: size,
            filled: Colour(128, 128, 128))
        for (place, panel) in panels.enumerated() {
            row.put(panel, row: 0, column: place * (size + gap))
        }
        return row
    }
}
