import LungfoldStudy

/// The images of a stack as grey values 0...255: windowed, and 0 outside the lungs.
struct GreySlices {
    let images: any SliceStack
    let lungs: (any SliceStack)?
    let window: GreyWindow?
    /// What was chosen, for the user.
    let notice: String

    /// Checks every voxel and chooses the window when none is given.
    /// - Throws: `LungfoldError` for values that are no number, a constant volume, a shape of the
    ///   lung mask that differs, or values whose meaning cannot be told.
    init(_ images: any SliceStack, lungs: (any SliceStack)?, window: GreyWindow?) throws {
        try lungs?.requireShape(of: images)
        let range = try Self.range(of: images)
        if let lungs { _ = try Self.range(of: lungs) }
        self.images = images
        self.lungs = lungs
        if let window {
            self.window = window
            notice = "\(images.path): window \(window.low) to \(window.high) onto 0...255"
        } else {
            (self.window, notice) = try GreyWindow.choose(for: range, of: images)
        }
    }

    /// The grey values of a slice (0-based) at the stack's own size.
    func slice(_ index: Int) -> [Double] {
        var values = images.slice(index)
        if let window {
            for position in values.indices { values[position] = window.grey(values[position]) }
        }
        if let mask = lungs?.slice(index) {
            for position in values.indices where mask[position] == 0 { values[position] = 0 }
        }
        return values
    }

    /// The least and the largest value.
    /// - Throws: `LungfoldError` when a value is no number or all are equal.
    static func range(of stack: any SliceStack) throws -> ClosedRange<Double> {
        var (low, high) = (Double.infinity, -Double.infinity)
        for index in 0..<stack.count {
            let values = stack.slice(index)
            for (position, value) in values.enumerated() {
                guard value.isFinite else {
                    throw notFinite(value, index, position, stack)
                }
                low = min(low, value)
                high = max(high, value)
            }
        }
        guard low < high else {
            throw LungfoldError(
                .badData, stack.path, "is constant: every voxel is \(low)",
                remedy: "Check how the file was written")
        }
        return low...high
    }

    private static func notFinite(
        _ value: Double, _ index: Int, _ position: Int, _ stack: any SliceStack
    ) -> LungfoldError {
        LungfoldError(
            .badData, stack.path,
            "has the value \(value) (slice \(index + 1), row \(position / stack.columns), column "
                + "\(position % stack.columns)); voxels are finite numbers",
            remedy: "Replace such voxels, for instance by the value of air")
    }
}
