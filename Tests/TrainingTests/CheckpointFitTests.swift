import LungfoldStudy
import LungfoldTraining
import Testing

@Suite("checkpoints and their job") struct CheckpointFitTests {
    @Test("one that fits its job passes; another job's is refused, and its file named")
    func fits() throws {
        let slices = try sampleSlices()
        var checkpoints: [Checkpoint] = []
        _ = try TrainingRun(
            job: sampleJob(), slices: slices, threads: 1,
            save: { checkpoints.append($1()) }
        ).run()
        for checkpoint in checkpoints { try checkpoint.check(isOf: sampleJob(), file: "F") }
        let last = try #require(checkpoints.last)
        for other in [
            sampleJob(.unet), sampleJob(.segnet, .multiclass), sampleJob(miniBatch: 3),
            sampleJob(epochs: 1),
        ] {
            let error = #expect(throws: LungfoldError.self) {
                try last.check(isOf: other, file: "F")
            }
            #expect(error?.kind == .badData)
            #expect(error?.subject.hasPrefix("F") == true)
        }
    }
}
