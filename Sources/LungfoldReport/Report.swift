import LungfoldStudy

/// A file of a report.
public struct ReportFile: Hashable, Sendable {
    /// Its path relative to the run directory, with slashes.
    public var path: String
    /// Its content, UTF-8.
    public var text: String

    /// Its bytes.
    public var bytes: [UInt8] { Array(text.utf8) }
}

/// The report of a study: a pure function of its outcome. The same outcome, its results in any order,
/// gives the same bytes; there are no times, hosts or dates in them.
public struct Report: Sendable {
    /// All tables, in the order of the page.
    public let tables: [Table]
    /// All plots, in the order of the page. Somebody else draws them: this target runs no programs.
    public let plots: [Plot]
    private let findings: Findings

    /// Makes the report of an outcome, complete or not: what is not there yet is shown as missing,
    /// what failed with its reason, and every mean with the number of values behind it.
    ///
    /// The study and its results are taken to be checked (`Study.check`, `JobResult.check`).
    public init(outcome: StudyOutcome) {
        findings = Findings(outcome)
        tables = StudyTables(findings: findings).all
        plots = StudyPlots(findings: findings).all
    }

    /// The best experiment of each network and task, as Markdown: what a terminal shows at the end.
    public var mainTable: String { MarkdownRenderer.render(tables[0]) }

    /// The files: `report/summary.json`, `report/index.html`, each table as `report/tables/NAME.csv`,
    /// `.md` and `.tex`, and the data of each plot as `report/figures/NAME.dat`.
    /// - Parameter drawings: the plots as SVG files, by name; the page says how to get those that
    ///   are missing.
    public func files(drawings: [String: String] = [:]) throws -> [ReportFile] {
        let page = ReportPage(
            findings: findings, tables: tables, plots: plots, drawings: drawings,
            pictures: PagePictures(findings))
        return [
            ReportFile(path: "report/summary.json", text: Summary(findings: findings).json.text),
            ReportFile(path: "report/index.html", text: try page.html()),
        ] + tables.flatMap(files) + plots.map(file)
    }

    private func files(_ table: Table) -> [ReportFile] {
        [
            ("csv", CSVRenderer.render(table)), ("md", MarkdownRenderer.render(table)),
            ("tex", LaTeXRenderer.render(table)),
        ].map { ReportFile(path: "report/tables/\(table.name).\($0)", text: $1) }
    }

    private func file(_ plot: Plot) -> ReportFile {
        ReportFile(path: "report/figures/\(plot.dataFile)", text: plot.data)
    }
}
