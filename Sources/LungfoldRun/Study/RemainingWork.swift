import LungfoldCluster
import LungfoldStudy

/// What is left to do of a job, which is what counts for the order of the queue and for the time left.
package struct RemainingWork: Hashable, Sendable {
    /// The job's key.
    package let key: String
    /// The share that its checkpoint holds, in 0...1, as far as the checkpoint's header tells.
    package let share: Double
    /// Floating-point operations without that share.
    package let cost: Double

    /// Looks into a job's folder.
    package init(_ job: Job, in directory: JobDirectory) throws {
        let done = Double(CheckpointFiles.iteration(in: directory))
        key = job.key
        share = min(1, max(0, done / Double(max(1, job.iterations))))
        cost = try job.floatingPointOperations() * (1 - share)
    }

    /// As the queue takes it.
    var task: QueueTask { QueueTask(key: key, cost: cost) }
}
