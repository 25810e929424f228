import Dispatch
import Foundation
import Logging
import LungfoldCluster
import LungfoldStudy
import Synchronization

/// The log of this rank, `logs/rank-N.log`: what it did, line by line, for whoever looks for what went
/// wrong. Where there is none, and where it cannot be written, nothing happens: training does not live
/// on it.
enum RankLog {
    /// Between two lines of a kind that comes often.
    private static let pause = Duration.seconds(10)

    private struct State {
        var logger: Logger?
        var last: [String: ContinuousClock.Instant] = [:]
    }

    private static let state = Mutex(State())

    /// Opens the log of a run.
    static func open(_ directory: RunDirectory, rank: Int, generation: Int) {
        try? FileSystem.makeDirectory(directory.logsDirectory, levels: 1)
        let file = LogFile("\(directory.logsDirectory)/rank-\(rank).log")
        let logger = Logger(label: "rank \(rank)") { _ in
            RankLogHandler(file: file, run: generation)
        }
        state.withLock { $0.logger = logger }
    }

    /// Puts down what was done.
    static func note(_ text: String) { write(.info, text) }

    /// Puts down what comes often, every ten seconds at most.
    /// - Parameter kind: what the pause is counted for.
    static func noteSometimes(_ kind: String, _ text: @autoclosure () -> String) {
        let isDue = state.withLock { state in
            let last = state.last[kind]
            guard state.logger != nil, last.map({ .now - $0 >= pause }) ?? true else {
                return false
            }
            state.last[kind] = .now
            return true
        }
        if isDue { note(text()) }
    }

    /// Puts down what was wrong and has been got round.
    static func warn(_ text: String) { write(.warning, text) }

    /// Puts down what ends a job or the run.
    static func fail(_ text: String) { write(.error, text) }

    /// Puts down a line that went to standard error past the console: a disk that hangs must not keep
    /// the comm thread from its work, nor the process from ending.
    static func overhear(_ text: String, _ kind: Diagnostics.Kind) {
        let isWritten = DispatchSemaphore(value: 0)
        DispatchQueue.global().async {
            write(kind == .warning ? .warning : .error, text)
            isWritten.signal()
        }
        if kind == .lastWords { _ = isWritten.wait(timeout: .now() + 1) }
    }

    private static func write(_ level: Logger.Level, _ text: String) {
        state.withLock { $0.logger }?.log(level: level, "\(text)")
    }
}

/// Writes the lines of one rank: time, run, level, text.
struct RankLogHandler: LogHandler {
    let file: LogFile
    /// The number of the run.
    let run: Int
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    init(file: LogFile, run: Int) {
        self.file = file
        self.run = run
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let text = "\(event.message)".split(separator: "\n").joined(separator: " | ")
        file.append("\(StudyEvent.stamp(Date())) run \(run) \(event.level): \(text)")
    }
}

/// A log file that is set aside as `NAME.1` once it has a given size, in place of the one before it: a
/// rank's logs never take more than twice that.
package final class LogFile: Sendable {
    private let path: String
    private let limit: Int
    private let file = Mutex<AppendFile?>(nil)

    /// - Parameter limit: in bytes.
    package init(_ path: String, limit: Int = 4 << 20) {
        self.path = path
        self.limit = limit
    }

    /// Adds a line. A disk that refuses shows in the files that must be kept.
    package func append(_ line: String) {
        file.withLock { file in
            if let open = file, open.size > limit {
                file = nil
                FileSystem.rename(path, to: path + ".1")
            }
            if file == nil { file = try? AppendFile(path) }
            try? file?.append(line.utf8)
        }
    }
}
