import Glibc
import LungfoldReport
import LungfoldStudy

/// A job's training curve while it is trained, for people and TensorBoard: a table and events, which grow
/// in `live/` and go when the job is done. Not under the names of what a finished job leaves, which a rank
/// that was cut off must not replace by half a curve. Nothing reads them to go on, and where they cannot
/// be written nothing is lost but the sight of them.
final class JobCurve {
    private let job: Job
    private let directory: JobDirectory
    private let table: HistoryTable
    private var history: GrowingFile?
    private var epochs = 0
    private var live: LiveEvents?
    private var events: GrowingFile?

    init(_ job: Job, _ directory: JobDirectory) {
        self.job = job
        self.directory = directory
        table = HistoryTable(classes: job.task.classCount)
    }

    /// Brings the files up to a curve, at the end of an epoch.
    func note(_ curve: History) {
        if live == nil { begin(curve) }
        history?.append(Array(table.rows(curve, from: epochs).utf8))
        epochs = curve.epochs.count
        let now = time(nil)
        if let bytes = live?.bytes(of: curve, time: now) { events?.append(bytes) }
    }

    /// The table begins anew: an earlier run may have come further than the checkpoint that this one
    /// goes on from. TensorBoard keeps what it has read, and gets what comes now.
    private func begin(_ curve: History) {
        let isContinued = !FileSystem.names(in: directory.liveFolder).isEmpty
        let perEpoch = job.experiment.iterationsPerEpoch(slices: job.split.training.count)
        live = LiveEvents(job, after: isContinued ? (curve.epochs.count - 1) * perEpoch : 0)
        let folder = directory.liveFolder
        guard (try? FileSystem.makeDirectory(folder, levels: 1)) != nil else { return }
        history = try? GrowingFile(
            "\(folder)/\(JobDirectory.historyName)", beginning: Array(table.header.utf8))
        events = try? GrowingFile(
            "\(folder)/\(LiveEvents.fileName(time: time(nil)))", beginning: [])
    }
}
