import Foundation
import LungfoldStudy

/// The report as one page that needs nothing from outside.
struct ReportPage {
    let findings: Findings
    let tables: [Table]
    let plots: [Plot]
    /// The plots' SVG files by name; those that are missing could not be drawn.
    let drawings: [String: String]
    let pictures: PagePictures

    /// The page's text.
    func html() throws -> String {
        let failures = findings.records.compactMap { record -> PageView.Fact? in
            guard case .failed(let reason) = record.state else { return nil }
            return .init(name: record.job.key, value: reason)
        }
        let sections = try [summary, run, paper(), beyond(), jobs]
        return try PageTemplate.render(
            PageView(
                title: title, style: PageStyle.sheet, script: PageStyle.script,
                state: state, failures: failures, hasFailures: !failures.isEmpty,
                sections: sections, footer: footer))
    }

    /// What the study is of, as a headline.
    private var title: String {
        let names = findings.study.networks.map(\.title).joined(separator: " and ")
        let slices = findings.outcome.origin.sliceCount.map { " on \($0) CT slices" } ?? ""
        return "\(names): lung lesions\(slices)"
    }

    private var state: String {
        let counts = findings.counts
        var text = "\(counts.finished) of \(findings.records.count) jobs finished"
        if counts.failed > 0 { text += ", \(counts.failed) failed" }
        if counts.missing > 0 { text += ", \(counts.missing) missing" }
        return text + "."
    }

    private var footer: String {
        let version = findings.outcome.origin.version.map { " \($0)" } ?? ""
        return
            "Written by Lungfold\(version). Research software, not a medical device. Tables lie in"
            + " report/tables (CSV, Markdown, LaTeX), plots with their data in report/figures (SVG,"
            + " PDF), every number in report/summary.json."
    }

    // MARK: Sections

    private var run: PageView.Section {
        .init(
            id: "study", title: "What was run", facts: StudyFacts(findings: findings).list,
            account: "run.html", command: RepeatCommand(outcome: findings.outcome).text,
            listTitle: "What differs from the paper", list: Deviations.list(findings.outcome))
    }

    private var summary: PageView.Section {
        .init(id: "summary", title: "In short", blocks: [table("overview"), conclusions])
    }

    private var conclusions: PageView.Block {
        let sentences = Conclusions(findings: findings).sentences
        guard !sentences.isEmpty else { return .init() }
        let title = "SegNet against U-Net"
        return .init(
            entry: .init(id: "conclusions", title: title),
            html: "<h3 id=\"conclusions\">\(title)</h3>\n"
                + sentences.map { "<p>\(escapedHTML($0))</p>\n" }.joined())
    }

    private func paper() throws -> PageView.Section {
        var blocks: [PageView.Block] = []
        let figures = try [pictures.figure1, pictures.figure2].compactMap { $0 }.map(
            PagePictures.figure)
        if !figures.isEmpty {
            blocks.append(
                .init(
                    entry: .init(id: "figures-1-2", title: "Figures 1 and 2"),
                    html: "<h3 id=\"figures-1-2\">Figures 1 and 2</h3>"
                        + PagePictures.legend("Labels", PagePictures.classLegend), figures: figures)
            )
        }
        for name in tables.map(\.name) where name.hasPrefix("table") {
            blocks.append(table(name))
        }
        let curves = plots.filter { $0.name.hasPrefix("curves") }
        if !curves.isEmpty {
            blocks.append(
                .init(
                    entry: .init(id: "figure-4", title: "Figure 4. Training curves"),
                    html: "<h3 id=\"figure-4\">Figure 4. Training curves</h3>",
                    figures: curves.map(figure)))
        }
        if let dreams = try DreamPictures(findings: findings).block() { blocks.append(dreams) }
        return .init(id: "paper", title: "The paper's tables and figures", blocks: blocks)
    }

    private func beyond() throws -> PageView.Section {
        var blocks = [confusions, plotBlock("folds", "Spread over folds")]
        for name in [
            "comparison", "comparison-folds", "false-alarms", "selection", "surfaces", "burden",
        ] {
            blocks.append(tables.contains { $0.name == name } ? table(name) : .init())
        }
        blocks.append(plotBlock("lesion-size", "Dice against lesion size"))
        for task in findings.study.tasks {
            let worst = try pictures.worst(task).map(PagePictures.figure)
            guard !worst.isEmpty else { continue }
            blocks.append(
                .init(
                    entry: .init(
                        id: "worst-\(task.rawValue)", title: "Where they fail, \(task.rawValue)"),
                    html: "<h3 id=\"worst-\(task.rawValue)\">Where they fail,"
                        + " \(task.rawValue): the worst slices first</h3>"
                        + PagePictures.legend("Truth", PagePictures.classLegend)
                        + PagePictures.legend("Errors", PagePictures.errorLegend(task)),
                    figures: worst))
            let sheets = try findings.groups.filter { $0.task == task }
                .compactMap(pictures.contactSheet).map(PagePictures.figure)
            blocks.append(
                .init(
                    html: "<h3>All test slices, \(task.rawValue)</h3>"
                        + PagePictures.legend("Errors", PagePictures.errorLegend(task)),
                    figures: sheets))
        }
        if tables.contains(where: { $0.name == "slices" }) { blocks.append(table("slices")) }
        return .init(
            id: "beyond", title: "Beyond the paper",
            paragraphs: (findings.outcome.material == nil ? [Self.noPictures] : [])
                + findings.outcome.unreadable,
            blocks: blocks)
    }

