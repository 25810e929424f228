/// Renders a table as CSV (RFC 4180, with line feeds): every column, every digit; an undefined or
/// missing figure is an empty field, and the count columns tell which.
public enum CSVRenderer {
    /// The file's text.
    public static func render(_ table: Table) -> String {
        let lines = [table.columns.map { quoted($0.fullTitle) }] + table.rows.map { $0.map(field) }
        return lines.map { $0.joined(separator: ",") + "\n" }.joined()
    }

    private static func field(_ cell: Table.Cell) -> String {
        switch cell {
        case .text(let text): quoted(text)
        case .integer(let number): "\(number)"
        case .real(let value, _), .exact(let value), .probability(let value): "\(value)"
        case .undefined, .missing, .blank: ""
        }
    }

    private static func quoted(_ text: String) -> String {
        let needsQuotes = text.utf8.contains { [44, 34, 10, 13].contains($0) }
        return needsQuotes
            ? "\""
                + text.split(separator: "\"", omittingEmptySubsequences: false)
                .joined(separator: "\"\"") + "\"" : text
    }
}

/// Renders a table as GitHub-flavoured Markdown, with its title and notes.
public enum MarkdownRenderer {
    /// The file's text.
    public static func render(_ table: Table) -> String {
        let table = table.condensed
        var text = "### \(escaped(table.title))\n\n" + grid(table)
        if !table.notes.isEmpty { text += "\n" }
        for note in table.notes { text += "- \(escaped(note))\n" }
        return text
    }

    private static func grid(_ table: Table) -> String {
        guard !table.rows.isEmpty else { return "(no rows)\n" }
        let body = table.rows.map { $0.map { escaped($0.shown) } }
        let heads = table.columns.map { escaped($0.fullTitle) }
        let widths = heads.indices.map { column in
            ([heads] + body).reduce(3) { max($0, $1[column].count) }
        }
        let isNumeric = heads.indices.map { column in
            let cells = table.rows.map { $0[column] }
            return cells.allSatisfy(\.isNumeric) && cells.contains { $0 != .blank }
        }
        func line(_ cells: [String]) -> String {
            let padded = cells.indices.map { column in
                let space = String(repeating: " ", count: widths[column] - cells[column].count)
                return isNumeric[column] ? space + cells[column] : cells[column] + space
            }
            return "| " + padded.joined(separator: " | ") + " |\n"
        }
        let rule = heads.indices.map { column in
            let dashes = String(repeating: "-", count: widths[column] - (isNumeric[column] ? 1 : 0))
            return isNumeric[column] ? dashes + ":" : dashes
        }
        return line(heads) + line(rule) + body.map(line).joined()
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "|", "\\", "<", "`", "*", "_", "[", "]": escaped += "\\\(character)"
            case _ where character.isNewline: escaped += " "
            default: escaped.append(character)
            }
        }
        return escaped
    }
}

/// Renders a table as an HTML element.
enum HTMLTableRenderer {
    static func render(_ table: Table) -> String {
        let table = table.condensed
        let width = table.columns.count > 10 ? " wide" : ""
        // Printed, it may be broken between pages; a shorter one stays whole.
        let height = table.rows.count > 30 ? " long" : ""
        var html =
            "<table id=\"\(escapedHTML(table.name))\" class=\"sortable\(width)\(height)\">\n"
        html += "<caption>\(escapedHTML(table.title))</caption>\n<thead>\n"
        html += groupRow(table.columns)
        let heads = table.columns.indices.map { column in
            let isNumeric = table.rows.contains { $0[column].isNumeric }
            let style = isNumeric ? " class=\"n\"" : ""
            return "<th scope=\"col\"\(style)>\(escapedHTML(table.columns[column].title))</th>"
        }
        html += "<tr>" + heads.joined()
        html += "</tr>\n</thead>\n<tbody>\n"
        for row in table.rows { html += "<tr>" + row.map(cell).joined() + "</tr>\n" }
        html += "</tbody>\n</table>\n"
        guard !table.notes.isEmpty else { return html }
        let notes = table.notes.map { "<li>\(escapedHTML($0))</li>\n" }
        return html + "<ul class=\"notes\">\n" + notes.joined() + "</ul>\n"
    }

    /// The headings that neighbouring columns share; nothing where no column has one.
    private static func groupRow(_ columns: [Table.Column]) -> String {
        guard columns.contains(where: { !$0.group.isEmpty }) else { return "" }
        var spans: [(group: String, count: Int)] = []
        for column in columns {
            if spans.last?.group == column.group {
                spans[spans.count - 1].count += 1
            } else {
                spans.append((column.group, 1))
            }
        }
        let heads = spans.map { span in
            span.group.isEmpty
                ? "<td colspan=\"\(span.count)\"></td>"
                : "<th scope=\"colgroup\" colspan=\"\(span.count)\">\(escapedHTML(span.group))</th>"
        }
        return "<tr>" + heads.joined() + "</tr>\n"
    }

    private static func cell(_ cell: Table.Cell) -> String {
        let text = escapedHTML(cell.shown)
        return switch cell {
        case .text: "<td>\(text)</td>"
        case .undefined, .missing: "<td class=\"n none\">\(text)</td>"
        // What rounding hides still sorts.
        case .real(let value, _), .probability(let value):
            "<td class=\"n\" data-value=\"\(value)\">\(text)</td>"
        case .integer, .exact, .blank: "<td class=\"n\">\(text)</td>"
        }
    }
}

/// Text as HTML shows it literally, in elements and in quoted attributes.
func escapedHTML(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "&": escaped += "&amp;"
        case "<": escaped += "&lt;"
        case ">": escaped += "&gt;"
        case "\"": escaped += "&quot;"
        case "'": escaped += "&#39;"
        default: escaped.unicodeScalars.append(scalar)
        }
    }
    return escaped
}
