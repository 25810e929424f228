import Dispatch
import LungfoldImaging

/// Writes `status.json` every two seconds, for as long as it lives. A disk that refuses is no reason
/// to stop: what must be kept says so itself.
final class StatusWriter {
    private let timer = DispatchSource.makeTimerSource(queue: .global())
    private let path: String

    init(_ progress: StudyProgress, directory: RunDirectory) {
        path = directory.statusFile
        timer.setEventHandler { [path] in
            guard let bytes = try? JSON.encode(progress.runningJobs) else { return }
            try? WholeFile.write(bytes, to: path)
        }
        timer.schedule(deadline: .now(), repeating: 2)
        timer.activate()
    }

    deinit {
        timer.cancel()
        FileSystem.remove(path)
    }
}
