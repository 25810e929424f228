import LungfoldCluster
import LungfoldStudy
import Testing

struct MessageTests {
    @Test(arguments: [
        WorkerMessage.ready, .progress([]), .progress([0, 255, 7]), .finished,
        .failed(reason: "Verlust ist ∞"), .interrupted, .stopRequested, .beat(steps: .max),
        .goodbye,
    ])
    func aRanksMessageSurvivesTheJourney(message: WorkerMessage) throws {
        #expect(try WorkerMessage(encoded: message.encoded()) == message)
    }

    @Test(arguments: [
        CoordinatorMessage.run(key: "segnet-binary-e4-fold2"), .stop, .beat,
        .end(QueueSummary(finished: 360, failed: 1, unfinished: 1 << 40, wasStopped: true)),
    ])
    func theCoordinatorsMessageSurvivesTheJourney(message: CoordinatorMessage) throws {
        #expect(try CoordinatorMessage(encoded: message.encoded()) == message)
    }

    @Test func bytesThatAreNoMessageAreRefused() {
        for bytes: [UInt8] in [[], [99], [6], [6, 1, 2]] {
            #expect(throws: LungfoldError.self) { try WorkerMessage(encoded: bytes) }
        }
        for bytes: [UInt8] in [[], [4], [3], [3] + Array(repeating: 0, count: 24)] {
            #expect(throws: LungfoldError.self) { try CoordinatorMessage(encoded: bytes) }
        }
    }
}
