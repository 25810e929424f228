import LungfoldCluster
import Testing

struct WatchTests {
    private var limits: QueueLimits {
        var limits = QueueLimits()
        limits.silence = 60
        limits.grace = 60
        limits.stall = 900
        limits.lostContact = 300
        return limits
    }

    @Test func aSilentRankIsNamedThenLost() {
        var watch = Watch(limits: limits, at: 0)
        watch.hear(at: 10)
        #expect(watch.verdict(at: 70) == .well)
        #expect(watch.verdict(at: 75) == .suspect("no sign of life for 65 s"))
        #expect(watch.verdict(at: 131) == .lost("no sign of life for 121 s"))
        watch.hear(at: 132)
        #expect(watch.verdict(at: 133) == .well)
    }

    @Test func aRankThatNeverCameHasLonger() {
        let watch = Watch(limits: limits, at: 0)
        #expect(watch.verdict(at: 299) == .well)
        #expect(watch.verdict(at: 301) == .lost("it has not joined the others for 301 s"))
    }

    @Test func aJobWithoutStepsIsStalledAndAWaitingRankIsNot() {
        var watch = Watch(limits: limits, at: 0)
        watch.hear(at: 2000)
        #expect(watch.verdict(at: 2000) == .well)
        watch.work(on: "job", at: 2000)
        watch.hear(at: 2901)
        #expect(watch.verdict(at: 2901) == .suspect("no training step for 901 s"))
        watch.count(steps: 1, at: 2901)
        #expect(watch.verdict(at: 2902) == .well)
    }

    @Test func slowStepsGetTenTimesTheirMedian() {
        var watch = Watch(limits: limits, at: 0)
        watch.work(on: "job", at: 0)
        for step in 1...5 { watch.count(steps: UInt64(step), at: Double(step) * 200) }
        watch.hear(at: 2900)
        #expect(watch.verdict(at: 2900) == .well)  // 1900 s of rest, 10 x 200 s are allowed
        watch.hear(at: 3001)
        #expect(watch.verdict(at: 3001) == .suspect("no training step for 2001 s"))
    }

    @Test func theWatchersOwnAbsenceCountsForNobody() {
        var watch = Watch(limits: limits, at: 0)
        watch.hear(at: 1)
        watch.work(on: "job", at: 1)
        watch.forgive(5000)
        #expect(watch.verdict(at: 5010) == .well)
    }
}
