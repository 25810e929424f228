/// How a run shows what it does: the value of `--progress`.
public enum ProgressMode: String, CaseIterable, Sendable {
    /// `live` on a terminal, `plain` elsewhere.
    case auto
    /// A view that is redrawn in place once a second.
    case live
    /// A line when something happens.
    case plain
    /// A JSON object a line, as in `events.jsonl`.
    case json
    /// Warnings, errors, and where the report is.
    case none

    /// What `auto` means where the output goes.
    package func resolved(for terminal: Terminal) -> ProgressMode {
        guard self == .auto else { return self }
        return terminal.canRedraw(1) ? .live : .plain
    }
}
