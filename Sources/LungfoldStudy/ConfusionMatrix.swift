/// Pixel counts by true and predicted class.
public struct ConfusionMatrix: Codable, Hashable, Sendable {
    /// The number of classes.
    public let classCount: Int
    /// Pixels of true class i predicted as class j, at `i * classCount + j`.
    public private(set) var counts: [Int]

    /// Makes a matrix of zeros.
    public init(classCount: Int) {
        self.classCount = classCount
        counts = Array(repeating: 0, count: classCount * classCount)
    }

    /// Makes a matrix from its rows, a row a true class.
    public init(rows: [[Int]]) {
        classCount = rows.count
        counts = rows.flatMap { $0 }
        precondition(counts.count == classCount * classCount, "a confusion matrix is square")
    }

    /// Pixels of class `truth` that were predicted as class `prediction`.
    public subscript(truth: Int, prediction: Int) -> Int {
        get { counts[truth * classCount + prediction] }
        set { counts[truth * classCount + prediction] = newValue }
    }

    /// The rows, a row a true class.
    public var rows: [[Int]] {
        (0..<classCount).map { Array(counts[$0 * classCount..<($0 + 1) * classCount]) }
    }

    /// Adds the pixels of a slice: class indices, truth and prediction pixel by pixel.
    public mutating func add(truth: some Sequence<UInt8>, prediction: some Sequence<UInt8>) {
        for (i, j) in zip(truth, prediction) { counts[Int(i) * classCount + Int(j)] += 1 }
    }

    /// The sum of two matrices of the same classes.
    public static func + (a: ConfusionMatrix, b: ConfusionMatrix) -> ConfusionMatrix {
        var sum = a
        for i in sum.counts.indices { sum.counts[i] += b.counts[i] }
        return sum
    }
}

extension ConfusionMatrix {
    /// Reads a matrix, which must be square.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let classCount = try container.decode(Int.self, forKey: .classCount)
        let counts = try container.decode([Int].self, forKey: .counts)
        guard (1...256).contains(classCount), counts.count == classCount * classCount else {
            throw DecodingError.dataCorruptedError(
                forKey: .counts, in: container,
                debugDescription: "\(counts.count) counts for \(classCount) classes")
        }
        self.init(
            rows: (0..<classCount).map { Array(counts[$0 * classCount..<($0 + 1) * classCount]) })
    }
}
