/// What a study's options did to its slices before any network saw them. Results depend on the slices
/// alone; this is kept so that the study can be repeated from the same files.
public struct SlicePreparation: Codable, Hashable, Sendable {
    /// The values of the volume that became 0 and 255, such as Hounsfield units.
    public struct Window: Codable, Hashable, Sendable {
        /// What became 0.
        public var low: Double
        /// What became 255.
        public var high: Double

        /// Makes a window.
        public init(low: Double, high: Double) {
            self.low = low
            self.high = high
        }
    }

    /// Whether a lung mask was given.
    public var hasLungMask: Bool
    /// The window that was given; nil where the volume's range chose.
    public var window: Window?

    /// Describes a preparation.
    public init(hasLungMask: Bool, window: Window? = nil) {
        self.hasLungMask = hasLungMask
        self.window = window
    }
}
