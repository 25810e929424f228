import Foundation
import LungfoldCluster
import LungfoldStudy

/// `lungfold status --watch`: the view of a study that another process runs, from its status files,
/// until the run has ended.
public struct StatusWatch {
    private let directory: RunDirectory

    /// Names the study's folder.
    public init(_ directory: RunDirectory) { self.directory = directory }

    /// Watches: on a terminal in place, elsewhere by a line when something has changed.
    /// - Throws: `LungfoldError` where the folder is no study's.
    public func run() throws {
        StopSignals.watch()
        let terminal = Terminal.current()
        var live = LivePresenter(terminal)
        let isLive = terminal.canRedraw(1)
        var last = ""
        while true {
            let status = try StudyStatus(directory)
            let isOver = status.state != RunRecord.State.running.rawValue
            if isLive {
                for failure in status.failed where !last.contains("\n\(failure.key)\n") {
                    last += "\n\(failure.key)\n"
                    live.say(.line, "\(failure.key) FAILED: \(failure.reason)", nil)
                }
                live.refresh(status.view)
            } else {
                // Sums, and no more: what is running changes all the time.
                let line = status.view.summary
                if line != last { Console.say(line) }
                last = line
            }
            if isOver { return }
            for _ in 0..<10 where !StopSignals.hasArrived { Thread.sleep(forTimeInterval: 0.1) }
            if StopSignals.hasArrived { return }
        }
    }
}
