/// Renders a table with booktabs rules, to be included with `\input`: as a float that is made to fit the
/// line, or, where it has too many rows for a page, as a `longtable` that goes on over several.
public enum LaTeXRenderer {
    /// The most rows of a float: with heading and notes they fill a page of 10 pt type.
    static let longestFloat = 36

    /// The file's text.
    public static func render(_ table: Table) -> String {
        let table = table.condensed
        return table.rows.count > longestFloat ? LongTable(table).text : float(table)
    }

    private static func float(_ table: Table) -> String {
        var text = "% Needs \\usepackage{booktabs,graphicx} and UTF-8.\n"
        text += "\\begin{table}\n\\centering\n\\caption{\(escaped(table.title))}\n"
        text += "\\label{tab:\(table.name)}\n"
        // A table wider than the page is made to fit.
        text += "\\resizebox{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}{!}{%\n"
        text += "\\begin{tabular}{\(alignment(table))}\n\\toprule\n"
        text += groupRow(table.columns) + line(table.columns.map { escaped($0.title) })
        text += "\\midrule\n" + rows(table)
        text += "\\bottomrule\n\\end{tabular}}\n"
        return text + notes(table) + "\\end{table}\n"
    }

    // MARK: Parts of both

    /// Numbers to the right, words to the left; words too long for a line are broken.
    static func alignment(_ table: Table) -> String {
        table.columns.indices.map { column in
            if isNumeric(table, column) { return "r" }
            let longest = table.rows.map { $0[column].shown.count }.max() ?? 0
            return longest > 60 ? "p{18em}" : "l"
        }.joined()
    }

    static func isNumeric(_ table: Table, _ column: Int) -> Bool {
        let cells = table.rows.map { $0[column] }
        return cells.allSatisfy(\.isNumeric) && cells.contains { $0 != .blank }
    }

    static func rows(_ table: Table) -> String { table.rows.map { line($0.map(cell)) }.joined() }

    static func notes(_ table: Table) -> String {
        table.notes.map { "\n\\par\\smallskip{\\footnotesize \(escaped($0))}\n" }.joined()
    }

    static func line(_ cells: [String]) -> String { cells.joined(separator: " & ") + " \\\\\n" }

    /// The headings that neighbouring columns share, with a rule below each.
    static func groupRow(_ columns: [Table.Column]) -> String {
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

    static func escaped(_ text: String) -> String {
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

/// A table over several pages. It cannot be shrunk to the line as a float can, so its type is small, the
/// words of its headings stand above each other, and it lies on its side where that is not enough.
private struct LongTable {
    private let table: Table

    init(_ table: Table) { self.table = table }

    var text: String {
        let body = "{\\scriptsize\\setlength{\\tabcolsep}{3pt}\n\(longtable)}\n"
        return "% Needs \\usepackage{booktabs,longtable,lscape} and UTF-8.\n"
            + (isWide ? "\\begin{landscape}\n\(body)\\end{landscape}\n" : body)
            + LaTeXRenderer.notes(table)
    }

    private var longtable: String {
        let count = table.columns.count
        let title = LaTeXRenderer.escaped(table.title)
        return "\\begin{longtable}{\(LaTeXRenderer.alignment(table))}\n"
            + "\\caption{\(title)}\\label{tab:\(table.name)}\\\\\n"
            + heading + "\\endfirsthead\n"
            + "\\multicolumn{\(count)}{l}{\\textit{\(title), continued}}\\\\\n"
            + heading + "\\endhead\n\\bottomrule\n\\endfoot\n" + LaTeXRenderer.rows(table)
            + "\\end{longtable}\n"
    }

    private var heading: String {
        let heads = table.columns.indices.map { column in
            let words = table.columns[column].title.split(separator: " ")
                .map { LaTeXRenderer.escaped(String($0)) }
            let side = LaTeXRenderer.isNumeric(table, column) ? "r" : "l"
            return words.count < 2
                ? words.joined() : "\\shortstack[\(side)]{\(words.joined(separator: "\\\\"))}"
        }
        return "\\toprule\n" + LaTeXRenderer.groupRow(table.columns) + LaTeXRenderer.line(heads)
            + "\\midrule\n"
    }

    /// Whether the columns, with two characters' width between them, are wider than a line of LaTeX's own
    /// article: 345 pt, 85 characters of this size.
    private var isWide: Bool {
        let widths = table.columns.indices.map { column in
            let words = table.columns[column].title.split(separator: " ").map(\.count)
            return (table.rows.map { min($0[column].shown.count, 60) } + words).max() ?? 0
        }
        return widths.reduce(0, +) + 2 * widths.count > 85
    }
}
