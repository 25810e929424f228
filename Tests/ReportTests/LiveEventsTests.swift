import LungfoldReport
import LungfoldStudy
import Testing

@Suite("The event file of a job that is being trained")
struct LiveEventsTests {
    private let job: Job
    private let history: History

    init() throws {
        let study = try Sample.grid()
        job = try #require(study.jobs().first)
        var history = History()
        let perEpoch = job.split.training.count / job.experiment.miniBatch
        for epoch in 1...4 {
            history.validations.append(
                .init(
                    epoch: epoch, iteration: epoch * perEpoch, loss: 1, accuracy: 0.5,
                    dice: [0.5, nil]))
            history.epochs.append(
                .init(epoch: epoch, learningRate: 1e-3, trainingLoss: 1, trainingAccuracy: 0.5))
        }
        self.history = history
    }

    private func curve(upTo epoch: Int) -> History {
        var part = history
        part.epochs = Array(part.epochs.prefix(epoch))
        part.validations = Array(part.validations.prefix(epoch))
        return part
    }

    @Test("Bit by bit or at once, the same bytes")
    func grows() {
        var (whole, growing) = (LiveEvents(job, after: 0), LiveEvents(job, after: 0))
        let parts = (1...4).flatMap { growing.bytes(of: curve(upTo: $0), time: 9) }
        #expect(parts == whole.bytes(of: history, time: 9))
        #expect(growing.bytes(of: history, time: 9).isEmpty, "nothing is told twice")
    }

    @Test("A run that goes on tells what comes after the files before it")
    func goesOn() {
        let perEpoch = job.split.training.count / job.experiment.miniBatch
        var (all, late) = (LiveEvents(job, after: 0), LiveEvents(job, after: 3 * perEpoch))
        var fresh = LiveEvents(job, after: 4 * perEpoch)
        let count = all.bytes(of: history, time: 9).count
        let beginning = fresh.bytes(of: history, time: 9).count
        let one = late.bytes(of: history, time: 9).count - beginning
        // An epoch of four, and what describes each tag once.
        #expect(one > 0 && one < (count - beginning) / 2)
    }
}
