import LungfoldStudy

/// The report as one HTML page that needs nothing from outside.
struct IndexPage {
    let findings: Findings
    let tables: [Table]

    var html: String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>Lungfold report</title>
        <style>
        \(Self.style)</style>
        </head>
        <body>
        <main>
        <h1>Lungfold report</h1>
        \(state)<nav aria-label="Tables">
        <ul>
        \(tables.map(contentsEntry).joined())</ul>
        </nav>
        <section id="study">
        <h2>What was run</h2>
        \(settings)\(deviations)</section>
        \(tables.map(section).joined())</main>
        </body>
        </html>

        """
    }

    private var state: String {
        let counts = findings.counts
        var text = "\(counts.finished) of \(findings.records.count) jobs finished"
        if counts.failed > 0 { text += ", \(counts.failed) failed" }
        if counts.missing > 0 { text += ", \(counts.missing) missing" }
        var html = "<p class=\"state\">\(text).</p>\n"
        let failures = findings.records.compactMap { record -> String? in
            guard case .failed(let reason) = record.state else { return nil }
            return "<li><code>\(escapedHTML(record.job.key))</code>: \(escapedHTML(reason))</li>\n"
        }
        if !failures.isEmpty { html += "<ul class=\"failures\">\n\(failures.joined())</ul>\n" }
        return html
    }

    private func contentsEntry(_ table: Table) -> String {
        "<li><a href=\"#\(escapedHTML(table.name))\">\(escapedHTML(table.title))</a></li>\n"
    }

    private var settings: String {
        let study = findings.study
        let settings = study.settings
        let entries = [
            ("Protocol", study.protocol.rawValue),
            ("Networks", study.networks.map(\.title).joined(separator: ", ")),
            ("Tasks", study.tasks.map(\.rawValue).joined(separator: ", ")),
            ("Splits", study.splits.filter(isRun).map(describe).joined(separator: "; ")),
            ("Best experiment chosen on", "\(study.selectOn.rawValue) slices"),
            ("Epochs", "\(settings.epochs)"),
            ("Image size", "\(settings.imageSize) × \(settings.imageSize)"),
            ("Encoder depth, filters", "\(settings.depth), \(settings.filters)"),
            ("Augmentation", settings.augment ? "flip, rotation, shift" : "none"),
            (
                "Class weights from",
                settings.classWeightsFrom == .all ? "all slices" : "training slices"
            ),
            ("Convolution", settings.convolution.rawValue), ("Seed", "\(settings.seed)"),
        ]
        let items = entries.map { "<dt>\($0)</dt><dd>\(escapedHTML($1))</dd>\n" }
        return "<dl>\n\(items.joined())</dl>\n"
    }

    private func isRun(_ split: Split) -> Bool {
        findings.study.protocol == .holdout
            ? !split.isFold
            : !split.isFold
                || findings.study.folds.map(SplitPlan.foldName).contains(split.name)
    }

    private func describe(_ split: Split) -> String {
        let sizes = [split.training, split.validation, split.test].map { "\($0.count)" }
        return "\(split.name) \(sizes.joined(separator: "/"))"
    }

    private var deviations: String {
        let list = Deviations.list(findings.outcome)
        guard !list.isEmpty else { return "<p>Nothing differs from the paper's study.</p>\n" }
        let items = list.map { "<li>\(escapedHTML($0))</li>\n" }
        return "<h3>What differs from the paper</h3>\n<ul>\n\(items.joined())</ul>\n"
    }

    /// Long tables are folded up, and open where the reader asks.
    private func section(_ table: Table) -> String {
        let body = "<div class=\"scroll\">\n\(HTMLTableRenderer.render(table))</div>\n"
        guard table.rows.count > 30 else { return "<section>\n\(body)</section>\n" }
        let summary = "<summary>\(escapedHTML(table.title)) (\(table.rows.count) rows)</summary>\n"
        return "<section>\n<details>\n\(summary)\(body)</details>\n</section>\n"
    }

    private static let style = """
        :root {
          --ink: #1b1f24; --paper: #ffffff; --faint: #5a6470; --line: #d5dae0; --band: #f3f5f7;
          --warn: #9a3412; --link: #0b5cad;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --ink: #e4e8ec; --paper: #14181d; --faint: #9aa5b1; --line: #333b44; --band: #1c2229;
            --warn: #fdba74; --link: #7cc0ff;
          }
        }
        body { margin: 0; background: var(--paper); color: var(--ink);
          font: 16px/1.5 system-ui, sans-serif; }
        main { max-width: 72rem; margin: 0 auto; padding: 1.5rem; }
        a { color: var(--link); }
        h1, h2, h3 { line-height: 1.2; }
        .state { font-size: 1.15rem; }
        .failures { color: var(--warn); }
        dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.2rem 1.2rem; }
        dt { color: var(--faint); }
        dd { margin: 0; }
        section { margin: 2.5rem 0; }
        .scroll { overflow-x: auto; }
        table { border-collapse: collapse; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
        caption { text-align: left; font-weight: 600; font-size: 1.05rem; padding-bottom: 0.5rem; }
        th, td { padding: 0.25rem 0.7rem; text-align: left; white-space: nowrap; }
        thead th { border-bottom: 1px solid var(--line); }
        tbody tr:nth-child(even) { background: var(--band); }
        td.n { text-align: right; }
        td.none { color: var(--faint); font-style: italic; }
        .notes { color: var(--faint); font-size: 0.85rem; max-width: 60rem; }
        summary { cursor: pointer; font-weight: 600; }
        @media print { nav { display: none; } .scroll { overflow: visible; } }

        """
}
