/// An error of the engine that a user may read: it names the file, network or parameter, the value
/// found with the rule it breaks, and the next step.
public struct EngineError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file, network or parameter.
    public var subject: String
    /// What was found there and the rule it breaks, as one clause.
    public var problem: String
    /// What to do about it; may be empty.
    public var remedy: String

    /// Makes an error.
    public init(_ subject: String, _ problem: String, remedy: String = "") {
        self.subject = subject
        self.problem = problem
        self.remedy = remedy
    }

    /// `subject: problem. remedy.`
    public var description: String {
        "\(subject): \(problem)." + (remedy.isEmpty ? "" : " \(remedy).")
    }
}
