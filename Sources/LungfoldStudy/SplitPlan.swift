/// How slices are divided into training, validation and test slices.
public enum SplitPlan {
    /// The name of the hold-out split.
    public static let holdoutName = "holdout"

    /// The name of a fold: `fold1` is the first.
    public static func foldName(_ number: Int) -> String { "fold\(number)" }

    /// The paper's hold-out: slices in the ascending order of as many doubles of MT19937 seeded with
    /// 5489 (MATLAB's `rng(0); randperm(n)`); the first 72 % train, the next 10 % validate, the last
    /// 18 % test. For 100 slices these are the paper's own, element for element.
    /// - Throws: `LungfoldError` for fewer than three slices.
    public static func paperHoldout(sliceCount: Int) throws -> Split {
        guard sliceCount >= 3 else {
            throw tooFew(sliceCount, needed: 3, "train, validate and test")
        }
        var random = MersenneTwister(seed: 5489)
        let order = permutation(of: sliceCount) { random.uniform() }
        let test = max(1, percent(18, of: sliceCount))
        let validation = max(1, percent(10, of: sliceCount))
        let training = sliceCount - test - validation
        return Split(
            name: holdoutName, training: Array(order[..<training]),
            validation: Array(order[training..<training + validation]),
            test: Array(order[(training + validation)...]))
    }

    /// Folds: slices are scrambled once from the seed; in that order, successive parts of the same
    /// size (to within one slice) test, the next 10 % (at least one slice, wrapping around) validate,
    /// and the rest train. Every slice is tested exactly once.
    /// - Parameters:
    ///   - sliceCount: the number of slices, at least `count` and at least three.
    ///   - seed: the study's seed.
    ///   - count: the number of folds, at least two.
    /// - Throws: `LungfoldError` where there are too few slices or folds.
    public static func folds(sliceCount: Int, seed: UInt64, count: Int = 5) throws -> [Split] {
        guard count >= 2 else {
            throw LungfoldError(
                .usage, "folds", "\(count) is fewer than the 2 that cross-validation needs",
                remedy: "Use 5, as the paper did, or --protocol holdout")
        }
        guard sliceCount >= max(count, 3) else {
            throw tooFew(sliceCount, needed: max(count, 3), "be divided into \(count) folds")
        }
        var random = CounterRandom(seed: seed, stream: "folds")
        let order = permutation(of: sliceCount) { random.uniform() }
        let splits = (0..<count).map { fold($0, of: count, order: order) }
        guard splits.allSatisfy({ !$0.training.isEmpty }) else {
            throw LungfoldError(
                .badData, "slices",
                "\(sliceCount) slices in \(count) folds leave no slice to train on",
                remedy: "Give more slices or more folds")
        }
        return splits
    }

    private static func fold(_ index: Int, of count: Int, order: [Int]) -> Split {
        let total = order.count
        let start = index * total / count
        let end = (index + 1) * total / count
        let validationCount = max(1, percent(10, of: total))
        let rest = (0..<total - (end - start)).map { order[(end + $0) % total] }
        return Split(
            name: foldName(index + 1), training: Array(rest.dropFirst(validationCount)),
            validation: Array(rest.prefix(validationCount)), test: Array(order[start..<end]))
    }

    /// 1...count in the ascending order of as many draws, equal ones in the order they were drawn.
    private static func permutation(of count: Int, draw: () -> Double) -> [Int] {
        let draws = (1...count).map { (number: $0, key: draw()) }
        return draws.sorted { ($0.key, $0.number) < ($1.key, $1.number) }.map(\.number)
    }

    /// A percentage of a count, rounded half up.
    private static func percent(_ percent: Int, of count: Int) -> Int {
        (count * percent + 50) / 100
    }

    private static func tooFew(_ count: Int, needed: Int, _ purpose: String) -> LungfoldError {
        LungfoldError(
            .badData, "slices", "\(count) are too few to \(purpose): at least \(needed) are needed",
            remedy: "Give a volume with more slices")
    }
}
