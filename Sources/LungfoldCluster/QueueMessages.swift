import LungfoldStudy

/// What a rank tells the coordinator. A rank runs one job at a time and its messages arrive in order,
/// so no message needs to say which job it is about.
package enum WorkerMessage: Hashable, Sendable {
    /// The trainer waits for a job.
    case ready
    /// The job says how far it is, in bytes that only the study understands.
    case progress([UInt8])
    /// The job is done.
    case finished
    /// The job ended without a result.
    case failed(reason: String)
    /// The job was stopped and can be continued later.
    case interrupted
    /// This rank was asked to stop the study.
    case stopRequested
    /// The comm thread lives; the trainer has made so many steps in all.
    case beat(steps: UInt64)
    /// The last message of this rank to this queue.
    case goodbye
}

/// What the coordinator tells a rank.
package enum CoordinatorMessage: Hashable, Sendable {
    /// Run this job.
    case run(key: String)
    /// The study is to stop: a running job should save and return.
    case stop
    /// The coordinator lives.
    case beat
    /// All jobs have ended; the last message of this queue.
    case end(QueueSummary)
}

/// A message as bytes: one for the case, then what it carries.
package protocol QueueMessage: Sendable {
    /// The message as bytes.
    func encoded() -> [UInt8]
    /// Reads a message; throws on bytes that are none.
    init(encoded bytes: [UInt8]) throws
}

extension WorkerMessage: QueueMessage {
    package func encoded() -> [UInt8] {
        switch self {
        case .ready: [0]
        case .progress(let bytes): [1] + bytes
        case .finished: [2]
        case .failed(let reason): [3] + Array(reason.utf8)
        case .interrupted: [4]
        case .stopRequested: [5]
        case .beat(let steps): [6] + steps.bytes
        case .goodbye: [7]
        }
    }

    package init(encoded bytes: [UInt8]) throws {
        let content = bytes.dropFirst()
        switch bytes.first {
        case 0: self = .ready
        case 1: self = .progress(Array(content))
        case 2: self = .finished
        case 3: self = .failed(reason: String(decoding: content, as: UTF8.self))
        case 4: self = .interrupted
        case 5: self = .stopRequested
        case 6: self = .beat(steps: try UInt64(bytes: content))
        case 7: self = .goodbye
        default: throw malformed(bytes)
        }
    }
}

extension CoordinatorMessage: QueueMessage {
    package func encoded() -> [UInt8] {
        switch self {
        case .run(let key): [0] + Array(key.utf8)
        case .stop: [1]
        case .beat: [2]
        case .end(let summary):
            [3, summary.wasStopped ? 1 : 0]
                + [summary.finished, summary.failed, summary.unfinished].flatMap {
                    UInt64($0).bytes
                }
        }
    }

    package init(encoded bytes: [UInt8]) throws {
        let content = bytes.dropFirst()
        switch bytes.first {
        case 0: self = .run(key: String(decoding: content, as: UTF8.self))
        case 1: self = .stop
        case 2: self = .beat
        case 3:
            guard content.count == 25 else { throw malformed(bytes) }
            let counts = try (0..<3).map {
                Int(clamping: try UInt64(bytes: content.dropFirst(1 + 8 * $0).prefix(8)))
            }
            self = .end(
                QueueSummary(
                    finished: counts[0], failed: counts[1], unfinished: counts[2],
                    wasStopped: content.first == 1))
        default: throw malformed(bytes)
        }
    }
}

private func malformed(_ bytes: some Collection<UInt8>) -> LungfoldError {
    LungfoldError(
        .internal, "a message of the job queue",
        "\(bytes.count) bytes that begin with \(bytes.first.map { "\($0)" } ?? "nothing") are none",
        remedy: "Start the same build of lungfold on every host")
}

extension UInt64 {
    /// Eight bytes, the least significant first.
    var bytes: [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: self >> (8 * $0)) } }

    init(bytes: some Collection<UInt8>) throws {
        guard bytes.count == 8 else { throw malformed(bytes) }
        self = bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
