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
    /// The memory that loading may take; nil for what the machine has to spare by then.
    package var budget: MemoryBudget?

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
        var budget = budget ?? .ofThisMachine()
        let images = try openStack(imagesPath, as: .images, within: &budget)
        try Self.requireSquare(images)
        try reserveSlices(of: images, within: &budget)
        let labels = try labelsPath.map { try openStack($0, as: .labels, within: &budget) }
        try labels?.requireShape(of: images)
        let lungs = try lungsPath.map { try openStack($0, as: .lungs, within: &budget) }
        let grey = try GreySlices(images, lungs: lungs, window: window)
        notice(grey.notice)
        for other in [labels, lungs].compactMap({ $0 }) {
            if let displacement = other.displacement(from: images) { notice(displacement) }
        }
        for stack in [images, labels, lungs] {
            if let flaw = (stack as? NIfTIVolume)?.geometryFlaw { notice(flaw) }
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

    /// Takes what the slices will need, which a small volume of many can make much: grey values and
    /// labels, and one slice as numbers with only its columns and with rows and columns resized.
    private func reserveSlices(of images: any SliceStack, within budget: inout MemoryBudget) throws
    {
        let bytesPerPixel = MemoryLayout<Float>.size + MemoryLayout<UInt8>.size
        let made = MemoryBudget.product(images.count, size, size, bytesPerPixel)
        let working = MemoryBudget.product(MemoryLayout<Double>.size, size, images.rows + size)
        for bytes in [made, working] {
            try budget.take(
                bytes, of: images.path, for: "\(images.count) slices of \(size) x \(size)",
                remedy: "Choose a smaller --image-size, free some memory, or split the volume")
        }
    }

    private func resized(_ grey: GreySlices) -> [Float] {
        var values: [Float] = []
        // Grown step by step, they would take twice the memory for a moment.
        values.reserveCapacity(grey.images.count * size * size)
        for index in 0..<grey.images.count {
            let slice = Resize.image(grey.slice(index), from: grey.images.rows, to: size)
            // Weights that do not sum to 1 exactly may leave the range by a rounding error.
            values.append(contentsOf: slice.lazy.map { Float(min(max($0, 0), 255)) })
        }
        return values
    }

    private func resized(_ labels: any SliceStack) throws -> [UInt8] {
        var values: [UInt8] = []
        values.reserveCapacity(labels.count * size * size)
        for index in 0..<labels.count {
            values += Resize.labels(
                try LabelRule.labels(ofSlice: index, of: labels), rows: labels.rows,
                columns: labels.columns, toRows: size, toColumns: size)
        }
        return values
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
