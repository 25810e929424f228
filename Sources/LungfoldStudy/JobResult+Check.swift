extension JobResult {
    /// Checks a result that was read from a file: that it is this job's, that it has a confusion
    /// matrix of the task's classes for every validation and test slice, that no count is negative, and
    /// that its curve has epochs and iterations.
    /// - Parameters:
    ///   - job: the job whose result it should be.
    ///   - source: the file, for the message.
    /// - Throws: `LungfoldError` naming the file and the rule it breaks.
    public func check(isOf job: Job, source: String) throws {
        guard key == job.key, network == job.network, task == job.task,
            experiment == job.experiment, split == job.split
        else { throw flaw(source, "the result of \"\(key)\" on other slices or settings") }
        guard testConfusion.count == split.test.count,
            validationConfusion.count == split.validation.count
        else { throw flaw(source, "not a confusion matrix for each validation and test slice") }
        for matrix in testConfusion + validationConfusion {
            // 2^40 pixels a slice are beyond any image, and sums over slices stay within Int.
            guard matrix.classCount == task.classCount,
                matrix.counts.allSatisfy({ (0...1 << 40).contains($0) })
            else {
                throw flaw(source, "a confusion matrix that is none of \(task.rawValue) pixels")
            }
        }
        // Products of epochs and iterations stay within Int.
        let counted = 1...1 << 30
        guard history.epochs.allSatisfy({ counted.contains($0.epoch) }),
            history.validations.allSatisfy({
                counted.contains($0.epoch) && counted.contains($0.iteration)
                    && $0.dice.count == task.classCount
            })
        else { throw flaw(source, "a training curve that is none of this task") }
    }

    private func flaw(_ source: String, _ problem: String) -> LungfoldError {
        LungfoldError(
            .badData, source, problem, remedy: "Remove the file to have the job trained again")
    }
}
