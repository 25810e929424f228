import Glibc
import LungfoldReport

/// A job's speed for TensorBoard, epoch by epoch: a file beside the job's own curve, since no two runs
/// are equally fast and everything else a job leaves is the same to the byte. No manifest and no report
/// knows of it, and where it cannot be written nothing is lost but the speed.
final class JobSpeed {
    private let path: String
    private var file: GrowingFile?
    private var isBegun = false

    init(_ directory: JobDirectory) { path = "\(directory.path)/\(SpeedEvents.name)" }

    /// Adds an epoch's speed. The first of a run takes the place of those that an earlier run had of
    /// this epoch and later ones.
    func note(_ imagesPerSecond: Double, iteration: Int) {
        if !isBegun {
            isBegun = true
            let kept = SpeedEvents.kept(FileSystem.readIfAny(path), before: iteration)
            file = try? GrowingFile(path, beginning: kept)
        }
        file?.append(
            SpeedEvents.record(imagesPerSecond, iteration: iteration, time: Double(time(nil))))
    }
}
