/// Tells from a rank's signs of life whether it lives and its job moves. Times are seconds of one
/// clock; nothing here waits or looks at a clock itself.
package struct Watch {
    /// What is to be thought of a rank.
    package enum Verdict: Hashable, Sendable {
        case well
        /// It should be named on the terminal.
        case suspect(String)
        /// It has been for too long; the run should end.
        case lost(String)
    }

    private let limits: QueueLimits
    private var begin: Double
    private var heard: Double?
    private var stepped: Double
    private var steps: UInt64 = 0
    private var job: String?
    /// Seconds a step, one value a sign of life that brought new steps.
    private var stepTimes: [Double] = []

    /// Starts watching a rank that has not been heard of yet.
    package init(limits: QueueLimits, at time: Double) {
        self.limits = limits
        begin = time
        stepped = time
    }

    /// A message came.
    package mutating func hear(at time: Double) { heard = time }

    /// The rank was given a job, or has ended it.
    package mutating func work(on job: String?, at time: Double) {
        guard job != self.job else { return }
        self.job = job
        stepped = time
    }

    /// The rank's trainer has made so many steps in all.
    package mutating func count(steps: UInt64, at time: Double) {
        guard steps > self.steps else { return }
        if stepTimes.count == 100 { stepTimes.removeFirst() }
        stepTimes.append((time - stepped) / Double(steps - self.steps))
        self.steps = steps
        stepped = time
    }

    /// The watcher itself was away (stopped, or busy) for some seconds: they count for nobody.
    package mutating func forgive(_ seconds: Double) {
        begin += seconds
        stepped += seconds
        heard = heard.map { $0 + seconds }
    }

    /// What to think of the rank now.
    package func verdict(at time: Double) -> Verdict {
        if let heard {
            let silent = time - heard
            if silent > limits.silence {
                return grade(silent, limits.silence, "no sign of life for \(Int(silent)) s")
            }
        } else if time - begin > limits.lostContact {
            return .lost("it has not joined the others for \(Int(time - begin)) s")
        }
        let resting = time - stepped
        if job != nil, resting > stallLimit {
            return grade(resting, stallLimit, "no training step for \(Int(resting)) s")
        }
        return .well
    }

    /// The time without a step after which a job counts as stalled.
    private var stallLimit: Double {
        let median = stepTimes.isEmpty ? 0 : stepTimes.sorted()[stepTimes.count / 2]
        return max(limits.stall, limits.stallFactor * median)
    }

    private func grade(_ seconds: Double, _ limit: Double, _ text: String) -> Verdict {
        seconds > limit + limits.grace ? .lost(text) : .suspect(text)
    }
}
