/// Which slices train, validate and test: 1-based slice numbers, as the paper and every file print
/// them.
public struct Split: Codable, Hashable, Sendable {
    /// `holdout`, or `fold1` to `fold5`.
    public var name: String
    /// Slices trained on.
    public var training: [Int]
    /// Slices that choose the best experiment.
    public var validation: [Int]
    /// Slices that the reported figures come from.
    public var test: [Int]

    /// Makes a split of the given 1-based slice numbers.
    public init(name: String, training: [Int], validation: [Int], test: [Int]) {
        self.name = name
        self.training = training
        self.validation = validation
        self.test = test
    }
}
