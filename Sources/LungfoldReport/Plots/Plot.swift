import LungfoldStudy

/// A plot: the numbers behind it, and the gnuplot commands that draw them.
public struct Plot: Hashable, Sendable {
    /// Its name in file names and anchors.
    public let name: String
    /// What it shows, below the picture.
    public let caption: String
    /// The same for who cannot see it, with the figures that matter.
    public let alternative: String
    /// Its size in pixels.
    public let width, height: Int
    /// The data file: blocks with a `#` heading, columns with spaces between, `?` for what is missing.
    public let data: String
    /// The commands; they find the data in the file `NAME.dat`.
    let commands: String

    /// The name of the data file.
    public var dataFile: String { "\(name).dat" }

    /// The whole script for one of gnuplot's terminals.
    /// - Parameters:
    ///   - terminal: `svg` or `pdf`.
    ///   - output: the picture's file.
    public func script(_ terminal: Terminal, output: String) -> String {
        let size =
            switch terminal {
            case .svg: "svg size \(width),\(height) dynamic font \"sans-serif,13\""
            case .pdf:
                "pdfcairo size \(Double(width) / 100)in,\(Double(height) / 100)in"
                    + " font \"sans-serif,10\""
            }
        return """
            reset
            set encoding utf8
            set terminal \(size)
            set output "\(output)"
            set datafile missing "?"
            set border 3 linewidth 0.8
            set tics nomirror out scale 0.6
            set grid ytics linecolor rgb "#9aa5b1" linewidth 0.4 dashtype 3
            set key outside top center horizontal samplen 1.5
            \(commands)
            unset output

            """
    }

    /// What gnuplot draws to.
    public enum Terminal: String, CaseIterable, Sendable {
        case svg
        case pdf
    }
}

/// Blocks of a gnuplot data file, each a heading and rows.
struct PlotData {
    private(set) var text = ""
    private(set) var blockCount = 0

    /// Adds a block; its rows are columns of text. An empty one keeps its index with a missing row.
    mutating func add(_ heading: String, _ rows: [[String]]) {
        if blockCount > 0 { text += "\n\n" }
        text += "# \(heading)\n"
        let lines = rows.isEmpty ? [["?", "?", "?", "?"]] : rows
        text += lines.map { $0.joined(separator: " ") + "\n" }.joined()
        blockCount += 1
    }
}

/// A number in a data file.
func datum(_ value: Double?) -> String { value.map { $0.isFinite ? "\($0)" : "?" } ?? "?" }

extension NetworkKind {
    /// Its colour in plots, of the palette of Okabe and Ito that colour-blind people can tell apart.
    var colour: String { self == .segnet ? "#0072b2" : "#d55e00" }
    /// Its mark in plots, so that colour is not all.
    var mark: Int { self == .segnet ? 7 : 5 }
}
