import LungfoldStudy

/// The rule for label values: exactly 0 background and healthy, 1 ground-glass opacity,
/// 2 consolidation, 3 pleural effusion.
enum LabelRule {
    /// The labels of a slice.
    /// - Throws: `LungfoldError` that names the file, the value and where it is.
    static func labels(ofSlice index: Int, of stack: any SliceStack) throws -> [UInt8] {
        let values = stack.slice(index)
        guard let position = values.firstIndex(where: { !isLabel($0) }) else {
            return values.map { UInt8($0) }
        }
        let place =
            "slice \(index + 1), row \(position / stack.columns), "
            + "column \(position % stack.columns)"
        throw violation(values[position], at: place, path: stack.path)
    }

    /// Whether a value is a label; NaN is none.
    static func isLabel(_ value: Double) -> Bool {
        value == 0 || value == 1 || value == 2 || value == 3
    }

    /// The error for a value that is no label.
    static func violation(_ value: Double, at place: String, path: String) -> LungfoldError {
        let rule =
            "labels are exactly 0 (background and healthy), 1 (ground-glass opacity), "
            + "2 (consolidation) and 3 (pleural effusion)"
        let remedy =
            if value == 255 {
                "It looks like a binary mask of 0 and 255: divide it by 255 and train with "
                    + "--tasks binary"
            } else if !value.isFinite {
                "Replace values that are no number"
            } else if value != value.rounded() {
                "Resample labels by nearest neighbour, and check scl_slope and scl_inter"
            } else {
                "Give the label file, not the images, and map its classes to 0 to 3"
            }
        return LungfoldError(
            .badData, path, "has the value \(value) (\(place)); \(rule)", remedy: remedy)
    }
}
