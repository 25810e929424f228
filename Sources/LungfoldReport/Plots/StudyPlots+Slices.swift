import LungfoldStudy

/// What the paper has no plots of.
extension StudyPlots {
    /// Every fold a point, the mean a line.
    func folds(_ task: SegmentationTask, _ groups: [GroupFindings]) -> Plot? {
        guard groups.contains(where: { !($0.folds?.values(.dice, ofClass: 1) ?? []).isEmpty })
        else {
            return nil
        }
        var data = PlotData()
        for (place, group) in groups.enumerated() {
            let shift = (Double(place) - Double(groups.count - 1) / 2) * 0.3
            let values = task.lesionClasses.map {
                ($0, group.folds?.values(.dice, ofClass: $0) ?? [])
            }
            data.add(
                "\(group.title): class, place, Dice of a fold",
                values.flatMap { index, folds in
                    zip(folds, sideways(folds.count)).map { dice, aside in
                        ["\(index)", "\(Double(index) + shift + aside)", datum(dice)]
                    }
                })
            data.add(
                "\(group.title): class, place, mean Dice of the folds",
                values.map { index, folds in
                    ["\(index)", "\(Double(index) + shift)", datum(Statistics(folds).mean)]
                })
        }
        let file = "\(name(task, "folds")).dat"
        let series = groups.enumerated().flatMap { index, group in
            [
                "\"\(file)\" index \(2 * index) using 2:3 with points \(style(group.network))"
                    + " title \"\(group.network.title)\"",
                "\"\(file)\" index \(2 * index + 1) using ($2-0.1):3:(0.2):(0) with vectors nohead"
                    + " linewidth 2 linecolor rgb \"\(group.network.colour)\" notitle",
            ]
        }
        let tics = task.lesionClasses.map { "\"\(task.classNames[$0])\" \($0)" }
        return Plot(
            name: name(task, "folds"),
            caption:
                "Dice of each class in each fold, \(task.rawValue): every fold a point, beside"
                + " one another in the order of the folds; the line is their mean.",
            alternative: groups.map { group in
                let means = task.lesionClasses.map { index in
                    let folds = Statistics(group.folds?.values(.dice, ofClass: index) ?? [])
                    return "\(task.classNames[index]) \(folds.mean.map(rounded) ?? "undefined")"
                }
                return "\(group.network.title), means: \(means.joined(separator: ", "))"
            }.joined(separator: "; "),
            width: task == .binary ? 420 : 680, height: 340, data: data.text,
            commands: """
                set ylabel "Dice"
                set yrange [0:1]
                set xrange [0.4:\(Double(task.classCount) - 0.4)]
                set xtics (\(tics.joined(separator: ", ")))
                plot \(series.joined(separator: ", \\\n  "))
                """)
    }

    /// How far to the side of their place the points of folds lie, so that none hides another.
    private func sideways(_ count: Int) -> [Double] {
        let step = min(0.035, 0.16 / Double(max(1, count - 1)))
        return (0..<count).map { (Double($0) - Double(count - 1) / 2) * step }
    }

    /// Dice against the lesion's size.
    func lesionSize(_ task: SegmentationTask, _ groups: [GroupFindings]) -> Plot? {
        scatter(
            task, groups, "lesion-size",
            caption:
                "Dice of all lesions of a slice against their true size, \(task.rawValue): every"
                + " test slice of the best experiments.",
            commands: """
                set xlabel "True lesion pixels"
                set ylabel "Dice"
                set logscale x
                set yrange [-0.02:1.02]
                """, axes: ("true lesion pixels", "Dice")
        ) { slice in
            guard slice.lesion.truth > 0, let dice = slice.lesionDice else { return nil }
            return (Double(slice.lesion.truth), dice)
        }
    }

    /// Lesion burden, truth against prediction.
    func burden(_ task: SegmentationTask, _ groups: [GroupFindings]) -> Plot? {
        let shares = groups.flatMap(\.slices).compactMap(\.burden).flatMap {
            [$0.truth, $0.prediction].compactMap { $0 }
        }
        // Both axes end at the tenth at or above the greatest share.
        let end = max(0.1, ((shares.max() ?? 1) * 10).rounded(.up) / 10)
        return scatter(
            task, groups, "burden", size: (440, 440),
            caption: "Lesion burden as a share of"
                + " \(findings.lungs.basis.phrase), \(task.rawValue): truth against"
                + " prediction, a point a slice. On the line both are equal.",
            commands: """
                set xlabel "True burden"
                set ylabel "Predicted burden"
                set xrange [0:\(end)]
                set yrange [0:\(end)]
                set size square
                """, extra: "x with lines linecolor rgb \"#808080\" dashtype 2 notitle",
            axes: ("true burden", "predicted burden")
        ) { slice in
            slice.burden?.truth.flatMap { truth in
                slice.burden?.prediction.map { (truth, $0) }
            }
        }
    }

