import LungfoldStudy

/// Reads volumes, checks everything about them, and makes the slices of a study.
///
/// Rows and columns must be equal: a network's input is square, and stretching a slice would change
/// the shape of what is in it.
public struct SliceLoader: Sendable {
    /// A `.nii` or `.nii.gz` file or a folder of PNG slices.
    public var imagesPath: String
    /// Labels of the same shape, if there are.
    public var labelsPath: String?
    /// A lung mask of the same shape, if there is: where it is 0, images become 0.
    public var lungsPath: String?
    /// Rows, and columns, of the slices made.
    public var size: Int
    /// How values become grey values; nil chooses by the range of the volume.
    public var window: GreyWindow?

    /// Makes a loader; nothing is read yet.
    public init(
        imagesPath: String, labelsPath: String? = nil, lungsPath: String? = nil, size: Int = 256,
        window: GreyWindow? = nil
    ) {
        self.imagesPath = imagesPath
        self.labelsPath = labelsPath
        self.lungsPath = lungsPath
        self.size = size
        self.window = window
    }

    /// Reads and checks everything.
    /// - Parameter notice: is told what was chosen for the user, a sentence a call.
    /// - Throws: `LungfoldError` that names the file, the value and the rule.
    public func load(notice: (String) -> Void) throws -> SliceSet {
        guard size >= 1, size <= NIfTIHeader.maximumSide else {
            throw LungfoldError(
                .usage, "--image-size", "\(size) is outside 1 to \(NIfTIHeader.maximumSide)")
        }
        let images = try openStack(imagesPath, as: .images)
        try Self.requireSquare(images)
        let labels = try labelsPath.map { try openStack($0, as: .labels) }
        try labels?.requireShape(of: images)
        let lungs = try lungsPath.map { try openStack($0, as: .lungs) }
        let grey = try GreySlices(images, lungs: lungs, window: window)
        notice(grey.notice)
        for other in [labels, lungs].compactMap({ $0 }) {
            if let displacement = other.displacement(from: images) { notice(displacement) }
        }
        let set = try SliceSet(
            size: size, images: resized(grey), labels: labels.map { try resized($0) } ?? [])
        warnOfLostClasses(labels, set, notice)
        return set
    }

    private static func requireSquare(_ images: any SliceStack) throws {
        guard images.rows == images.columns else {
            throw LungfoldError(
                .badData, images.path,
                "has slices of \(images.rows) x \(images.columns); rows and columns must be equal",
                remedy: "Pad the slices to a square")
        }
    }

    private func resized(_ grey: GreySlices) -> [Float] {
        (0..<grey.images.count).flatMap { index in
            Resize.image(grey.slice(index), from: grey.images.rows, to: size).map {
                // Weights that do not sum to 1 exactly may leave the range by a rounding error.
                Float(min(max($0, 0), 255))
            }
        }
    }

    private func resized(_ labels: any SliceStack) throws -> [UInt8] {
        try (0..<labels.count).flatMap { index in
            Resize.labels(
                try LabelRule.labels(ofSlice: index, of: labels), rows: labels.rows,
                columns: labels.columns, toRows: size, toColumns: size)
        }
    }

    private func warnOfLostClasses(
        _ labels: (any SliceStack)?, _ set: SliceSet, _ notice: (String) -> Void
    ) {
        guard let labels else { return }
        let absent = set.classCounts(task: .multiclass).absentClasses
        guard !absent.isEmpty else { return }
        let names = absent.map { SegmentationTask.multiclass.classNames[$0] }
        notice("\(labels.path): no pixel of \(names.joined(separator: ", ")) at \(size) x \(size)")
    }
}
