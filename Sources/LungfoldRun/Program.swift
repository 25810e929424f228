/// The program as a whole.
public enum Program {
    /// Its version.
    public static let version = "0.1.0"
}
