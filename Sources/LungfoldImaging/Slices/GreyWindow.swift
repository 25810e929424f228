import LungfoldStudy

/// A linear map of a range of values onto grey values 0...255; what lies outside is clamped.
public struct GreyWindow: Sendable, Hashable, Codable {
    /// The value that becomes 0.
    public let low: Double
    /// The value that becomes 255.
    public let high: Double

    /// The default for Hounsfield units: -1000 (air) to 400.
    ///
    /// Nothing in a chest is thinner than air, so the range of the usual lung window (-1350...150)
    /// below -1000 would be lost grey levels; and up to 400 consolidation, effusion (0 to 60) and
    /// vessels stay apart from bone.
    public static let lung = GreyWindow(low: -1000, high: 400)

    /// Makes a window.
    /// - Throws: `LungfoldError` unless both are finite and `low` is less than `high`.
    public init(checkedLow low: Double, high: Double) throws {
        guard low.isFinite, high.isFinite, low < high else {
            throw LungfoldError(
                .usage, "--window", "\(low),\(high) is no range: LOW is less than HIGH",
                remedy: "Give for instance --window -1000,400")
        }
        self.init(low: low, high: high)
    }

    private init(low: Double, high: Double) {
        self.low = low
        self.high = high
    }

    /// The grey value of a value, in 0...255.
    func grey(_ value: Double) -> Double {
        (min(max(value, low), high) - low) * (255 / (high - low))
    }

    /// Chooses how values become grey values when no window is given. Nil keeps them as they are.
    /// - Parameters:
    ///   - range: the least and the largest value of all slices.
    ///   - stack: the images.
    /// - Returns: the window and a sentence that says what was chosen and why.
    static func choose(for range: ClosedRange<Double>, of stack: any SliceStack) throws
        -> (window: GreyWindow?, notice: String)
    {
        let (low, high) = (range.lowerBound, range.upperBound)
        let found = "\(stack.path): values \(low) to \(high)"
        if let nominal = stack.nominalRange, nominal.upperBound > 255 {
            let window = GreyWindow(low: nominal.lowerBound, high: nominal.upperBound)
            return (window, "\(found), 16-bit grey: scaled from 0...65535 to 0...255")
        }
        if stack.nominalRange != nil || (low >= 0 && high <= 255 && high > 1) {
            return (nil, "\(found): taken as 8-bit grey values, as they are")
        }
        // Lungs are about -850 HU: a volume in Hounsfield units without -200 shows no lung.
        if low < -200 {
            return (
                .lung,
                "\(found): taken as Hounsfield units, window \(lung.low) to \(lung.high) onto 0...255"
            )
        }
        throw LungfoldError(
            .badData, stack.path,
            "has values \(low) to \(high): neither grey values 0 to 255 nor Hounsfield units",
            remedy: "Say which values become black and white with --window LOW,HIGH "
                + "(Hounsfield units stored with +1024: --window 24,1424)")
    }
}
