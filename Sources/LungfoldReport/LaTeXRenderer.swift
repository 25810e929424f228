/// Renders a table as a LaTeX `table` with booktabs rules, to be included with `\input`.
public enum LaTeXRenderer {
    /// The file's text.
    public static func render(_ table: Table) -> String {
        let table = table.condensed
        let isNumeric = table.columns.indices.map { column in
            let cells = table.rows.map { $0[column] }
            return cells.allSatisfy(\.isNumeric) && cells.contains { $0 != .blank }
        }
        let alignment = isNumeric.map { $0 ? "r" : "l" }.joined()
        var text = "% Needs \\usepackage{booktabs,graphicx} and UTF-8.\n"
        text += "\\begin{table}\n\\centering\n\\caption{\(escaped(table.title))}\n"
        text += "\\label{tab:\(table.name)}\n"
        // A table wider than the page is made to fit.
        text += "\\resizebox{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}{!}{%\n"
        text += "\\begin{tabular}{\(alignment)}\n\\toprule\n"
        text += groupRow(table.columns) + line(table.columns.map { escaped($0.title) })
        text += "\\midrule\n" + table.rows.map { line($0.map(cell)) }.joined()
        text += "\\bottomrule\n\\end{tabular}}\n"
        for note in table.notes { text += "\n\\par\\smallskip{\\footnotesize \(escaped(note))}\n" }
        return text + "\\end{table}\n"
    }

    private static func line(_ cells: [String]) -> String {
        cells.joined(separator: " & ") + " \\\\\n"
    }

    /// The headings that neighbouring columns share, with a rule below each.
    private static func groupRow(_ columns: [Table.Column]) -> String {
        guard columns.contains(where: { !$0.group.isEmpty }) else { return "" }
        var heads: [String] = []
        var rules = ""
        var start = 0
        while start < columns.count {
            var end = start
            while end < columns.count, columns[end].group == columns[start].group { end += 1 }
            let title = escaped(columns[start].group)
            heads.append("\\multicolumn{\(end - start)}{c}{\(title)}")
            if !title.isEmpty { rules += "\\cmidrule(lr){\(start + 1)-\(end)}" }
            start = end
        }
        return line(heads) + rules + "\n"
    }

    private static func cell(_ cell: Table.Cell) -> String {
        switch cell {
        case .undefined, .missing: "\\textit{\(cell.shown)}"
        default: escaped(cell.shown)
        }
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "&", "%", "$", "#", "_", "{", "}": escaped += "\\\(character)"
            case "\\": escaped += "\\textbackslash{}"
            case "~": escaped += "\\textasciitilde{}"
            case "^": escaped += "\\textasciicircum{}"
            case "<": escaped += "\\textless{}"
            case ">": escaped += "\\textgreater{}"
            case "|": escaped += "\\textbar{}"
            case "\"": escaped += "''"
            case "σ": escaped += "$\\sigma$"
            case "×": escaped += "$\\times$"
            case "[", "]": escaped += "{\(character)}"
            case _ where character.isNewline: escaped += " "
            default: escaped.append(character)
            }
        }
        return escaped
    }
}
