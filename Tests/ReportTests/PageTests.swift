import Foundation
import LungfoldReport
import LungfoldStudy
import Testing

/// What the page adds to the tables: comparisons, pictures and plots.
@Suite("The page and its parts")
struct PageTests {
    @Test("Outlines, burden and lesion Dice of a slice, counted by hand")
    func slices() throws {
        let report = Report(outcome: try Sample.illustrated())
        let table = try #require(report.tables.first { $0.name == "slices" })
        // Slice 1 to 3: truth is the left half of 4 x 4; SegNet finds its left column alone.
        let row = try #require(table.rows.first)
        #expect(row[0] == .text("SegNet") && row[5] == .integer(8) && row[6] == .integer(4))
        #expect(row[7] == .real(8.0 / 12, decimals: 4))
        let burden = try #require(report.tables.first { $0.name == "burden" })
        #expect(burden.rows[0][3] == .real(0.5, decimals: 4))
        #expect(burden.rows[0][4] == .real(0.25, decimals: 4))
    }

    @Test("Pictures lie in the page, with alternative texts, and there are none without slices")
    func pictures() throws {
        func page(_ outcome: StudyOutcome) throws -> String {
            try #require(
                try Report(outcome: outcome).files().first { $0.path.hasSuffix("index.html") }
            ).text
        }
        var outcome = try Sample.illustrated()
        let with = try page(outcome)
        // Fig. 1 and 2, the six worst slices, a contact sheet for each network.
        #expect(with.split(separator: "<img src=\"data:image/png;base64,").count - 1 == 10)
        #expect(!with.contains("alt=\"\""))
        outcome.material = nil
        let without = try page(outcome)
        #expect(!without.contains("<img"))
        #expect(without.contains("no slices or predictions"))
    }

    @Test("Fig. 5 shows the classes of the best networks, and says whose weights are missing")
    func dreams() throws {
        var outcome = try Sample.illustrated()
        #expect(
            outcome.dreamedJobs.map(\.key) == ["segnet-binary-e1-fold1", "unet-binary-e1-fold1"])
        func page() throws -> String {
            try #require(
                try Report(outcome: outcome).files().first { $0.path.hasSuffix("index.html") }
            ).text
        }
        #expect(try !page().contains("figure-5"))
        var settings = DreamSettings()
        settings.size = 4
        outcome.dreams = [
            "unet-binary-e1-fold1": ClassDreams(
                settings: settings, layer: "final_conv",
                pictures: [Array(0..<16), Array(repeating: 200, count: 16)], before: [0.5, -1.254],
                after: [3, 12])
        ]
        let shown = try page()
        let parts = shown.components(separatedBy: "id=\"picture-fig5-")
        #expect(parts.count == 2 && parts[1].hasPrefix("unet-binary\""))
        for text in [
            "alt=\"What U-Net, binary looks for: patterns for healthy, infected\"",
            "healthy (0.50 → 3.00), infected (-1.25 → 12.00)",
            "3 octaves of up to 4 x 4 pixels", "10 steps in each",
            "no picture of <code>segnet-binary-e1-fold1</code>",
        ] {
            #expect(shown.contains(text), "\(text)")
        }
        #expect(!shown.contains("no picture of <code>unet"))
    }

    @Test("A picture that could not be made has its reason, and so has a file that was left out")
    func reasons() throws {
        var outcome = try Sample.illustrated()
        outcome.dreams = [:]
        outcome.dreamFailures["unet-binary-e1-fold1"] = "its activations are <no> numbers."
        outcome.unreadable = ["jobs/x/test-slices.nii.gz: is cut."]
        let files = try Report(outcome: outcome).files()
        #expect(files[0].text.contains("\"jobs/x/test-slices.nii.gz: is cut.\""))
        #expect(files[1].text.contains("<p>jobs/x/test-slices.nii.gz: is cut.</p>"))
        #expect(
            files[1].text.contains(
                "<code>unet-binary-e1-fold1</code>: its activations are &lt;no&gt; numbers.</p>"))
        #expect(files[1].text.contains("<code>segnet-binary-e1-fold1</code>: none was made.</p>"))
    }

    @Test("What the choice of the best experiment has seen of the test slices is said where it has")
    func independence() throws {
        func notes(_ study: Study, _ name: String) -> [String] {
            let tables = Report(outcome: StudyOutcome(study: study, results: [])).tables
            return tables.first { $0.name == name }?.notes ?? []
        }
        func study(_ protocol: StudyProtocol) throws -> Study {
            var study = try Sample.tiny(`protocol`, slices: 10)
            study.experiments = Sample.experiments
            return study
        }
        let (grid, paper) = (try study(.grid), try study(.paper))
        for name in ["selection", "table7"] {
            #expect(notes(grid, name).contains { $0.hasPrefix("The choice pools all folds") })
            #expect(notes(paper, name).contains { $0.hasPrefix("The folds test the slices") })
        }
        #expect(!notes(try study(.holdout), "selection").contains { $0.contains("a little") })
        var one = grid
        one.folds = [1]
        #expect(!notes(one, "table7").contains { $0.contains("a little") })
        // One experiment is no choice.
        let only = try Sample.tiny(.grid, slices: 10)
        #expect(!notes(only, "table7").contains { $0.contains("a little") })
    }

    @Test("The names of a report's files are known, and no others are taken for them")
    func ownNames() throws {
        for outcome in [try Sample.illustrated(), try Sample.partialGrid()] {
            let report = Report(outcome: outcome)
            var paths = try report.files().map(\.path)
                .filter { $0.hasPrefix("report/tables/") || $0.hasPrefix("report/figures/") }
            paths += report.plots.flatMap { plot in
                Plot.Terminal.allCases.map { "report/figures/\(plot.name).\($0.rawValue)" }
            }
            paths += outcome.meanEvents().map { "report/tensorboard/\($0.run)/\(EventFile.name)" }
            for path in paths { #expect(Report.canWrite(path), "\(path)") }
        }
        for path in [
            "report/tables/table3.xlsx", "report/tables/table8.csv", "report/tables/my-binary.csv",
            "report/tables/accuracy-binary.csv", "report/figures/accuracy.binary.svg.txt",
            "report/figures/-binary.svg", "tables/table3.csv", "report/index.html",
            "report/tensorboard/segnet-binary-e4-mean/notes",
            "report/tensorboard/segnet-binary-e4/\(EventFile.name)",
        ] {
            #expect(!Report.canWrite(path), "\(path)")
        }
    }

    @Test(
        "The command that repeats a study names what differs from the defaults, and hands files on")
    func repeatCommand() throws {
        func command(_ outcome: StudyOutcome) throws -> String {
            let page = try Report(outcome: outcome).files()[1].text
            let text = try #require(page.components(separatedBy: "<pre>").dropFirst().first)
            return try #require(text.components(separatedBy: "</pre>").first)
        }
        var outcome = StudyOutcome(
            study: Study(splits: try Study.splits(for: .grid, sliceCount: 10, seed: 1)), results: []
        )
        outcome.origin.preparation = SlicePreparation(hasLungMask: false)
        let start = "mpirun -n RANKS --bind-to none lungfold study --images IMAGES --labels LABELS"
        #expect(
            try command(outcome) == start + """
                 \\
                  --output NEW_FOLDER \\
                  --protocol grid --select-on validation \\
                  --seed 1
                """)
        outcome.origin.preparation = SlicePreparation(
            hasLungMask: true, window: .init(low: -1000, high: 400.5))
        #expect(
            try command(outcome).contains(
                "  --lungs LUNGS --window -1000.0,400.5 --output NEW_FOLDER"))
        outcome.origin.preparation = nil
        #expect(try command(outcome).hasPrefix("# This study did not record whether --lungs"))
        outcome.study.settings.seed = 2
        #expect(try command(outcome).contains("cp THIS_FOLDER/splits_final.json NEW_FOLDER/\n"))
        outcome.study = try Sample.grid()
        #expect(
            try command(outcome).contains(
                """
                segnet:
                  - {number: 1, learning-rate: 0.0001, mini-batch: 4}
                  - {number: 2, learning-rate: 0.0001, mini-batch: 8}
                unet:
                  - {number: 1, learning-rate: 0.0001, mini-batch: 2}
                  - {number: 10, learning-rate: 2e-05, mini-batch: 3}
                END

                """))
        #expect(
            try command(outcome).contains(
                "--experiments-file NEW_FOLDER.experiments.yaml --folds 1,2"))
    }

    @Test("A plot that was drawn lies in the page; of others it says how to get them")
    func plots() throws {
        let report = Report(outcome: try Sample.illustrated())
        let plot = try #require(report.plots.first)
        let svg = """
            <?xml version="1.0"?>
            <svg viewBox="0 0 1 1" xmlns="http://www.w3.org/2000/svg">
            <title>Gnuplot</title><path id='gpPt1' stroke='black'/><use xlink:href='#gpPt1'/></svg>
            """
        let files = try report.files(drawings: [plot.name: svg])
        let page = try #require(files.first { $0.path.hasSuffix("index.html") }).text
        #expect(page.contains("id='\(plot.name)-gpPt1' stroke='currentColor'"))
        #expect(page.contains("href='#\(plot.name)-gpPt1'"))
        #expect(!page.contains("Gnuplot</title>") && !page.contains("http://"))
        let needed = page.split(separator: "This plot needs gnuplot").count - 1
        #expect(needed == report.plots.count - 1)
        #expect(files.contains { $0.path == "report/figures/\(plot.dataFile)" })
    }

    @Test("Hosts, threads and times have a page of their own, which the report links to")
    func runPage() throws {
        let report = try Report(outcome: Sample.illustrated()).files()
        let page = try #require(report.first { $0.path.hasSuffix("index.html") }).text
        #expect(page.contains("<a href=\"run.html\">"))
        let start = Date(timeIntervalSince1970: 1_800_000_000)
        let account = try RunAccount(
            state: "finished", generation: 3, command: ["lungfold", "study", "--seed", "<1>"],
            started: start, ended: nil, ranks: [.init(host: "node1", threads: 4)],
            versions: ["MPI": "4.1.4"],
            trainings: [
                .init(key: "b", rank: 0, host: "node1", ended: start, seconds: 5400),
                .init(key: "a", rank: 1, host: "node2", ended: start, seconds: 5700),
            ]
        ).page()
        for text in [
            "<dd>3</dd>", "<dd>2027-01-15 08:00 UTC</dd>", "<dd>not noted</dd>", "--seed &lt;1&gt;",
            "rank 0 on node1, 4 thread(s)", "<dd>4.1.4</dd>", "<dd>3 h 05 min</dd>",
            "<td>a</td><td>node2</td><td class=\"n\">1</td>", ">95.0</td>",
        ] {
            #expect(account.contains(text), "\(text)")
        }
    }
}
