import LungfoldStudy

/// A job's result as MPI reduces it: integers that are added, and bit patterns that are put together.
/// Every other rank's slots are zero, so both are exact for any number of ranks.
struct ResultSlots: Hashable {
    /// Confusion counts: test slices, then validation slices.
    var counts: [Int64]
    /// The bit patterns of the training curve, the class weights and the input mean.
    var bits: [UInt64]

    /// Empty slots of a job that another rank has.
    init(countLength: Int, bitLength: Int) {
        counts = Array(repeating: 0, count: countLength)
        bits = Array(repeating: 0, count: bitLength)
    }

    /// The slots of a result.
    init(_ result: JobResult) {
        counts = (result.testConfusion + result.validationConfusion).flatMap(\.counts)
            .map { Int64($0) }
        bits =
            (result.classWeights + [result.inputMean]).map(\.bitPattern)
            + result.history.epochs.flatMap { epoch in
                [UInt64(bitPattern: Int64(epoch.epoch))]
                    + [epoch.learningRate, epoch.trainingLoss, epoch.trainingAccuracy]
                    .map(\.bitPattern)
            }
            + result.history.validations.flatMap { validation in
                [validation.epoch, validation.iteration].map { UInt64(bitPattern: Int64($0)) }
                    + [validation.loss, validation.accuracy].map(\.bitPattern)
                    // 0/0 as the one pattern that no Dice coefficient has.
                    + validation.dice.map { $0?.bitPattern ?? .max }
            }
    }
}
