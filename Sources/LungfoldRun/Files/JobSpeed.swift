import Glibc
import LungfoldImaging
import LungfoldReport

/// A job's speed for TensorBoard, epoch by epoch: a file beside the job's own curve, since no two runs
/// are equally fast and everything else a job leaves is the same to the byte. No manifest and no report
/// knows of it, and where it cannot be written nothing is lost but the speed.
final class JobSpeed {
    private let path: String
    private var descriptor: Int32 = -1
    private var isOpen = false

    init(_ directory: JobDirectory) { path = "\(directory.path)/\(SpeedEvents.name)" }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Adds an epoch's speed. The first of a run takes the place of those that an earlier run had of
    /// this epoch and later ones.
    func note(_ imagesPerSecond: Double, iteration: Int) {
        if !isOpen { open(before: iteration) }
        guard descriptor >= 0 else { return }
        let record = SpeedEvents.record(
            imagesPerSecond, iteration: iteration, time: Double(time(nil)))
        do {
            try WholeFile.write(record, toOpen: descriptor, name: path)
        } catch {
            // Nothing can be read behind a torn record; the next run takes it out.
            close(descriptor)
            descriptor = -1
        }
    }

    private func open(before iteration: Int) {
        isOpen = true
        let kept = SpeedEvents.kept(FileSystem.readIfAny(path), before: iteration)
        guard (try? WholeFile.write(kept, to: path)) != nil else { return }
        descriptor = Glibc.open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
    }
}
