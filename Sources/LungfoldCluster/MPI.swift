import CLungfoldMPI
import Glibc
import LungfoldStudy

/// MPI as Swift sees it: the only importer of the shim. Every code of every call is checked here, and
/// an error carries MPI's own text.
///
/// The comm thread makes one and passes it to what it runs; it is not Sendable, so the compiler lets
/// no other thread make an MPI call. Nothing waits inside MPI, which would burn a core: a
/// communication is started, tested, and slept upon in between.
final class MPI {
    let rank: Int
    let size: Int
    /// The host of each rank, for messages; empty until the ranks have met.
    var hosts: [String] = []
    private let abortRequest: AbortRequest
    private let patience: Double
    private var rollCall: RollCall
    private var pendingSends: [PendingSend] = []
    private var queueCount: Int32 = 0

    /// Bytes of one broadcast or values of one reduction: well below the 2^31 that MPI's counts allow,
    /// and small enough that `wait` seldom sleeps while data is flowing.
    static let chunk = 16 << 20

    /// The tag of a rank's word that it has come to a collective call; queues use those from 2.
    private static let arrivalTag: Int32 = 1

    /// Initialises MPI. To be called once a process, on the thread that makes all MPI calls.
    /// - Parameters:
    ///   - abortRequest: ends all ranks once it is set.
    ///   - patience: how long to wait for the other ranks, in seconds.
    init(abortRequest: AbortRequest, patience: Double) throws {
        var rank: Int32 = 0
        var size: Int32 = 0
        try Self.check("MPI_Init_thread", lf_mpi_init())
        try Self.check("MPI_Comm_rank", lf_mpi_rank(&rank))
        try Self.check("MPI_Comm_size", lf_mpi_size(&size))
        self.rank = Int(rank)
        self.size = Int(size)
        self.abortRequest = abortRequest
        self.patience = patience
        rollCall = RollCall(rank: Int(rank), size: Int(size))
    }

    private static func check(_ function: String, _ code: Int32) throws {
        guard code != 0 else { return }
        let text = self.text(capacity: 512) { lf_mpi_error_text(code, $0, $1) }
        throw LungfoldError(
            .internal, function, "MPI reports \(text) (code \(code))",
            remedy: "See mpirun's own messages; `lungfold doctor` shows the MPI in use")
    }

