/// A few lines at the bottom of a terminal's text that are written over in place, and messages that
/// scroll above them. Gives what is to be written; writes nothing.
///
/// Between two frames the cursor rests below the lines and the terminal is in no special state, so
/// whatever ends the process, and whoever else writes there, finds it in order.
package struct Screen {
    private var shown: [String] = []

    /// Begins where the cursor is.
    package init() {}

    /// The text that turns the last frame into the next: only lines that changed are written, in one
    /// synchronised update (DEC mode 2026), which terminals that do not know it ignore.
    /// - Parameters:
    ///   - messages: go above the lines, and stay.
    ///   - lines: shorter than the terminal is wide.
    package mutating func frame(
        _ lines: [String], messages: [String] = [], size: Terminal.Size
    ) -> String {
        guard lines != shown || !messages.isEmpty else { return "" }
        // A terminal that was made narrower has broken long lines.
        let rows = shown.reduce(0) { $0 + max(1, ($1.count + size.columns - 1) / size.columns) }
        let isWhole = rows == shown.count && messages.isEmpty
        var text = rows > 0 ? "\r\u{1b}[\(rows)A" : "\r"
        if !isWhole { text += "\u{1b}[J" }
        for message in messages {
            for line in message.split(separator: "\n", omittingEmptySubsequences: false) {
                text += String(line).printable + "\n"
            }
        }
        for (index, line) in lines.enumerated() {
            let isThere = isWhole && index < shown.count && shown[index] == line
            text += isThere ? "\n" : line + "\u{1b}[K\n"
        }
        if lines.count < shown.count, isWhole { text += "\u{1b}[J" }
        shown = lines
        return "\u{1b}[?2026h\(text)\u{1b}[?2026l"
    }

    /// Leaves the lines where they are: somebody else has written below them.
    package mutating func leave() { shown = [] }
}
