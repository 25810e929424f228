import LungfoldReport
import LungfoldStudy
import Testing

/// What stands over pictures and in their alternative texts.
@Suite("Pictures' words")
struct PictureTests {
    private func page() throws -> String {
        try #require(
            try Report(outcome: Sample.illustrated()).files()
                .first { $0.path.hasSuffix("index.html") }
        ).text
    }

    @Test("Every panel has its heading, every tile of a sheet its slice")
    func headings() throws {
        let page = try page()
        let panels = "<span>slice</span><span>truth</span><span>SegNet</span><span>U-Net</span>"
        #expect(page.split(separator: panels).count - 1 == 6)
        #expect(page.contains("<p class=\"panels\"><span>slice</span><span>labels</span></p>"))
        let sheets = page.components(separatedBy: "style=\"grid-template: repeat(2,1fr)")
            .dropFirst()
        #expect(sheets.count == 2)
        for sheet in sheets {
            let tiles =
                sheet.prefix { $0 != "/" }.isEmpty
                ? "" : String(sheet[..<(try #require(sheet.firstRange(of: "</div>")).lowerBound)])
            let numbers = tiles.split(separator: "<span>").dropFirst()
                .compactMap { Int($0.prefix { $0 != "<" }) }
            #expect(numbers.count == 15 && Set(numbers) == Set(1...15))
        }
    }

    @Test("Captions say what is shown, and in what order")
    func captions() throws {
        let page = try page()
        for text in [
            "Of all slices it is the one with the most classes",
            "runs from 0 (black, below) to 15 slices (white, above)",
            "Ordered by the mean Dice of the networks, all lesions as one class.",
            "SegNet, binary: all 15 test slices, the worst first.",
        ] {
            #expect(page.contains(text), "\(text)")
        }
    }

    @Test("Alternative texts are counted from the slices")
    func alternatives() throws {
        let page = try page()
        for text in [
            // Dice of SegNet is 8/12 on all slices; of U-Net 16/17 on even ones and 1 on odd ones.
            "Errors on 15 slices, small. Dice of all lesions: worst 0.6667 (slice 1), median 0.6667,"
                + " best 0.6667 (slice 15)",
            "worst 0.9412 (slice 2), median 1.0000, best 1.0000 (slice 15)",
            "in lesion pixels: SegNet found 4, added 0, missed 4; U-Net found 8, added 1, missed 0",
            "its labels in colour, in pixels: ground-glass opacity 8, consolidation 0",
            "8 of 16 pixels are a lesion in a slice or more, the most frequent in 15 of 15",
        ] {
            #expect(page.contains(text), "\(text)")
        }
    }

    @Test("Confusion matrices show what they count, and are files too")
    func confusion() throws {
        let report = Report(outcome: try Sample.illustrated())
        let page = try page()
        // 15 slices of 16 pixels, of which SegNet misses 4 of 8.
        #expect(page.contains("50.0 %<small>60</small>"))
        let files = try report.files()
        func file(_ kind: String) throws -> String {
            try #require(
                files.first { $0.path == "report/tables/confusion-segnet-binary.\(kind)" }
            ).text
        }
        #expect(try file("csv").contains("infected,60,60,50.0,50.0"))
        #expect(try file("md").contains("| infected   |"))
        #expect(try file("tex").contains("infected & 60 & 60 & 50.0 & 50.0"))
    }
}
