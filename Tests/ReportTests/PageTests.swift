import Foundation
import LungfoldReport
import LungfoldStudy
import Testing

/// What the page adds to the tables: comparisons, pictures, plots and LaTeX.
@Suite("The page and its parts")
struct PageTests {
    @Test("Every number of every table on the page is a number of the summary or of the study")
    func numbersAreTheSummarys() throws {
        let report = Report(outcome: try Sample.illustrated())
        let files = try report.files()
        let summary = try #require(files.first { $0.path == "report/summary.json" }?.text)
        let page = try #require(files.first { $0.path == "report/index.html" }?.text)
        for name in ["overview", "comparison", "comparison-folds", "slices", "jobs"] {
            let table = try #require(report.tables.first { $0.name == name }, "\(name)")
            for case .real(let value, _) in table.rows.flatMap({ $0 }) {
                #expect(page.contains("data-value=\"\(value)\""), "\(name): \(value)")
                #expect(summary.contains("\(value)"), "\(name): \(value) in the summary")
            }
        }
    }

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
            "healthy (0.50 to 3.00), infected (-1.25 to 12.00)",
            "3 octaves of up to 4 x 4 pixels", "10 steps in each",
            "no picture of <code>segnet-binary-e1-fold1</code>",
        ] {
            #expect(shown.contains(text), "\(text)")
        }
        #expect(!shown.contains("no picture of <code>unet"))
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

    @Test("LaTeX: booktabs, groups, escapes")
    func latex() {
        let table = Table(
            name: "t", title: "50 % & σ_1",
            columns: [Table.Column("Name"), Table.Column("m#", group: "G{")],
            rows: [[.text("a\\b^~<|>$[x]"), .real(0.12345, decimals: 3)], [.blank, .undefined]],
            notes: ["note"])
        let text = LaTeXRenderer.render(table)
        #expect(text.contains("\\caption{50 \\% \\& $\\sigma$\\_1}"))
        #expect(text.contains("\\multicolumn{1}{c}{G\\{}"))
        #expect(text.contains("\\cmidrule(lr){2-2}"))
        #expect(
            text.contains(
                "a\\textbackslash{}b\\textasciicircum{}\\textasciitilde{}\\textless{}"
                    + "\\textbar{}\\textgreater{}\\${[}x{]} & 0.123 \\\\"))
        #expect(text.contains("\\textit{undefined}"))
    }

    @Test("LaTeX compiles every table of a report, where there is a TeX")
    func latexCompiles() throws {
        let paths = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        guard
            let program = paths.map({ "\($0)/pdflatex" })
                .first(where: FileManager.default.isExecutableFile)
        else {
            print("LaTeX is not tested: there is no pdflatex (texlive-latex-base)")
            return
        }
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("lungfold-latex-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var document = """
            \\documentclass{article}
            \\usepackage[utf8]{inputenc}
            \\usepackage{booktabs,graphicx}
            \\begin{document}

            """
        for outcome in [try Sample.illustrated(), try Sample.partialGrid()] {
            for table in Report(outcome: outcome).tables {
                document += LaTeXRenderer.render(table) + "\\clearpage\n"
            }
        }
        document += "\\end{document}\n"
        try Data(document.utf8).write(to: folder.appendingPathComponent("t.tex"))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = ["-halt-on-error", "-interaction=nonstopmode", "t.tex"]
        process.currentDirectoryURL = folder
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        let log = (try? String(contentsOf: folder.appendingPathComponent("t.log"), encoding: .utf8))
        if log?.contains("booktabs.sty' not found") == true {
            print("LaTeX is not tested: there is no booktabs (texlive-latex-recommended)")
            return
        }
        #expect(process.terminationStatus == 0, "\(log?.suffix(2000) ?? "no log")")
    }
}
