import Dispatch
import LungfoldImaging

/// Writes `status.json` every two seconds, for as long as it lives. A disk that refuses is no reason
/// to stop: what must be kept says so itself.
final class StatusWriter {
    private let queue = DispatchQueue(label: "status")
    private let timer: any DispatchSourceTimer
    private let path: String

    init(_ progress: StudyProgress, directory: RunDirectory) {
        path = directory.statusFile
        timer = DispatchSource.makeTimerSource(queue: queue)
        timer.setEventHandler { [path] in
            guard let bytes = try? JSON.encode(progress.runningJobs) else { return }
            try? WholeFile.write(bytes, to: path)
        }
        timer.schedule(deadline: .now(), repeating: 2)
        timer.activate()
    }

    deinit {
        timer.cancel()
        queue.sync {}  // a write may be under way, and would bring the file back
        FileSystem.remove(path)
    }
}
