import Foundation
import LungfoldReport
import LungfoldStudy
import Testing

@Suite("LaTeX")
struct LaTeXTests {
    @Test("Booktabs, groups, escapes")
    func float() {
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
        #expect(text.contains("\\begin{table}") && !text.contains("longtable"))
    }

    @Test("A table of more rows than a page has goes on over several, with its heading on each")
    func longTable() {
        func table(_ rows: Int, columns: Int) -> Table {
            Table(
                name: "t", title: "T",
                columns: (1...columns).map { Table.Column("Two words\($0)") },
                rows: (0..<rows).map { row in (0..<columns).map { _ in .integer(row) } },
                notes: ["note"])
        }
        #expect(LaTeXRenderer.render(table(36, columns: 2)).contains("\\begin{table}"))
        let long = LaTeXRenderer.render(table(37, columns: 2))
        #expect(long.hasPrefix("% Needs \\usepackage{booktabs,longtable,lscape}"))
        #expect(!long.contains("\\begin{table}") && !long.contains("landscape}"))
        let heading =
            "\\toprule\n\\shortstack[r]{Two\\\\words1} & \\shortstack[r]{Two\\\\words2} \\\\\n\\midrule\n"
        #expect(long.contains(heading + "\\endfirsthead"))
        #expect(long.contains(heading + "\\endhead"))
        #expect(long.contains("\n36 & 36 \\\\\n\\end{longtable}"))
        #expect(long.hasSuffix("{\\footnotesize note}\n"))
        #expect(LaTeXRenderer.render(table(37, columns: 12)).contains("\\begin{landscape}"))
    }

    @Test("Every table of a report compiles and stays on its page", .enabled(if: TeX.isPresent))
    func compiles() throws {
        var document = """
            \\documentclass{article}
            \\usepackage[utf8]{inputenc}
            \\usepackage{booktabs,graphicx,longtable,lscape}
            \\begin{document}

            """
        for outcome in [try Sample.illustrated(), try Sample.partialGrid(), try Sample.pixels()] {
            for table in Report(outcome: outcome).tables {
                document += LaTeXRenderer.render(table) + "\\clearpage\n"
            }
        }
        document += "\\end{document}\n"
        #expect(document.contains("longtable}{") && document.contains("\\begin{landscape}"))
        let (code, log) = try TeX.compile(document)
        #expect(code == 0, "\(log.suffix(2000))")
        // Words of notes may stand out by a hair; rows and pages may not.
        let tooWide = log.split(separator: "\n").filter { line in
            line.hasPrefix("Overfull") && line.contains("alignment")
                || line.contains("Float too large")
        }
        #expect(tooWide.isEmpty, "\(tooWide)")
    }
}

/// pdflatex, where it and the packages that tables need are installed.
private enum TeX {
    private static let program: String? = find("pdflatex")

    static let isPresent: Bool = {
        let packages = ["booktabs.sty", "graphicx.sty", "longtable.sty", "lscape.sty"]
        guard program != nil, let search = find("kpsewhich"),
            let (code, _) = try? run(search, packages, in: FileManager.default.temporaryDirectory)
        else { return false }
        return code == 0
    }()

    /// Compiles a document twice, for the widths of long tables are known the second time.
    static func compile(_ document: String) throws -> (code: Int32, log: String) {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("lungfold-latex-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data(document.utf8).write(to: folder.appendingPathComponent("t.tex"))
        var code: Int32 = 0
        for _ in 0..<2 where code == 0 {
            (code, _) = try run(
                try #require(program), ["-halt-on-error", "-interaction=nonstopmode", "t.tex"],
                in: folder)
        }
        let log = try Data(contentsOf: folder.appendingPathComponent("t.log"))
        return (code, String(decoding: log, as: UTF8.self))
    }

    private static func find(_ name: String) -> String? {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
            .map { "\($0)/\(name)" }.first(where: FileManager.default.isExecutableFile)
    }

    private static func run(
        _ program: String, _ arguments: [String], in folder: URL
    ) throws -> (code: Int32, output: Data) {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, output)
    }
}