    private func scatter(
        _ task: SegmentationTask, _ groups: [GroupFindings], _ what: String,
        size: (width: Int, height: Int) = (520, 360), caption: String, commands: String,
        extra: String? = nil, axes: (x: String, y: String),
        point: (SliceFindings) -> (Double, Double)?
    ) -> Plot? {
        let points = groups.map { group in
            group.slices.compactMap { slice in point(slice).map { (slice.number, $0.0, $0.1) } }
        }
        guard points.contains(where: { !$0.isEmpty }) else { return nil }
        var data = PlotData()
        for (group, points) in zip(groups, points) {
            data.add(
                "\(group.title): x, y, slice", points.map { [datum($0.1), datum($0.2), "\($0.0)"] })
        }
        let series = groups.enumerated().map { index, group in
            "\"\(name(task, what)).dat\" index \(index) using 1:2 with points"
                + " \(style(group.network)) title \"\(group.network.title)\""
        }
        return Plot(
            name: name(task, what), caption: caption,
            alternative: zip(groups, points).map { group, points in
                "\(group.network.title): \(points.count) slices, \(axes.x) "
                    + spread(points.map(\.1)) + ", \(axes.y) " + spread(points.map(\.2))
            }.joined(separator: "; ") + ". Every slice is in the table of slices.",
            width: size.width, height: size.height, data: data.text,
            commands: commands + "\nplot "
                + ((extra.map { [$0] } ?? []) + series).joined(separator: ", \\\n  "))
    }

    /// The least, the middle and the greatest of some values.
    private func spread(_ values: [Double]) -> String {
        let sorted = values.sorted()
        guard let least = sorted.first, let most = sorted.last else { return "none" }
        func shown(_ value: Double) -> String {
            most > 1 ? "\(Int(value.rounded()))" : rounded(value)
        }
        return "\(shown(least)) to \(shown(most)) (median \(shown(percentile(sorted, 0.5))))"
    }

    /// One network's Dice against the other's, on each slice that has lesions.
    func pairs(_ task: SegmentationTask, _ groups: [GroupFindings]) -> Plot? {
        guard groups.count == 2 else { return nil }
        let others = Dictionary(
            groups[1].slices.map { ($0.number, $0) }, uniquingKeysWith: { first, _ in first })
        let pairs = groups[0].slices.compactMap { slice -> (a: Double, b: Double, number: Int)? in
            guard slice.lesion.truth > 0, let a = slice.lesionDice,
                let b = others[slice.number]?.lesionDice
            else { return nil }
            return (a, b, slice.number)
        }
        guard !pairs.isEmpty else { return nil }
        let (first, second) = (groups[0].network.title, groups[1].network.title)
        var data = PlotData()
        data.add(
            "Dice of \(first), Dice of \(second), slice",
            pairs.map { [datum($0.a), datum($0.b), "\($0.number)"] })
        return Plot(
            name: name(task, "pairs"),
            caption:
                "Dice of all lesions of a slice, \(task.rawValue): \(first) against \(second), a point"
                + " a slice that has lesions. Above the line \(second) is better.",
            alternative: "\(second) is better on \(pairs.count { $0.b > $0.a }) of \(pairs.count)"
                + " slices, \(first) on \(pairs.count { $0.a > $0.b }). Dice of \(first)"
                + " \(spread(pairs.map(\.a))), of \(second) \(spread(pairs.map(\.b))).",
            width: 420, height: 380, data: data.text,
            commands: """
                set xlabel "\(first), Dice"
                set ylabel "\(second), Dice"
                set xrange [-0.02:1.02]
                set yrange [-0.02:1.02]
                set size square
                unset key
                plot x with lines linecolor rgb "#808080" dashtype 2, \\
                  "\(name(task, "pairs")).dat" using 1:2 with points pointtype 7 pointsize 0.6 \\
                  linecolor rgb "#009e73"
                """)
    }
}
