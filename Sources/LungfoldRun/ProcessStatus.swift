/// What Linux tells about this process: the lines of /proc/self/status.
public struct ProcessStatus: Sendable {
    private let fields: [String: String]

    /// Reads the status as it is now; empty where there is no /proc.
    public static func current() -> ProcessStatus {
        let text = (try? FileSystem.read("/proc/self/status")) ?? []
        return ProcessStatus(text: String(decoding: text, as: UTF8.self))
    }

    /// Reads `name: value` lines.
    public init(text: String) {
        fields = text.split(separator: "\n").reduce(into: [:]) { fields, line in
            guard let colon = line.firstIndex(of: ":") else { return }
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            fields[String(line[..<colon])] = String(value)
        }
    }

    /// A field's value, such as `0-3` for `Cpus_allowed_list`.
    public subscript(name: String) -> String? { fields[name] }

    /// The most physical memory this process has used so far, in bytes.
    public var peakMemoryBytes: Int? {
        self["VmHWM"]?.split(separator: " ").first.flatMap { Int($0) }.map { $0 * 1024 }
    }
}
