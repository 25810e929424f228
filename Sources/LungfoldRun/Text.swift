import Foundation

/// Numbers as people read them.
enum Text {
    /// A number with a fixed number of decimals.
    static func decimal(_ value: Double, _ places: Int) -> String {
        String(format: "%.\(places)f", value)
    }

    /// A time: `42 s`, `12 min`, `3 h 20 min`, `2 d 5 h`.
    static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite, abs(seconds) < 1e9 else { return "very long" }
        let total = Int(seconds.rounded())
        switch total {
        case ..<10: return "\(decimal(seconds, 1)) s"
        case ..<100: return "\(total) s"
        case ..<6000: return "\((total + 30) / 60) min"
        case ..<172_800: return "\(total / 3600) h \(total % 3600 / 60) min"
        default: return "\(total / 86400) d \(total % 86400 / 3600) h"
        }
    }

    /// A number of bytes: `412 MiB`, `1.3 GiB`.
    static func bytes(_ count: Int) -> String {
        let mebibytes = Double(count) / 1_048_576
        return mebibytes < 1024
            ? "\(decimal(mebibytes, mebibytes < 10 ? 1 : 0)) MiB"
            : "\(decimal(mebibytes / 1024, 1)) GiB"
    }

    /// A large count: `12.3 G`, `4.5 T`.
    static func scaled(_ value: Double) -> String {
        for (factor, prefix) in [(1e18, "E"), (1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M")]
        where value >= factor {
            return "\(decimal(value / factor, 2)) \(prefix)"
        }
        return decimal(value, 0)
    }

    /// Rows of text under a header, in columns that line up; the first column to the left, the others
    /// to the right.
    static func table(_ rows: [[String]]) -> String {
        let widths = (rows.first ?? []).indices.map { column in
            rows.map { $0[column].count }.max() ?? 0
        }
        return rows.map { row in
            let cells = row.enumerated().map { column, cell in
                let space = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + space : space + cell
            }
            return cells.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}
