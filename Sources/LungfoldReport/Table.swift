import Foundation
import LungfoldStudy

/// A table as a value: typed cells, which renderers turn into text.
public struct Table: Sendable {
    /// A column.
    public struct Column: Sendable {
        /// The heading that it shares with its neighbours, such as the network; may be empty.
        public var group: String
        /// Its own heading.
        public var title: String
        /// Whether pages leave it out where it has zeros and empty cells only; CSV files never do.
        public var isHiddenWhenZero: Bool

        /// Makes a column.
        public init(_ title: String, group: String = "", isHiddenWhenZero: Bool = false) {
            self.group = group
            self.title = title
            self.isHiddenWhenZero = isHiddenWhenZero
        }

        /// Both headings.
        public var fullTitle: String { group.isEmpty ? title : "\(group) \(title)" }
    }

    /// A cell.
    public enum Cell: Hashable, Sendable {
        case text(String)
        case integer(Int)
        /// A number of which pages show so many decimals, rounded; CSV files have all its digits.
        case real(Double, decimals: Int)
        /// A p value, of which pages show four decimals.
        case probability(Double)
        /// A number that pages show whole, such as a learning rate.
        case exact(Double)
        /// A figure that is 0/0.
        case undefined
        /// A figure whose job has not finished.
        case missing
        /// Nothing belongs here.
        case blank
    }

    /// Its name in file names and links, such as `table3`.
    public var name: String
    /// Its heading.
    public var title: String
    /// The columns, left to right.
    public var columns: [Column]
    /// The rows, each with a cell for each column.
    public var rows: [[Cell]]
    /// What a reader must know besides, a sentence each.
    public var notes: [String]

    /// Makes a table.
    public init(
        name: String, title: String, columns: [Column], rows: [[Cell]], notes: [String] = []
    ) {
        precondition(rows.allSatisfy { $0.count == columns.count }, "a cell for each column")
        self.name = name
        self.title = title
        self.columns = columns
        self.rows = rows
        self.notes = notes
    }

    /// The table as pages show it: without the columns that have nothing to say.
    public var condensed: Table {
        let shown = columns.indices.filter { column in
            !columns[column].isHiddenWhenZero
                || rows.contains { ![.integer(0), .blank].contains($0[column]) }
        }
        return Table(
            name: name, title: title, columns: shown.map { columns[$0] },
            rows: rows.map { row in shown.map { row[$0] } }, notes: notes)
    }
}

extension Table.Cell {
    /// The decimals of accuracies and scores. The paper prints three, truncated; four, rounded, tell
    /// ours apart where they agree with its.
    static let scoreDecimals = 4

    /// An accuracy or score; 0/0 where it is nil.
    static func score(_ value: Double?) -> Self {
        value.map { .real($0, decimals: scoreDecimals) } ?? .undefined
    }

    /// A figure of some values: missing without a value at all, undefined where it is 0/0.
    static func figure(
        _ value: Double?, of statistics: Statistics, decimals: Int = scoreDecimals
    ) -> Self {
        if statistics.count + statistics.undefinedCount == 0 { return .missing }
        return value.map { .real($0, decimals: decimals) } ?? .undefined
    }

    /// A number as the paper prints it, with three or four decimals.
    static func printed(_ value: Double?) -> Self {
        guard let value else { return .blank }
        return .real(value, decimals: (value * 1000).rounded() / 1000 == value ? 3 : 4)
    }

    /// The cell as pages show it.
    var shown: String {
        switch self {
        case .text(let text): text
        case .integer(let number): "\(number)"
        case .real(let value, let decimals): String(format: "%.\(decimals)f", value)
        case .probability(let value):
            value < 0.0001 ? "< 0.0001" : String(format: "%.4f", value)
        case .exact(let value): "\(value)"
        case .undefined: "undefined"
        case .missing: "missing"
        case .blank: ""
        }
    }

    /// Whether it is aligned as numbers are.
    var isNumeric: Bool {
        if case .text = self { return false }
        return true
    }
}
