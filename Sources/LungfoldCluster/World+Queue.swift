import LungfoldStudy

extension World {
    /// Runs jobs on all ranks, this one included, until each has ended. Collective.
    ///
    /// The calling thread runs the jobs given to this rank, one after the other; the comm thread
    /// carries the messages. Rank 0's comm thread hands out the jobs, those of the largest cost first,
    /// while its calling thread works too. A job that throws has failed and the others go on; one that
    /// throws a `LungfoldError` of kind `interrupted` counts as unfinished.
    ///
    /// A rank that falls silent, or a job that makes no step, is named on standard error and then ends
    /// the run with exit code 70; a rank that has lost rank 0 stops its job and leaves with 75.
    /// - Parameters:
    ///   - tasks: the jobs; only rank 0's are read.
    ///   - limits: how long to wait for what.
    ///   - onEvent: told of every event, on rank 0 only and on its comm thread, so it should be brief.
    ///   - perform: runs a job.
    /// - Returns: how the queue ended, the same on all ranks.
    /// - Throws: `LungfoldError` if MPI fails before the queue begins.
    public func runQueue(
        _ tasks: [QueueTask], limits: QueueLimits = QueueLimits(),
        onEvent: @escaping @Sendable (QueueEvent) -> Void,
        perform: (_ key: String, _ context: JobContext) throws -> Void
    ) throws -> QueueSummary {
        let handover = Handover(stopFlag: stopFlag, stall: limits.stall)
        let hosts = placement.hosts
        let pending = comm.begin { [self] mpi in
            do {
                let coordination =
                    mpi.rank == 0
                    ? Coordination(tasks: tasks, hosts: hosts, limits: limits, onEvent: onEvent)
                    : nil
                return try QueueLoop(
                    mpi: mpi, handover: handover, limits: limits, coordination: coordination
                ).run()
            } catch {
                // The trainer may be in a job for hours; the run ends here and now.
                Diagnostics.say("\(error)")
                comm.abortRequest.set(Int32(LungfoldError.Kind.internal.rawValue))
                try mpi.idle()
                throw error
            }
        }
        let context = JobContext(handover: handover)
        while case .run(let key) = handover.nextOrder() {
            handover.post(Self.outcome { try perform(key, context) })
        }
        return try pending.value()
    }

    private static func outcome(of job: () throws -> Void) -> WorkerMessage {
        do {
            try job()
            return .finished
        } catch let error as LungfoldError where error.kind == .interrupted {
            return .interrupted
        } catch {
            return .failed(reason: "\(error)")
        }
    }
}
