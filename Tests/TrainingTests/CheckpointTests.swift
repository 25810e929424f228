import Foundation
import LungfoldEngine
import LungfoldImaging
import LungfoldStudy
import LungfoldTraining
import Testing

@Suite("checkpoints") struct CheckpointTests {
    private let slices: SliceSet
    private let identity = ["job": "this one", "data": "these"]

    init() throws { slices = try sampleSlices() }

    /// A checkpoint as the bytes of its two files.
    private struct Bytes: Hashable {
        var checkpoint: [UInt8]
        var best: [UInt8]?
    }

    private func encoded(_ checkpoint: Checkpoint) throws -> Bytes {
        Bytes(
            checkpoint: try checkpoint.encoded(identity: identity),
            best: checkpoint.encodedBest(identity: identity))
    }

    /// A finished run and a checkpoint after each of its mini-batches, as bytes.
    private func run(_ job: Job) throws -> (network: TrainedNetwork, checkpoints: [Bytes]) {
        var checkpoints: [Bytes] = []
        let run = TrainingRun(
            job: job, slices: slices, threads: 1,
            save: { checkpoints.append(try encoded($1())) })
        return (try run.run(), checkpoints)
    }

    private func decoded(_ bytes: Bytes) throws -> Checkpoint {
        var checkpoint = try Checkpoint(
            encoded: bytes.checkpoint, identity: identity, file: "a checkpoint")
        if let best = bytes.best {
            try checkpoint.takeBest(encoded: best, identity: identity, file: "its best network")
        }
        return checkpoint
    }

    @Test(
        "stopped after any mini-batch and gone on, a run gives the same bytes",
        arguments: NetworkKind.allCases, SegmentationTask.allCases)
    func resumes(_ network: NetworkKind, _ task: SegmentationTask) throws {
        let job = sampleJob(network, task, epochs: 3)
        let (whole, checkpoints) = try run(job)
        #expect(checkpoints.count == 9)
        for (index, bytes) in checkpoints.enumerated() {
            var following: [Bytes] = []
            let resumed = try TrainingRun(
                job: job, slices: slices, threads: 1 + index % 2, from: decoded(bytes),
                save: { following.append(try encoded($1())) }
            ).run()
            #expect(resumed.result == whole.result)
            #expect(resumed.weights.encoded() == whole.weights.encoded())
            #expect(resumed.bestWeights.encoded() == whole.bestWeights.encoded())
            #expect(following == Array(checkpoints.dropFirst(index + 1)), "\(index)")
        }
    }

    @Test("it says where the run stood")
    func place() throws {
        let checkpoints = try run(sampleJob(epochs: 2)).checkpoints.map(decoded)
        #expect(checkpoints.map(\.iteration) == Array(1...6))
        #expect(checkpoints.map(\.finishedEpochs) == [0, 0, 1, 1, 1, 2])
    }

    @Test("its first bytes tell its iteration, and nothing else's do")
    func iterationFromTheStart() throws {
        let bytes = try #require(try run(sampleJob(epochs: 2)).checkpoints.last).checkpoint
        let length = 8 + bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
        #expect(Checkpoint.iteration(ofStart: Array(bytes[..<length])) == 6)
        #expect(Checkpoint.iteration(ofStart: Array(bytes[..<(length - 1)])) == nil)
        #expect(Checkpoint.iteration(ofStart: []) == nil)
    }

    @Test("the best network is the first of the validations with the highest mean lesion Dice")
    func best() throws {
        let job = sampleJob(epochs: 4)
        let (network, checkpoints) = try run(job)
        let validations = network.result.history.validations
        let highest = try #require(validations.map(\.lesionDice).max())
        let expected = try #require(validations.first { $0.lesionDice == highest })
        #expect(network.result.history.best == expected)
        let text = network.bestWeights.metadata
        #expect(text["iteration"] == "\(expected.iteration)")
        #expect(text["validation_dice"] == "\(highest)")
        // The weights of that iteration, with which the classifier gives the same Dice again.
        let file = try write(network.bestWeights)
        let classifier = try SliceClassifier(
            file.network, inputMean: file.inputMean, size: slices.size, options: EngineOptions())
        try classifier.load(file.weights)
        let pooled = classifier.evaluate(
            job.split.validation, in: slices, task: job.task, classWeights: [1, 1]
        ).pooled
        #expect(pooled.scores(ofClass: 1).dice == expected.dice[1])
        // The last validation is the finished network's, which no checkpoint knows.
        var before = History()
        before.validations = validations.dropLast()
        let last = try decoded(try #require(checkpoints.last))
        #expect(last.bestIteration == before.best?.iteration)
        #expect(checkpoints.map { $0.best == nil } == (1...12).map { $0 < 2 })
    }

    @Test("a checkpoint without its best network, or with another's, is refused")
    func bestRefusals() throws {
        let job = sampleJob(epochs: 4)
        let checkpoints = try run(job).checkpoints
        var bytes = try #require(checkpoints.last)
        let first = try #require(checkpoints.first { $0.best != nil })
        bytes.best = nil
        #expect(throws: LungfoldError.self) {
            try TrainingRun(job: job, slices: slices, threads: 1, from: decoded(bytes)).run()
        }
        bytes.best = Array(try #require(first.best).dropLast(4))
        #expect(throws: LungfoldError.self) { try decoded(bytes) }
        let error = #expect(throws: LungfoldError.self) {
            var checkpoint = try Checkpoint(
                encoded: bytes.checkpoint, identity: identity, file: "C")
            let later = try run(sampleJob(.unet)).checkpoints.last?.checkpoint
            try checkpoint.takeBest(encoded: #require(later), identity: identity, file: "B")
        }
        #expect(error?.problem == "belongs to another training: best differ")
    }

    /// A weight file as it is read back.
    private func write(_ weights: WeightSet) throws -> NetworkFile {
        let path = FileManager.default.temporaryDirectory
            .appendingPathComponent("lungfold-best-\(UUID().uuidString).safetensors").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(weights.encoded()).write(to: URL(fileURLWithPath: path))
        return try NetworkFile(contentsOf: path)
    }

    @Test("another job's, a cut or a changed one is refused")
    func refusals() throws {
        let bytes = try #require(try run(sampleJob()).checkpoints.first)
        let error = #expect(throws: LungfoldError.self) {
            try Checkpoint(
                encoded: bytes.checkpoint, identity: ["job": "another", "data": "these"], file: "F")
        }
        #expect(error?.problem == "belongs to another training: job differ")
        let older = #expect(throws: LungfoldError.self) {
            var set = try WeightSet(safetensors: bytes.checkpoint, file: "F")
            set.metadata["checkpoint_format"] = "1"
            _ = try Checkpoint(encoded: set.encoded(), identity: identity, file: "F")
        }
        #expect(older?.problem == "was written by another version of Lungfold")
        for cut in [0, 7, 8, 100, bytes.checkpoint.count - 1] {
            #expect(throws: LungfoldError.self) {
                try decoded(Bytes(checkpoint: Array(bytes.checkpoint.prefix(cut))))
            }
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
