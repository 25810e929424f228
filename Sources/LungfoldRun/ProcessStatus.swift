/// What Linux tells about this process: the lines of /proc/self/status.
public struct ProcessStatus: Sendable {
    private let fields: [String: String]

    /// Reads the status as it is now; empty where there is no /proc.
    public static func current() -> ProcessStatus {
        ProcessStatus(
            text: String(decoding: FileSystem.readIfAny("/proc/self/status"), as: UTF8.self))
    }

    /// Reads `name: value` lines.
    public init(text: String) {
        fields = text.split(separator: "\n").reduce(into: [:]) { fields, line in
            guard let colon = line.firstIndex(of: ":") else { return }
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            fields[String(line[..<colon]).trimmed] = String(value)
        }
    }

    /// The name of this host; empty where there is no /proc.
    static var host: String {
        String(decoding: FileSystem.readIfAny("/proc/sys/kernel/hostname"), as: UTF8.self).trimmed
    }

    /// A field's value, such as `0-3` for `Cpus_allowed_list`.
    public subscript(name: String) -> String? { fields[name] }

    /// The most physical memory this process has used so far, in bytes.
    public var peakMemoryBytes: Int? { kibibytes("VmHWM") }

    /// The number of cores this process may run on.
    public var usableCores: Int? {
        self["Cpus_allowed_list"]?.split(separator: ",").reduce(0) { count, range in
            let ends = range.split(separator: "-").compactMap { Int($0) }
            return ends.isEmpty ? count : count + ends[ends.count - 1] - ends[0] + 1
        }
    }

    /// A field in kB, such as `VmHWM`, as bytes.
    func kibibytes(_ name: String) -> Int? {
        self[name]?.split(separator: " ").first.flatMap { Int($0) }.map { $0 * 1024 }
    }
}

extension String {
    var trimmed: String {
        String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}
