import LungfoldEngine
import LungfoldImaging
import LungfoldStudy
import LungfoldTraining
import Testing

@Suite("checkpoints") struct CheckpointTests {
    private let slices: SliceSet
    private let identity = ["job": "this one", "data": "these"]

    init() throws { slices = try sampleSlices() }

    /// A finished run and a checkpoint after each of its mini-batches, as bytes.
    private func run(_ job: Job) throws -> (network: TrainedNetwork, checkpoints: [[UInt8]]) {
        var checkpoints: [[UInt8]] = []
        let run = TrainingRun(
            job: job, slices: slices, threads: 1,
            save: { checkpoints.append(try $1().encoded(identity: identity)) })
        return (try run.run(), checkpoints)
    }

    private func decoded(_ bytes: [UInt8]) throws -> Checkpoint {
        try Checkpoint(encoded: bytes, identity: identity, file: "a checkpoint")
    }

    @Test(
        "stopped after any mini-batch and gone on, a run gives the same bytes",
        arguments: NetworkKind.allCases, SegmentationTask.allCases)
    func resumes(_ network: NetworkKind, _ task: SegmentationTask) throws {
        let job = sampleJob(network, task, epochs: 3)
        let (whole, checkpoints) = try run(job)
        #expect(checkpoints.count == 9)
        for (index, bytes) in checkpoints.enumerated() {
            var following: [[UInt8]] = []
            let resumed = try TrainingRun(
                job: job, slices: slices, threads: 1 + index % 2, from: decoded(bytes),
                save: { following.append(try $1().encoded(identity: identity)) }
            ).run()
            #expect(resumed.result == whole.result)
            #expect(resumed.weights.encoded() == whole.weights.encoded())
            #expect(following == Array(checkpoints.dropFirst(index + 1)), "\(index)")
        }
    }

    @Test("it says where the run stood")
    func place() throws {
        let checkpoints = try run(sampleJob(epochs: 2)).checkpoints.map(decoded)
        #expect(checkpoints.map(\.iteration) == Array(1...6))
        #expect(checkpoints.map(\.finishedEpochs) == [0, 0, 1, 1, 1, 2])
    }

    @Test("another job's, a cut or a changed one is refused")
    func refusals() throws {
        let bytes = try #require(try run(sampleJob()).checkpoints.first)
        let error = #expect(throws: LungfoldError.self) {
            try Checkpoint(
                encoded: bytes, identity: ["job": "another", "data": "these"], file: "F")
        }
        #expect(error?.problem == "belongs to another training: job differ")
        for cut in [0, 7, 8, 100, bytes.count - 1] {
            #expect(throws: LungfoldError.self) { try decoded(Array(bytes.prefix(cut))) }
        }
        for other in [sampleJob(.unet), sampleJob(.segnet, .multiclass), sampleJob(miniBatch: 3)] {
            #expect(throws: LungfoldError.self) {
                // Of another shape, or a place that the other training does not have.
                let last = try #require(try run(sampleJob()).checkpoints.last)
                _ = try TrainingRun(
                    job: other, slices: slices, threads: 1, from: decoded(last)
                ).run()
            }
        }
    }
}
