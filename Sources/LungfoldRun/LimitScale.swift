import Foundation

/// Shortens all limits of time for tests of what happens when they are over:
/// `LUNGFOLD_LIMITS=0.03` makes a minute two seconds.
enum LimitScale {
    /// What limits are multiplied by, in 0.001...1.
    static let factor: Double = {
        let text = ProcessInfo.processInfo.environment["LUNGFOLD_LIMITS"] ?? ""
        guard let value = Double(text), (0.001...1).contains(value) else { return 1 }
        return value
    }()
}
