import LungfoldImaging
import LungfoldStudy
import LungfoldTraining
import Testing

/// An evaluation may take longer than an epoch: it shows that it lives, and can be stopped.
@Suite("evaluation in a training run") struct EvaluationTests {
    private let slices: SliceSet
    private let identity = ["job": "this one"]

    init() throws { slices = try sampleSlices() }

    /// Two validations of two slices on the way; at the end the two slices again and two to test.
    private static let evaluatedSlices = 8
    /// Six slices in mini-batches of two, for batch normalisation's statistics.
    private static let populationBatches = 3

    @Test("a sign of life before each slice, and before each mini-batch of the statistics")
    func heartbeat() throws {
        var beats = 0
        _ = try TrainingRun(
            job: sampleJob(.segnet), slices: slices, threads: 1, heartbeat: { beats += 1 }
        ).run()
        #expect(beats == Self.evaluatedSlices + Self.populationBatches)
    }

    @Test("what the receiver of the sign of life throws ends the run")
    func throwing() {
        struct Stop: Error {}
        #expect(throws: Stop.self) {
            try TrainingRun(
                job: sampleJob(), slices: slices, threads: 1, heartbeat: { throw Stop() }
            ).run()
        }
    }

    @Test("stopped before any slice of any evaluation, a run goes on with nothing trained again")
    func interrupted() throws {
        let job = sampleJob(.segnet, .multiclass)
        let whole = try TrainingRun(job: job, slices: slices, threads: 1).run()
        for beat in 1...(Self.evaluatedSlices + Self.populationBatches) {
            let (checkpoint, trained) = try stopped(job, at: beat)
            #expect(checkpoint.iteration == trained, "beat \(beat)")
            var again: [Int] = []
            let resumed = try TrainingRun(
                job: job, slices: slices, threads: 1, from: checkpoint,
                progress: { again.append($0.iteration) }
            ).run()
            #expect(again == Array((1...6).dropFirst(trained)), "beat \(beat)")
            #expect(resumed.result == whole.result, "beat \(beat)")
            #expect(resumed.weights == whole.weights, "beat \(beat)")
            #expect(resumed.bestWeights == whole.bestWeights, "beat \(beat)")
        }
    }

    /// Stops a run before a slice, and gives the last checkpoint that it could save, as it is read
    /// from files, with the number of mini-batches that were trained.
    private func stopped(_ job: Job, at beat: Int) throws -> (Checkpoint, trained: Int) {
        var (beats, trained) = (0, 0)
        var last: Checkpoint?
        let error = #expect(throws: LungfoldError.self) {
            try TrainingRun(
                job: job, slices: slices, threads: 1, progress: { trained = $0.iteration },
                save: { last = $1() },
                heartbeat: {
                    beats += 1
                    if beats == beat { throw LungfoldError(.interrupted, "the job", "stops") }
                }
            ).run()
        }
        #expect(error?.kind == .interrupted)
        let saved = try #require(last)
        var read = try Checkpoint(
            encoded: saved.encoded(identity: identity), identity: identity, file: "a checkpoint")
        if let best = saved.encodedBest(identity: identity) {
            try read.takeBest(encoded: best, identity: identity, file: "its best network")
        }
        return (read, trained)
    }
}
