import Foundation
import LungfoldStudy

/// Something that happened in a run: a line of `events.jsonl`. A field that does not apply is left out.
package struct StudyEvent: Codable, Hashable, Sendable {
    /// What happened.
    package enum Kind: String, Codable, Sendable {
        case runStarted, runEnded
        case jobStarted, epochFinished, jobFinished, jobFailed, jobInterrupted
        /// What was chosen for the user or is worth knowing.
        case note
        /// What was wrong and has been got round.
        case warning
        /// What ends the run.
        case error
        /// How far an epoch is: shown, not kept.
        case progress
    }

    /// When, in UTC, to the millisecond (ISO 8601).
    var time: String
    /// What happened.
    package var event: Kind
    /// The number of the run; missing before it is known.
    var generation: Int?
    /// The rank that it happened on, and its host.
    var rank: Int?
    var host: String?
    /// The job's key.
    var job: String?
    /// The epoch, 1-based, and epochs in all.
    var epoch: Int?
    var epochs: Int?
    /// The mean training loss of the epoch.
    var loss: Double?
    /// The share of the epoch's training pixels that were classified correctly, in 0...1.
    var accuracy: Double?
    /// Of the epoch's last validation: the loss, the share of pixels that were classified correctly, and
    /// the mean Dice coefficient of the lesion classes, both in 0...1.
    var validationLoss: Double?
    var validationAccuracy: Double?
    var validationDice: Double?
    /// The mean accuracy of the test slices, in 0...1.
    var testAccuracy: Double?
    /// Slices a second over the epoch's training steps.
    var imagesPerSecond: Double?
    /// How long the job or the run took, in seconds.
    var seconds: Double?
    /// Why, or what is said.
    var text: String?
    /// How the run ended, as in run.json.
    var state: String?
    /// The ranks of the run.
    var ranks: Int?
    /// Jobs in all, of these finished or failed, and of these failed.
    var jobs: Int?
    var jobsEnded: Int?
    var jobsFailed: Int?
    /// Seconds that all jobs still take at the pace so far.
    var secondsLeft: Double?
    /// The version of Lungfold.
    var version: String?
    /// The report's page.
    var report: String?

    /// Makes an event of now.
    package init(_ event: Kind, job: String? = nil, text: String? = nil, time: Date = Date()) {
        self.event = event
        self.job = job
        self.text = text
        self.time = Self.stamp(time)
    }

    /// A time as events and logs have it: `2026-01-31T08:15:00.250Z`.
    static func stamp(_ time: Date) -> String {
        Date.ISO8601FormatStyle(includingFractionalSeconds: true).format(time)
    }

    /// Takes over how far a job is.
    mutating func fill(_ progress: JobProgress) {
        func finite(_ value: Double) -> Double? { value.isFinite ? value : nil }
        epoch = progress.epoch
        epochs = progress.epochs
        loss = finite(progress.loss)
        if progress.isTest {
            testAccuracy = finite(progress.accuracy)
        } else {
            accuracy = finite(progress.accuracy)
            imagesPerSecond = finite(progress.imagesPerSecond)
            validationLoss = progress.validation.map(\.loss)
            validationAccuracy = progress.validation.map(\.accuracy)
            validationDice = progress.validation.map(\.dice)
        }
    }

    /// A JSON object in one line.
    package var json: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Every number in it is finite, so there is nothing that JSON cannot hold.
        return (try? encoder.encode(self)).map(Array.init) ?? []
    }

    // MARK: For people

    /// A line for people; nil where the event is none for them.
    package var line: String? {
        let job = job ?? ""
        switch event {
        case .jobStarted: return "\(job) starts on rank \(rank ?? 0) (\(host ?? ""))"
        case .epochFinished, .progress:
            let pace = imagesPerSecond.map { ", \(Text.decimal($0, 1)) images/s" } ?? ""
            return "\(job) epoch \(epoch ?? 0)/\(epochs ?? 0): \(figures)\(pace), \(remaining)"
        case .jobFinished:
            let figures = figures.isEmpty ? "" : ", \(figures)"
            return "\(job) done in \(Text.duration(seconds ?? 0))\(figures); \(remaining)"
        case .jobFailed: return "\(job) FAILED: \(text ?? "") \(remaining)"
        case .jobInterrupted: return "\(job) was stopped; it starts again with the next run"
        case .warning: return rank.map { ($0 > 0 ? "rank \($0): " : "") + (text ?? "") }
        case .runStarted, .runEnded, .note, .error: return nil
        }
    }

    /// `loss 0.1234, test accuracy 0.9876`
    private var figures: String {
        [
            loss.map { "loss \(Text.decimal($0, 4))" },
            testAccuracy.map { "test accuracy \(Text.decimal($0, 4))" }
                ?? accuracy.map { "accuracy \(Text.decimal($0, 4))" },
        ].compactMap(\.self).joined(separator: ", ")
    }

    /// `7 of 90 jobs, about 3 h 20 min left`
    private var remaining: String {
        let done = "\(jobsEnded ?? 0) of \(jobs ?? 0) jobs"
        return secondsLeft.map { "\(done), about \(Text.duration($0)) left" } ?? done
    }
}
