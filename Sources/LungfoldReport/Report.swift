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
    private let summary: String
    private let page: String

    /// Makes the report of an outcome, complete or not: what is not there yet is shown as missing,
    /// what failed with its reason, and every mean with the number of values behind it.
    ///
    /// The study and its results are taken to be checked (`Study.check`, `JobResult.check`).
    public init(outcome: StudyOutcome) {
        let findings = Findings(outcome)
        tables = StudyTables(findings: findings).all
        summary = Summary(findings: findings).json.text
        page = IndexPage(findings: findings, tables: tables).html
    }

    /// The best experiment of each network and task, as Markdown: what a terminal shows at the end.
    public var mainTable: String { MarkdownRenderer.render(tables[0]) }

    /// The files: `report/summary.json`, `report/index.html`, and each table as `report/tables/NAME.csv`
    /// and `.md`.
    public func files() -> [ReportFile] {
        [
            ReportFile(path: "report/summary.json", text: summary),
            ReportFile(path: "report/index.html", text: page),
        ]
            + tables.flatMap { table in
                [
                    ReportFile(
                        path: "report/tables/\(table.name).csv", text: CSVRenderer.render(table)),
                    ReportFile(
                        path: "report/tables/\(table.name).md",
                        text: MarkdownRenderer.render(table)),
                ]
            }
    }
}
