import LungfoldReport
import LungfoldStudy
import Testing

/// The sentences of the page against slices whose figures are counted by hand.
@Suite("Conclusions in words")
struct ConclusionsTests {
    /// 15 slices of 16 pixels, a lesion of 4 on the first 12. SegNet finds half of it, U-Net all, and
    /// neither any of slice 12; on the others U-Net sees 5 and 3 pixels that are none, SegNet one.
    private func outcome() throws -> StudyOutcome {
        try Sample.binaryGrid { network, slice in
            switch (slice, network) {
            case (1...11, .segnet): ConfusionMatrix(rows: [[12, 0], [2, 2]])
            case (1...11, .unet): ConfusionMatrix(rows: [[12, 0], [0, 4]])
            case (12, _): ConfusionMatrix(rows: [[12, 0], [4, 0]])
            case (13, .unet): ConfusionMatrix(rows: [[11, 5], [0, 0]])
            case (14, .unet): ConfusionMatrix(rows: [[13, 3], [0, 0]])
            case (15, .segnet): ConfusionMatrix(rows: [[15, 1], [0, 0]])
            default: ConfusionMatrix(rows: [[16, 0], [0, 0]])
            }
        }
    }

    /// The section on the page, its paragraphs.
    private func sentences(_ outcome: StudyOutcome) throws -> [String] {
        let page = try #require(
            try Report(outcome: outcome).files().first { $0.path.hasSuffix("index.html") }
        ).text
        let start = try #require(page.firstRange(of: "<h3 id=\"conclusions\">"))
        let rest = page[start.upperBound...]
        let end = try #require(rest.firstRange(of: "</section>"))
        return rest[..<end.lowerBound].split(separator: "<p>").dropFirst()
            .map { String($0.prefix { $0 != "<" }) }
    }

    private func table(_ name: String, _ outcome: StudyOutcome) throws -> Table {
        try #require(Report(outcome: outcome).tables.first { $0.name == name })
    }

    @Test("A class is compared where the truth has it; what is seen elsewhere is a false alarm")
    func comparison() throws {
        let rows = try table("comparison", outcome()).rows
        // Dice 2/3 and 1 on eleven slices, 0 and 0 on the twelfth.
        let dice = try #require(rows.last)
        #expect(dice[2] == .integer(12))
        try expect(dice[3], 11 * (2.0 / 3) / 12)
        try expect(dice[4], 11.0 / 12)
        try expect(dice[5], -11.0 / 36)
        // 2 of the 2^11 sign patterns; twice that by Holm, of two tests.
        #expect(dice[8] == .probability(2.0 / 2048) && dice[9] == .probability(4.0 / 2048))
        // (norm.ppf(1 - 0.05 / 4) + norm.ppf(0.8)) std(ddof=1) / sqrt(12) by SciPy and NumPy.
        try expect(dice[10], 0.08563955447716282)
        // Accuracy differs on 14 slices: rank sums 27 and 78; 2^14 sign patterns counted in Python.
        let accuracy = rows[0]
        #expect(accuracy[2] == .integer(15))
        #expect(accuracy[8] == .probability(0.0693359375))
        let alarms = try table("false-alarms", outcome()).rows
        #expect(
            alarms.map { Array($0[3...5]) } == [
                [.integer(3), .integer(1), .integer(1)], [.integer(3), .integer(2), .integer(8)],
            ])
    }

    @Test("The sentences say so")
    func sentences() throws {
        let sentences = try sentences(outcome())
        #expect(sentences.count == 2)
        for text in [
            "Binary, Dice, infected: on the 12 slices that have it, SegNet has 0.6111 and U-Net 0.9167"
                + " on average, U-Net more by 0.3056 (95 % interval 0.",
            "; Wilcoxon, after Holm: p = 0.0020); these slices show a difference.",
            "Neither network finds any of it on 1 of them.",
            "Of the 3 slices without it, SegNet sees it on 1 (1 pixel in all), U-Net on 2 (8 pixels in"
                + " all).",
            "Over 5 folds, which share training slices, the corrected t test has p",
        ] {
            #expect(sentences[0].contains(text), "\(text)")
        }
        for text in [
            "What 15 slices can and cannot support: they rank the two networks as trained here",
            "If the true mean difference in Dice were 0.0856 (binary, Dice, infected), a test of so many"
                + " slices would find it four times in five",
            "a two-sided test at 0.0250: the level of 0.05 shared by 2 tests",
            "with so few folds only a large and steady difference passes it",
            "nothing follows for other patients, scanners or hospitals",
        ] {
            #expect(sentences[1].contains(text), "\(text)")
        }
        #expect(!sentences[1].contains("no such forecast"))
        #expect(!sentences[1].contains("no contradiction"))
    }

    @Test("A network that predicts nothing on a slice without lesions spares its rival nothing")
    func predictionsDoNotChooseSlices() throws {
        // The same, but SegNet has its one pixel on slice 13, beside U-Net's five, or nowhere.
        let pairs = try [13, 15, 16].map { place in
            let rows = try table(
                "comparison",
                Sample.binaryGrid { network, slice in
                    if slice <= 12 {
                        return network == .segnet
                            ? ConfusionMatrix(rows: [[12, 0], [2, 2]])
                            : ConfusionMatrix(rows: [[12, 0], [1, 3]])
                    }
                    let pixels = network == .unet ? 5 : (slice == place ? 1 : 0)
                    return ConfusionMatrix(rows: [[16 - pixels, pixels], [0, 0]])
                }
            ).rows
            return Array(try #require(rows.last)[2...5])
        }
        #expect(pairs[0] == pairs[1] && pairs[1] == pairs[2])
        #expect(pairs[0][0] == .integer(12))
    }

    @Test("Networks that do the same: no test, no forecast, and neither is better")
    func equal() throws {
        let sentences = try sentences(
            Sample.binaryGrid { _, _ in ConfusionMatrix(rows: [[12, 0], [2, 2]]) })
        #expect(
            sentences[0].contains("SegNet has 0.6667 and U-Net 0.6667 on average, neither more"))
        #expect(sentences[0].contains("; too few slices differ for a test."))
        #expect(!sentences[0].contains("without it"))
        #expect(
            sentences[1].contains(
                " For binary, Dice, infected there is no such forecast: the slices are too few, or"
                    + " most differences are exactly 0."))
        #expect(!sentences[1].contains("If the true mean difference"))
    }

    @Test("A study whose slices have no lesion compares no Dice")
    func noLesion() throws {
        let outcome = try Sample.binaryGrid { network, _ in
            ConfusionMatrix(rows: [network == .unet ? [15, 1] : [16, 0], [0, 0]])
        }
        #expect(try table("comparison", outcome).rows.map { $0[1] } == [.text("accuracy")])
        #expect(try sentences(outcome).count == 1)
        #expect(
            try table("false-alarms", outcome).rows.map { $0[4] } == [.integer(0), .integer(15)])
    }

    private func expect(
        _ cell: Table.Cell, _ value: Double, within tolerance: Double = 1e-12,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        guard case .real(let shown, _) = cell else {
            Issue.record("\(cell) is no number", sourceLocation: sourceLocation)
            return
        }
        #expect(abs(shown - value) <= tolerance, sourceLocation: sourceLocation)
    }
}
