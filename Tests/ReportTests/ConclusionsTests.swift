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
        // 48 true pixels of 15 * 16; SegNet marks 22 and one more, U-Net 44 and eight more.
        #expect(
            sentences[0]
                == "SegNet (binary) marks too little: of the whole slice, for want of a lung mask,"
                + " 20 % are lesion on average; SegNet marks 9.6 %, U-Net 22 %.")
        #expect(sentences[1].hasPrefix("The Dice below are means over the single slices"))
        #expect(sentences[1].hasSuffix("Tested are accuracy and Dice."))
        for text in [
            "Infected (binary): Dice on the 12 slices with it is 0.6111 for SegNet and 0.9167 for"
                + " U-Net; SegNet minus U-Net -0.3056 (95 % interval -0.",
            "; Wilcoxon after Holm p = 0.0020): these trained networks differ on these slices.",
            "On 1 of the slices with it neither marks a single pixel of it correctly.",
            "On the 3 slices without it, SegNet marks some on 1 (1 pixel), U-Net on 2 (8 pixels).",
            "ver the 5 folds the difference of pooled Dice is -0.",
            " (corrected t test, after Holm: p",
        ] {
            #expect(sentences[2].contains(text), "\(text)")
        }
        let limits = sentences.suffix(3).joined(separator: "\n")
        for text in [
            "What 15 slices can support: they compare the two networks as trained here",
            // 0.0856 in the table.
            "A true difference in Dice smaller than about 0.09 (infected, binary) can easily go"
                + " unnoticed.",
            "\nThe tests over slices take the trained networks as they are",
            "with so few folds only a large and steady difference passes it",
            "\nWhat they cannot: nothing follows for other patients, scanners or hospitals.",
        ] {
            #expect(limits.contains(text), "\(text)")
        }
        #expect(!limits.contains("no such size"))
        #expect(!limits.contains("no contradiction"))
    }

    @Test("A class that is hardly found in some fold, in all, in none")
    func hardlyFound() throws {
        let missed = try #require(
            try Study.splits(for: .grid, sliceCount: 15, seed: 1).first
        ).test
        func outcome(_ isMissed: (Int) -> Bool) throws -> StudyOutcome {
            try Sample.binaryGrid { network, slice in
                ConfusionMatrix(
                    rows: network == .unet && isMissed(slice)
                        ? [[12, 0], [4, 0]] : [[12, 0], [2, 2]])
            }
        }
        let head = "U-Net (binary) hardly finds infected pixels in"
        // 0 in a fold and 0.5 in four: 0.4 on average.
        #expect(
            try sentences(outcome { missed.contains($0) }).contains(
                "\(head) 1 of 5 folds (sensitivity 0.0000): its mean over the folds describes no"
                    + " single fold."))
        #expect(
            try sentences(outcome { _ in true }).contains(
                "\(head) any of 5 folds (sensitivity 0.0000, 0.0000, 0.0000, 0.0000, 0.0000)."))
        #expect(try !sentences(outcome { _ in false }).contains { $0.contains("hardly finds") })
    }

    @Test("Too much is marked; what a network would score that finds nothing")
    func baseline() throws {
        let outcome = try Sample.binaryGrid { _, _ in ConfusionMatrix(rows: [[9, 3], [0, 4]]) }
        #expect(
            try sentences(outcome)[0]
                == "Both networks mark too much: of the whole slice, for want of a lung mask,"
                + " 25 % are lesion on average; SegNet marks 44 %, U-Net 44 %.")
        let overview = try table("overview", outcome)
        #expect(
            overview.notes.contains(
                "Calling every pixel healthy would score an accuracy of 0.7500: 75 % of all pixels"
                    + " are healthy. Read Dice and sensitivity, not accuracy."))
        #expect(overview.columns.last?.fullTitle == "Dice, pooled infected")
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
        // Both mark 2 of 4 pixels on each slice: 2/16 of it.
        #expect(
            sentences[0]
                == "Both networks mark too little: of the whole slice, for want of a lung mask,"
                + " 25 % are lesion on average; SegNet marks 12 %, U-Net 12 %.")
        let text = sentences.joined(separator: "\n")
        #expect(
            text.contains(
                "is 0.6667 for SegNet and 0.6667 for U-Net; SegNet minus U-Net 0.0000"))
        #expect(text.contains(": too few slices differ for a test."))
        #expect(!text.contains("without it"))
        #expect(
            text.contains(
                " For infected (binary) no such size can be given: the slices are too few, or most"
                    + " differences are exactly 0."))
        #expect(!text.contains("A true difference"))
    }

    @Test("A study whose slices have no lesion compares no Dice")
    func noLesion() throws {
        let outcome = try Sample.binaryGrid { network, _ in
            ConfusionMatrix(rows: [network == .unet ? [15, 1] : [16, 0], [0, 0]])
        }
        #expect(try table("comparison", outcome).rows.map { $0[1] } == [.text("accuracy")])
        let sentences = try sentences(outcome)
        #expect(sentences.first?.hasPrefix("What 15 slices can support") == true)
        #expect(!sentences.contains { $0.contains("Dice") })
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
