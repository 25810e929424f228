/// How many pixels each class has, and how large the images are that it occurs in: the paper's Table 1.
public struct ClassCounts: Codable, Hashable, Sendable {
    /// Pixels of each class.
    public private(set) var pixels: [Int]
    /// For each class, all pixels of the slices in which it occurs.
    public private(set) var imagePixels: [Int]

    /// Makes counts of no slices.
    public init(classCount: Int) {
        pixels = Array(repeating: 0, count: classCount)
        imagePixels = pixels
    }

    /// Makes counts from both lists, which have an entry for each class.
    public init(pixels: [Int], imagePixels: [Int]) {
        precondition(pixels.count == imagePixels.count, "both lists have an entry for each class")
        self.pixels = pixels
        self.imagePixels = imagePixels
    }

    /// Counts slices, each of stored labels in 0...3.
    public init(slices: some Sequence<some Collection<UInt8>>, task: SegmentationTask) {
        self.init(classCount: task.classCount)
        for labels in slices { add(labels, task: task) }
    }

    /// Adds a slice of stored labels in 0...3.
    public mutating func add(_ labels: some Collection<UInt8>, task: SegmentationTask) {
        var counts = Array(repeating: 0, count: task.classCount)
        for label in labels { counts[Int(task.classIndex(ofLabel: label))] += 1 }
        for (index, count) in counts.enumerated() where count > 0 {
            pixels[index] += count
            imagePixels[index] += labels.count
        }
    }

    /// The classes that no pixel has. They have no frequency, hence no weight: who trains with these
    /// counts tells the user which they are.
    public var absentClasses: [Int] { pixels.indices.filter { pixels[$0] == 0 } }

    /// Median-frequency class weights (Eigen and Fergus, ICCV 2015, doi:10.1109/ICCV.2015.304):
    /// `median(f) / f`, where a class's frequency f is its pixels over the pixels of the images that
    /// it occurs in.
    ///
    /// A class that no pixel has weighs 0 and is left out of the median: its frequency is 0/0, no
    /// pixel of the loss would carry its weight, and the other classes' weights are those of a study
    /// that never heard of it. `absentClasses` names such classes.
    public var medianFrequencyWeights: [Double] {
        let frequencies = zip(pixels, imagePixels).map { Double($0) / Double($1) }
        let present = frequencies.filter { $0 > 0 }.sorted()
        guard !present.isEmpty else { return frequencies.map { _ in 0 } }
        let middle = present.count / 2
        let median =
            present.count % 2 == 1 ? present[middle] : (present[middle - 1] + present[middle]) / 2
        return frequencies.map { $0 > 0 ? median / $0 : 0 }
    }
}
