/// What a terminal shows after some text, as far as the live view uses one; lines are never broken.
enum TinyTerminal {
    static func lines(after text: String) -> [String] {
        var lines: [[Character]] = [[]]
        var (row, column) = (0, 0)
        var rest = Substring(text).unicodeScalars
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\r": column = 0
            case "\n":
                (row, column) = (row + 1, 0)
                if row == lines.count { lines.append([]) }
            case "\u{1b}":
                let end = rest.firstIndex { $0.properties.isAlphabetic }!
                let count = Int(String(rest[..<end].dropFirst())) ?? 1
                switch rest[end] {
                case "A": row = max(0, row - count)
                case "K": lines[row] = Array(lines[row].prefix(column))
                case "J":
                    lines[row] = Array(lines[row].prefix(column))
                    lines = Array(lines[...row])
                default: break
                }
                rest = rest[rest.index(after: end)...]
            default:
                if column < lines[row].count {
                    lines[row][column] = Character(scalar)
                } else {
                    lines[row].append(Character(scalar))
                }
                column += 1
            }
        }
        return lines.map { String($0) }
    }
}