    private static func text(
        capacity: Int, _ fill: (UnsafeMutablePointer<CChar>, Int32) -> Int32
    ) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity) { buffer in
            buffer.initialize(repeating: 0)
            _ = fill(buffer.baseAddress!, Int32(capacity))
            return String(cString: buffer.baseAddress!)
        }
    }

    // MARK: Waiting

    /// Starts a communication and waits for its end. Sleeps a twentieth of the time waited so far
    /// between tests, up to 10 ms, so that waiting for another rank costs next to nothing. Bulk data
    /// flows only while MPI is called, so for its first second it gets the whole core: shared memory
    /// moves 12 MB/s with the sleeps and some 100 times as much without.
    /// - Parameters:
    ///   - bytes: the size of the data that this moves.
    ///   - limit: the seconds to wait; it only keeps a run from hanging for ever.
    /// - Returns: whether it has ended in time.
    private func complete(
        _ function: String, bytes: Int = 0, atMost limit: Double,
        _ start: (inout lf_mpi_request) -> Int32
    ) throws -> Bool {
        var request = lf_mpi_request()
        try Self.check(function, start(&request))
        var (begin, lastTurn) = (Clock.now, Clock.now)
        let sleepless = bytes > 64 << 10 ? 1.0 : 0
        while try !isDone(function, &request) {
            let now = Clock.now
            // Stopped by SIGSTOP: the others may have been, too, and are not late for it.
            if now - lastTurn > 5 { begin += now - lastTurn }
            lastTurn = now
            let waited = now - begin
            if waited > limit { return false }
            if waited < sleepless {
                sched_yield()
            } else {
                Clock.sleep(seconds: min(0.01, (waited - sleepless) / 20))
            }
        }
        return true
    }

    /// That the others have kept this rank waiting for too long.
    static func isLate(_ function: String, _ problem: String) -> LungfoldError {
        LungfoldError(
            .internal, function, problem, remedy: "Ending the run; the same command continues it")
    }

    private func isDone(_ function: String, _ request: inout lf_mpi_request) throws -> Bool {
        obeyAbort()
        var done: Int32 = 0
        try Self.check(function, lf_mpi_test(&request, &done))
        return done != 0
    }

    /// Ends all ranks if a thread has asked for it; then does not return.
    private func obeyAbort() {
        guard let code = abortRequest.code else { return }
        JobMark.noteRequest()
        // MPI_Abort waits for a daemon that may be out of reach, and flushing for whoever reads. The
        // trainer would go on meanwhile, and the folder's lock would beat.
        Diagnostics.exitLater(Int(code), after: 10)
        fflush(nil)
        _ = lf_mpi_abort(code)
        Diagnostics.exitNow(Int(code))
    }

    // MARK: Collectives

    /// Makes a collective call, to which all ranks come, and waits for its end.
    /// - Parameter limit: the seconds to wait for the others.
    private func meet(
        _ function: String, bytes: Int = 0, atMost limit: Double,
        _ start: (inout lf_mpi_request) -> Int32
    ) throws {
        try arrive()
        // The others may have to wait for rank 0, which reads the data and writes the report; it has
        // nobody to wait for, and can name those who are missing.
        let limit = rank == 0 ? min(limit, patience / 12) : limit + max(5, limit / 10)
        guard try !complete(function, bytes: bytes, atMost: limit, start) else { return }
        if rank == 0 { try hearOfArrivals() }
        let seconds = Int(limit.rounded(.up))
        throw Self.isLate(function, rollCall.problem(after: seconds, hosts: hosts))
    }

    private func arrive() throws {
        rollCall.advance()
        guard rank != 0 else { return try hearOfArrivals() }
        _ = try sendsAreDone()  // of earlier arrivals
        try send(rollCall.call.bytes, to: 0, tag: Self.arrivalTag)
    }

    private func hearOfArrivals() throws {
        while let (source, bytes) = try receive(tag: Self.arrivalTag) {
            rollCall.hear(try UInt64(bytes: bytes), from: source)
        }
    }

    /// Overwrites every rank's bytes by rank 0's. All ranks pass as many.
    func broadcast(_ bytes: inout [UInt8]) throws {
        try bytes.withUnsafeMutableBytes { buffer in
            for start in stride(from: 0, to: buffer.count, by: Self.chunk) {
                let count = min(Self.chunk, buffer.count - start)
                let part = buffer.baseAddress! + start
                try meet("MPI_Ibcast", bytes: count, atMost: patience) {
                    lf_mpi_broadcast(part, Int32(count), &$0)
                }
            }
        }
    }

    /// Every rank's record, in the order of the ranks. All ranks pass as many bytes.
    func allGather(_ record: [UInt8]) throws -> [[UInt8]] {
        var all = [UInt8](repeating: 0, count: record.count * size)
        try record.withUnsafeBytes { send in
            try all.withUnsafeMutableBytes { receive in
                try meet("MPI_Iallgather", atMost: patience) {
                    lf_mpi_all_gather(
                        send.baseAddress, Int32(send.count), receive.baseAddress, &$0)
                }
            }
        }
        return (0..<size).map { Array(all[$0 * record.count..<($0 + 1) * record.count]) }
    }

    /// The element-wise reduction over the ranks: on rank 0, or on all if `everywhere`; the values on
    /// other ranks are without meaning. All ranks pass as many.
    func reduce<Value: ReducibleInteger>(
        _ values: [Value], _ operation: ReducingOperation, everywhere: Bool = false
    ) throws -> [Value] {
        var result = [Value](repeating: 0, count: values.count)
        try values.withUnsafeBufferPointer { send in
            try result.withUnsafeMutableBufferPointer { receive in
                for start in stride(from: 0, to: send.count, by: Self.chunk) {
                    let count = Int32(min(Self.chunk, send.count - start))
                    let (from, to) = (send.baseAddress! + start, receive.baseAddress! + start)
                    try meet(
                        everywhere ? "MPI_Iallreduce" : "MPI_Ireduce", bytes: 8 * Int(count),
                        atMost: patience
                    ) {
                        (everywhere ? lf_mpi_all_reduce : lf_mpi_reduce)(
                            from, to, count, Value.mpiType, operation.mpiOperation, &$0)
                    }
                }
            }
        }
        return result
    }

    /// Waits until all ranks are here; throws if they are not when `limit` seconds have passed.
    func barrier(atMost limit: Double) throws {
        try meet("MPI_Ibarrier", atMost: limit) { lf_mpi_barrier(&$0) }
    }

    // MARK: Messages

    /// Sends a message without waiting. Messages from one rank to another arrive in order.
    func send(_ bytes: [UInt8], to rank: Int, tag: Int32) throws {
        let send = PendingSend(bytes)
        try Self.check("MPI_Isend", send.start(to: Int32(rank), tag: tag))
        pendingSends.append(send)
    }

    /// Whether all messages sent have left; lets go of those that have.
    func sendsAreDone() throws -> Bool {
        pendingSends = try pendingSends.filter { try !isDone("MPI_Isend", &$0.request) }
        return pendingSends.isEmpty
    }

    /// The next message of any rank with this tag, if one is here.
    func receive(tag: Int32) throws -> (source: Int, bytes: [UInt8])? {
        guard let (source, count) = try probe(tag: tag) else { return nil }
        var bytes = [UInt8](repeating: 0, count: Int(count))
        try bytes.withUnsafeMutableBytes { buffer in
            let isWhole = try complete("MPI_Irecv", atMost: patience) {
                lf_mpi_receive(buffer.baseAddress, count, source, tag, &$0)
            }
            if !isWhole { throw Self.isLate("MPI_Irecv", "a message of rank \(source) stays away") }
        }
        return (Int(source), bytes)
    }

    /// Lets MPI get on with its own work while nobody needs it, and obeys an abort.
    func idle() throws { _ = try probe(tag: -1) }

    private func probe(tag: Int32) throws -> (source: Int32, bytes: Int32)? {
        obeyAbort()
        var (found, source, count) = (Int32(0), Int32(0), Int32(0))
        try Self.check("MPI_Iprobe", lf_mpi_probe(tag, &found, &source, &count))
        return found == 0 ? nil : (source, count)
    }

    /// The tags of the next job queue. All ranks open the same queues in the same order, so they
    /// agree; and a rank that is ahead cannot speak into a queue that others have not left yet.
    func nextQueueTags() -> (toCoordinator: Int32, toWorker: Int32) {
        queueCount = (queueCount + 1) % 10_000
        return (2 * queueCount, 2 * queueCount + 1)
    }

    // MARK: The world around

    /// The name MPI has for this host.
    func processorName() -> String { Self.text(capacity: 256, lf_mpi_processor_name) }

    /// The MPI library's name and version, its first line.
    func libraryVersion() -> String {
        String(Self.text(capacity: 1024, lf_mpi_library_version).prefix { $0 != "," && $0 != "\n" })
    }

    /// The ranks that can share memory with this one, itself included. Collective.
    func ranksSharingMemory() throws -> Int {
        var count: Int32 = 0
        try Self.check("MPI_Comm_split_type", lf_mpi_ranks_sharing_memory(&count))
        return Int(count)
    }

    /// The cores this process may run on, bit i of the bytes for core i; all zero if unknown.
    static func affinityMask() -> [UInt8] {
        var mask = [UInt8](repeating: 0, count: 512)
        let error = mask.withUnsafeMutableBufferPointer {
            lf_host_affinity($0.baseAddress, Int32($0.count))
        }
        return error == 0 ? mask : [UInt8](repeating: 0, count: mask.count)
    }

    /// The cores of this host that are online.
    static func hostCores() -> Int { max(1, Int(lf_host_cores())) }

    /// Ends MPI. To be called where all ranks are known to be, after `barrier`.
    func finalize() throws { try Self.check("MPI_Finalize", lf_mpi_finalize()) }
}

extension ReducibleInteger {
    fileprivate static var mpiType: lf_mpi_type { isSigned ? LF_MPI_INT64 : LF_MPI_UINT64 }
}

extension ReducingOperation {
    fileprivate var mpiOperation: lf_mpi_operation {
        switch self {
        case .sum: LF_MPI_SUM
        case .bitwiseOr: LF_MPI_BITWISE_OR
        case .minimum: LF_MPI_MIN
        }
    }
}

/// A message on its way, with the memory that MPI reads it from.
private final class PendingSend {
    var request = lf_mpi_request()
    private let bytes: UnsafeMutableRawBufferPointer

    init(_ content: [UInt8]) {
        bytes = .allocate(byteCount: max(1, content.count), alignment: 16)
        bytes.copyBytes(from: content)
        count = Int32(content.count)
    }

    private let count: Int32

    deinit { bytes.deallocate() }

    func start(to rank: Int32, tag: Int32) -> Int32 {
        lf_mpi_send(bytes.baseAddress, count, rank, tag, &request)
    }
}
