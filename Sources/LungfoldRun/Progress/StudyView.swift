import LungfoldStudy

/// What a person who watches a study sees, apart from how: of a run's own state, or of a folder's status
/// files.
package struct StudyView: Hashable, Sendable {
    /// `running`, or how the run ended.
    var state: String
    /// Which start of the study it is; nil for a single training.
    var generation: Int?
    var jobs: Int
    var finished: Int
    var failed: Int
    /// The jobs that run, by rank.
    var running: [StudyStatus.RunningJob]
    /// The hosts of the ranks.
    var hosts: [String]
    /// The share of the work that is done, in 0...1.
    var share: Double
    /// Seconds since the run began.
    var elapsed: Double?
    /// Seconds that all jobs still take.
    var secondsLeft: Double?

    /// The jobs that nobody is at work on and that have not ended.
    var waiting: Int { max(0, jobs - finished - failed - running.count) }

    /// The lines to show.
    /// - Parameter size: that of the terminal; no line is as long as it is wide.
    package func lines(_ size: Terminal.Size) -> [String] {
        let width = max(20, size.columns - 1)
        // A view that is higher than its terminal could not be drawn over.
        let room = size.rows - 6
        guard room > 1 else { return [summary, bar(width)].map { Self.cut($0, to: width) } }
        return ([summary, bar(width)] + rows(width, atMost: room)).map { Self.cut($0, to: width) }
    }

    /// `running, run 1 on 2 ranks: 3 of 8 jobs done, 1 failed, 2 waiting`
    package var summary: String {
        let run = generation.map { ", run \($0)" } ?? ""
        let place = hosts.count > 1 ? " on \(hosts.count) ranks" : ""
        return "\(state)\(run)\(place): \(finished) of \(jobs) jobs done, \(failed) failed, "
            + "\(waiting) waiting"
    }

    /// `[#####-----]  50 %  2 min, about 3 min left`
    private func bar(_ width: Int) -> String {
        let percent = Int((share * 100).rounded(.down))
        let times = [
            elapsed.map { "\(Text.duration($0)) so far" },
            secondsLeft.map { "about \(Text.duration($0)) left" },
        ].compactMap(\.self).joined(separator: ", ")
        let cells = min(40, max(10, width - 46))
        let filled = min(cells, max(0, Int(share * Double(cells))))
        let bar =
            String(repeating: "#", count: filled)
            + String(repeating: "-", count: cells - filled)
        return "[\(bar)] \(Self.right("\(percent)", 3)) %  \(times)"
    }

    // MARK: Ranks

    private struct Column: Sendable {
        var title: String
        /// Lines up on the left, as text does.
        var isText = false
        /// The width of the terminal from which on there is room for it.
        var from = 0
        var value: @Sendable (StudyStatus.RunningJob) -> String
    }

    private static let columns = [
        Column(title: "rank") { "\($0.rank)" },
        Column(title: "job", isText: true) { $0.key },
        Column(title: "epoch") { $0.epoch > 0 ? "\($0.epoch)/\($0.epochs)" : "" },
        Column(title: "loss", from: 60) { $0.loss.map { Text.decimal($0, 4) } ?? "" },
        Column(title: "images/s", from: 70) {
            $0.imagesPerSecond.flatMap { $0 > 0 ? Text.decimal($0, 1) : nil } ?? ""
        },
        Column(title: "left") { $0.secondsLeft.map(Text.duration) ?? "" },
        Column(title: "host", isText: true, from: 100) { $0.host },
    ]

    /// A line for each rank under a header: with more ranks than room, those that work.
    private func rows(_ width: Int, atMost room: Int) -> [String] {
        guard !running.isEmpty else { return [] }
        let columns = Self.columns.filter { width >= $0.from - 1 }
        let byRank = Dictionary(running.map { ($0.rank, $0) }, uniquingKeysWith: { $1 })
        // A damaged status.json may hold any number.
        let last = byRank.keys.max() ?? 0
        let count = max(hosts.count, last.addingReportingOverflow(1).partialValue)
        let shown =
            count <= room ? Array(0..<count) : Array(byRank.keys.sorted().prefix(room - 1))
        let table = [columns.map(\.title)] + shown.map { cells(byRank[$0], rank: $0, columns) }
        var widths = columns.indices.map { column in table.map { $0[column].count }.max() ?? 0 }
        // Numbers that come and go must not move what stands beside them.
        for (index, column) in columns.enumerated() {
            let least = ["job": 26, "epoch": 7, "loss": 6, "left": 9][column.title] ?? 0
            widths[index] = max(widths[index], least)
        }
        let excess = widths.reduce(0, +) + 2 * (columns.count - 1) - width
        if excess > 0 { widths[1] = max(8, widths[1] - excess) }
        let lines = table.map { row in
            columns.indices.map { index in
                let cell = Self.cut(row[index], to: widths[index])
                return columns[index].isText
                    ? Self.left(cell, widths[index]) : Self.right(cell, widths[index])
            }.joined(separator: "  ").trimmedRight
        }
        let rest = count - shown.count
        return lines + (rest > 0 ? ["... and \(rest) more ranks"] : [])
    }

    private func cells(_ job: StudyStatus.RunningJob?, rank: Int, _ columns: [Column])
        -> [String]
    {
        if let job { return columns.map { $0.value(job) } }
        return columns.map { column in
            switch column.title {
            case "rank": "\(rank)"
            case "job": "no job"
            case "host": rank < hosts.count ? hosts[rank] : ""
            default: ""
            }
        }
    }

    // MARK: Text

    private static func cut(_ text: String, to width: Int) -> String {
        let plain = text.printable
        return plain.count <= width ? plain : plain.prefix(max(0, width - 3)) + "..."
    }

    private static func left(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    private static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}

extension String {
    /// Without what a terminal would obey: control characters become `?`, tabs spaces.
    var printable: String {
        String(
            String.UnicodeScalarView(
                unicodeScalars.map { scalar in
                    if scalar == "\t" { return " " }
                    return scalar.properties.generalCategory == .control ? "?" : scalar
                }))
    }

    fileprivate var trimmedRight: String {
        var text = Substring(self)
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
