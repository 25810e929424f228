/// One hyperparameter configuration: a row of the paper's Table 2.
public struct Experiment: Codable, Hashable, Sendable {
    /// Its number, 1 to 9 in the paper.
    public var number: Int
    /// The initial learning rate of Adam.
    public var learningRate: Double
    /// Slices in a mini-batch.
    public var miniBatch: Int

    /// Makes an experiment from its number, initial learning rate and mini-batch size.
    public init(number: Int, learningRate: Double, miniBatch: Int) {
        self.number = number
        self.learningRate = learningRate
        self.miniBatch = miniBatch
    }

    /// Mini-batches in an epoch over so many training slices; an incomplete last one is dropped.
    public func iterationsPerEpoch(slices: Int) -> Int { slices / max(1, miniBatch) }

    /// The nine experiments of Table 2 for a network (doi:10.1186/s12880-020-00529-5).
    public static func paper(_ network: NetworkKind) -> [Experiment] {
        let (rates, batches): ([Double], [Int]) =
            switch network {
            case .segnet: ([1e-4, 1e-3, 3e-3], [4, 8, 12])
            case .unet: ([1e-4, 5e-4, 1e-3], [2, 8, 12])
            }
        return rates.enumerated().flatMap { row, rate in
            batches.enumerated().map { column, batch in
                Experiment(number: 3 * row + column + 1, learningRate: rate, miniBatch: batch)
            }
        }
    }
}
