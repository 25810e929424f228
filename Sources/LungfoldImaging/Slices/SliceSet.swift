import LungfoldStudy

/// The slices of a study as the networks see them: square images of grey values, and their labels.
///
/// A value in memory, equal on every rank; slices are numbered from 1.
public struct SliceSet: Sendable, Hashable {
    /// Rows, and columns, of a slice.
    public let size: Int
    /// Slices.
    public let count: Int
    /// Whether the slices are labelled.
    public let hasLabels: Bool
    let images: [Float]
    let labels: [UInt8]

    /// Makes a set from values.
    /// - Parameters:
    ///   - size: rows and columns of a slice, at least 1.
    ///   - images: a multiple of `size * size` grey values in 0...255, slice after slice, row-major.
    ///   - labels: as many labels 0...3, or none.
    /// - Throws: `LungfoldError` when the numbers or the values are not so.
    public init(size: Int, images: [Float], labels: [UInt8] = []) throws {
        func refuse(_ problem: String) -> LungfoldError {
            LungfoldError(.badData, "slices", problem)
        }
        guard size > 0, size <= NIfTIHeader.maximumSide, !images.isEmpty,
            images.count % (size * size) == 0
        else {
            throw refuse("\(images.count) grey values are no slices of \(size) x \(size)")
        }
        guard labels.isEmpty || labels.count == images.count else {
            throw refuse("\(labels.count) labels for \(images.count) grey values")
        }
        if let value = images.first(where: { !($0 >= 0 && $0 <= 255) }) {
            throw refuse("the grey value \(value) is outside 0 to 255")
        }
        if let label = labels.first(where: { $0 > SegmentationTask.largestLabel }) {
            throw refuse("the label \(label) is outside 0 to \(SegmentationTask.largestLabel)")
        }
        self.size = size
        self.count = images.count / (size * size)
        self.hasLabels = !labels.isEmpty
        self.images = images
        self.labels = labels
    }

    /// Pixels of a slice.
    public var pixelsPerSlice: Int { size * size }

    /// The grey values of a slice, in 0...255, row-major; 0 is black.
    /// - Parameter number: the slice, in 1...count.
    public func image(_ number: Int) -> ArraySlice<Float> { images[range(number)] }

    /// The labels of a slice, in 0...3, row-major; only when `hasLabels`.
    /// - Parameter number: the slice, in 1...count.
    public func labels(_ number: Int) -> ArraySlice<UInt8> {
        precondition(hasLabels, "these slices have no labels")
        return labels[range(number)]
    }

    /// The pixels of each class, and the pixels of the slices that it occurs in.
    /// - Parameters:
    ///   - numbers: the slices counted, in 1...count; nil counts all.
    ///   - task: which labels are told apart.
    public func classCounts(of numbers: [Int]? = nil, task: SegmentationTask) -> ClassCounts {
        ClassCounts(slices: (numbers ?? Array(1...count)).map { labels($0) }, task: task)
    }

    private func range(_ number: Int) -> Range<Int> {
        precondition((1...count).contains(number), "slice \(number) is outside 1...\(count)")
        return (number - 1) * pixelsPerSlice..<number * pixelsPerSlice
    }
}
