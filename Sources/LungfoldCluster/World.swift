import Foundation
import LungfoldStudy
import Synchronization

/// The processes that mpirun started, as one of them sees them. With one rank, and without mpirun,
/// everything works the same.
///
/// All ranks call the collective methods in the same order. An error that all ranks were told of is
/// thrown on all of them (`isKnownToAll`); rank 0 prints it and all end with its exit code. Any other
/// error concerns one rank, which has to end the others with `abort`. `run` does both.
public final class World: Sendable {
    /// This process's number, from 0.
    public let rank: Int
    /// The number of processes.
    public let size: Int
    /// Where the ranks are and which cores they may use.
    public let placement: Placement
    /// The MPI library, such as `Open MPI v4.1.4`.
    public let library: String

    let comm: CommThread
    let stopFlag = StopFlag()
    private let limitScale: Double
    private let sharedFailure = Monitor<LungfoldError?>(nil)

    /// The name of this rank's host.
    public var host: String { placement.hosts[rank] }

    private init(comm: CommThread, _ facts: Facts, limitScale: Double) {
        self.comm = comm
        self.limitScale = limitScale
        rank = facts.rank
        size = facts.size
        placement = facts.placement
        library = facts.library
    }

    private struct Facts: Sendable {
        var rank: Int
        var size: Int
        var placement: Placement
        var library: String
    }

    private static let hasStarted = Atomic<Bool>(false)
    /// How long a rank waits for the others in a collective call, in seconds. Ranks come to one at
    /// about the same time, or after rank 0 has read the data or written the report: that one itself
    /// waits a twelfth of it, 150 s.
    private static let patience = 1800.0
    /// How long it waits for them at the end.
    private static let lastPatience = 300.0

    /// Starts MPI and meets the other ranks. Once a process.
    /// - Parameters:
    ///   - seconds: how long MPI may take.
    ///   - limitScale: a factor on how long the ranks wait for each other from then on, for tests.
    /// - Throws: `LungfoldError` when the launcher is not one that this MPI understands, or MPI fails.
    public static func start(
        atMost seconds: Double = 180, limitScale: Double = 1
    ) throws -> World {
        guard !hasStarted.exchange(true, ordering: .relaxed) else {
            throw LungfoldError(.internal, "MPI", "it can be started once in a process")
        }
        let launcher = Launcher(environment: ProcessInfo.processInfo.environment)
        try launcher.checkBeforeStart()
        Launcher.prepareEnvironment()
        let affinity = MPI.affinityMask()  // before MPI starts threads of its own
        let comm = CommThread()
        let patience = limitScale * Self.patience
        let facts = try comm.start(atMost: seconds, patience: patience) { mpi in
            try launcher.check(size: mpi.size)
            let placement = try Placement.discover(mpi, affinity: affinity)
            mpi.hosts = placement.hosts
            return Facts(
                rank: mpi.rank, size: mpi.size, placement: placement,
                library: mpi.libraryVersion())
        }
        return World(comm: comm, facts, limitScale: limitScale)
    }

    // MARK: Stopping

    /// Asks all ranks to stop: no more jobs are handed out, and running ones see
    /// `JobContext.shouldStop`. Takes no lock, so that a signal handler may call it.
    public func requestStop() { stopFlag.set() }

    /// Whether the study was asked to stop, as far as this rank knows.
    public var isStopping: Bool { stopFlag.isSet }

    /// Waits for all ranks and ends MPI. Nothing else may be called after this.
    /// - Parameters:
    ///   - code: the exit code of what was done.
    ///   - seconds: how long to wait for the other ranks; nil for five minutes, scaled.
    /// - Throws: `LungfoldError` when they do not come; what is left then is `abort`. A rank that has
    ///   come and is stopped before the end keeps the others in MPI_Finalize: five minutes more, then
    ///   they say so and leave with the code, or with 70 where it is 0.
    public func finish(with code: Int32 = 0, atMost seconds: Double? = nil) throws {
        let usual = limitScale * Self.lastPatience
        try comm.call { [self] mpi in
            try mpi.barrier(atMost: seconds ?? usual)
            comm.close()
            // Alone it waits for nobody.
            let exit = size > 1 ? exitLater(with: code, after: max(10, usual)) : nil
            defer { exit?.callOff() }
            try mpi.finalize()
        }
    }

    /// Has this process leave MPI_Finalize after a while.
    private func exitLater(with code: Int32, after seconds: Double) -> Diagnostics.DueExit {
        let late = MPI.isLate(
            "MPI_Finalize", "another rank has come to it and does not leave for \(Int(seconds)) s")
        return Diagnostics.exitLater(
            code == 0 ? late.kind.rawValue : Int(code), after: seconds, saying: words(late))
    }

    /// What this rank says of an error.
    private func words(_ error: any Error) -> String {
        size == 1 ? "\(error)" : "rank \(rank) on \(host): \(error)"
    }

    /// Says why and ends the processes of all ranks at once.
    /// - Parameters:
    ///   - reason: what happened on this rank.
    ///   - code: the exit code, 1 to 125; by default the one of the error.
    public func abort(_ reason: any Error, code: Int32? = nil) -> Never {
        let kind = (reason as? LungfoldError)?.kind ?? .internal
        Diagnostics.say(words(reason))
        comm.abortRequest.set(code ?? Int32(kind.rawValue))
        let begin = Clock.now  // the comm thread ends this process, unless it is stuck
        while Clock.now - begin < 10 { Clock.sleep(seconds: 0.1) }
        Diagnostics.exitNow(Int(comm.abortRequest.code ?? 70))
    }

    // MARK: Failures that all ranks know

    /// Whether every rank has thrown this error, so that rank 0 alone should print it.
    public func isKnownToAll(_ error: any Error) -> Bool {
        guard let error = error as? LungfoldError else { return false }
        return sharedFailure.withLock { $0 } == error
    }

    /// Remembers that all ranks throw this error, and gives it back to be thrown.
    func shared(_ error: LungfoldError) -> LungfoldError {
        sharedFailure.withLock { $0 = error }
        return error
    }
}