    private static let noPictures =
        "The study's folder has no slices or predictions that can be read, so there are no pictures and"
        + " no distances between outlines."

    private var jobs: PageView.Section {
        .init(id: "all-jobs", title: "All jobs", blocks: [table("jobs")])
    }

    // MARK: Blocks

    /// A table, with the plots that belong to it. Long tables are folded up.
    private func table(_ name: String) -> PageView.Block {
        guard let table = tables.first(where: { $0.name == name }) else { return .init() }
        let inner =
            "<div class=\"scroll\" tabindex=\"0\" role=\"region\""
            + " aria-label=\"\(escapedHTML(table.title))\">\n\(HTMLTableRenderer.render(table))</div>\n"
        let isLong = table.rows.count > 30
        let isPrinted = table.rows.count > 100 ? "" : " class=\"short\""
        let html =
            isLong
            ? "<details id=\"fold-\(name)\"\(isPrinted)>\n<summary>\(escapedHTML(table.title))"
                + " (\(table.rows.count) rows)</summary>\n\(inner)</details>" : inner
        return .init(
            entry: .init(id: isLong ? "fold-\(name)" : name, title: table.title), html: html,
            figures: plots.filter { Self.plots(of: name).contains($0.name) }.map(figure))
    }

    private static func plots(of table: String) -> [String] {
        switch table {
        case "table3": ["accuracy-binary"]
        case "table5": ["accuracy-multiclass"]
        case "comparison": ["pairs-binary", "pairs-multiclass"]
        case "burden": ["burden-binary", "burden-multiclass"]
        default: []
        }
    }

    private func plotBlock(_ prefix: String, _ title: String) -> PageView.Block {
        let shown = plots.filter { $0.name.hasPrefix("\(prefix)-") }
        guard !shown.isEmpty else { return .init() }
        return .init(
            entry: .init(id: prefix, title: title), html: "<h3 id=\"\(prefix)\">\(title)</h3>",
            figures: shown.map(figure))
    }

    private func figure(_ plot: Plot) -> PageView.Figure {
        let drawn = drawings[plot.name].map { SVGFigure.element($0, plot: plot) }
        return .init(
            id: "plot-\(plot.name)", kind: "plot",
            picture: drawn
                ?? "<p class=\"absent\">This plot needs gnuplot. Install it (on Debian:"
                + " <code>apt-get install gnuplot-nox</code>) and run <code>lungfold report</code>"
                + " on the study's folder again. Its data are in"
                + " <code>figures/\(escapedHTML(plot.dataFile))</code>.</p>",
            caption: plot.caption)
    }

    /// The confusion matrices of the best experiments, shaded by the share of the true class.
    private var confusions: PageView.Block {
        let matrices = findings.groups.compactMap { group in
            group.bestConfusion.map { Self.matrix($0, group) }
        }
        guard !matrices.isEmpty else { return .init() }
        return .init(
            entry: .init(id: "confusion", title: "Confusion matrices"),
            html: "<h3 id=\"confusion\">Confusion matrices of the best experiments</h3>\n"
                + "<p>Pixels of \(findings.firstStageSlices), in per cent of the true class (row), and"
                + " counted.</p>\n"
                + "<div class=\"matrices\">\n\(matrices.joined())</div>")
    }

    private static func matrix(_ matrix: ConfusionMatrix, _ group: GroupFindings) -> String {
        let names = group.task.classNames.map(escapedHTML)
        var html =
            "<div class=\"scroll\"><table class=\"matrix\"><caption>\(escapedHTML(group.title))</caption>\n"
        html += "<thead><tr><th scope=\"col\">true \\ predicted</th>"
        html += names.map { "<th scope=\"col\" class=\"n\">\($0)</th>" }.joined()
        html += "</tr></thead>\n<tbody>\n"
        for (row, counts) in matrix.rows.enumerated() {
            let total = counts.reduce(0, +)
            html += "<tr><th scope=\"row\">\(names[row])</th>"
            for count in counts {
                let share = total == 0 ? 0 : Double(count) / Double(total)
                let percent = total == 0 ? "" : String(format: "%.1f %%", 100 * share)
                html += "<td class=\"n\" style=\"--share:\(String(format: "%.3f", share))\""
                html += ">\(percent)<small>\(count)</small></td>"
            }
            html += "</tr>\n"
        }
        return html + "</tbody></table></div>\n"
    }
}
