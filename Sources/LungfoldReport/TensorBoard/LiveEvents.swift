import LungfoldStudy

/// The event file of a job that is being trained. It lies in a folder of its own, which TensorBoard takes
/// for a run of its own, until the job is done: a file that is replaced it would not read again.
public struct LiveEvents: Sendable {
    /// The folder's name, in the job's.
    public static let folderName = "live"

    private var curve: CurveEvents
    private var file = EventFile()
    private var written = 0

    /// Begins the curve of a job.
    /// - Parameter iteration: the last one that earlier files of the folder tell of.
    public init(_ job: Job, after iteration: Int) {
        curve = CurveEvents(
            task: job.task, split: job.split, experiment: job.experiment, after: iteration)
    }

    /// The name of a file that begins now: TensorBoard reads the files of a folder by name.
    /// - Parameter time: seconds since 1970.
    public static func fileName(time: Int) -> String { "events.out.tfevents.\(time).lungfold" }

    /// What is to be added to the file: what is new in a history.
    /// - Parameters:
    ///   - history: the curve so far, which only grows.
    ///   - time: seconds since 1970.
    public mutating func bytes(of history: History, time: Int) -> [UInt8] {
        curve.add(history, to: &file, time: Double(time))
        defer { written = file.bytes.count }
        return Array(file.bytes[written...])
    }
}
