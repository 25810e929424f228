import Foundation
import Glibc
import LungfoldCluster
import LungfoldStudy

/// Where this process's output ends up, and how large the terminal there is.
///
/// Open MPI gives every rank a terminal of its own for standard output, wherever mpirun's goes, and
/// sets no size on it. What mpirun's own is, its entry in /proc tells; a rank on another host, whose
/// ancestor is a daemon instead, cannot know.
package struct Terminal: Sendable {
    /// A process, as /proc describes it.
    package struct Ancestor: Sendable {
        var name: String
        var arguments: [String]
        /// What its standard output and standard error are, by descriptor: `/dev/pts/3`, `pipe:[71]`.
        var links: [Int32: String]
        /// Its folder in /proc.
        var folder: String

        /// Describes a process.
        package init(
            name: String, arguments: [String] = [], links: [Int32: String] = [:],
            folder: String = ""
        ) {
            self.name = name
            self.arguments = arguments
            self.links = links
            self.folder = folder
        }
    }

    /// Rows and columns.
    package struct Size: Hashable, Sendable {
        var rows: Int
        var columns: Int

        /// A size; by default a terminal's of old.
        package init(rows: Int = 24, columns: Int = 80) {
            self.rows = rows
            self.columns = columns
        }
    }

    /// The environment of this process.
    var environment: [String: String]
    /// The descriptors of this process that `isatty` takes for terminals.
    var ownTerminals: Set<Int32>
    /// The processes above this one, the parent first.
    var ancestors: [Ancestor]

    private static let launchers = ["mpirun", "mpiexec", "orterun", "prterun"]
    private static let daemons = ["orted", "prted", "srun", "slurmstepd", "hydra_pmi_proxy"]
    /// Options of mpirun that put something before each line.
    private static let tags = ["tag-output", "timestamp-output"]

    /// Describes where a process's output goes.
    package init(
        environment: [String: String], ownTerminals: Set<Int32> = [], ancestors: [Ancestor] = []
    ) {
        self.environment = environment
        self.ownTerminals = ownTerminals
        self.ancestors = ancestors
    }

    /// This process's.
    static func current() -> Terminal {
        Terminal(
            environment: ProcessInfo.processInfo.environment,
            ownTerminals: Set([1, 2].filter { isatty($0) == 1 }), ancestors: readAncestors())
    }

    /// Whether a stream's end is a terminal on which lines can be written over.
    package func canRedraw(_ descriptor: Int32) -> Bool {
        let name = environment["TERM"] ?? ""
        return !name.isEmpty && name != "dumb" && path(of: descriptor) != nil
    }

    /// A path by which the terminal of a stream can be asked; nil where there is none.
    package func path(of descriptor: Int32) -> String? {
        guard isRank else {
            return ownTerminals.contains(descriptor) ? "/proc/self/fd/\(descriptor)" : nil
        }
        for ancestor in ancestors {
            if Self.daemons.contains(ancestor.name) { return nil }
            guard Self.launchers.contains(where: ancestor.name.hasPrefix) else { continue }
            let isTagged = ancestor.arguments.contains { argument in
                argument.hasPrefix("-")
                    && Self.tags.contains(String(argument.drop { $0 == "-" }))
            }
            let link = ancestor.links[descriptor] ?? ""
            let isTerminal = ["/dev/pts/", "/dev/tty", "/dev/console"].contains(
                where: link.hasPrefix)
            return isTerminal && !isTagged ? "\(ancestor.folder)/fd/\(descriptor)" : nil
        }
        return nil
    }

    /// How large the terminal of standard output is now; 24 rows of 80 columns where nothing tells.
    package func size() -> Size {
        var size = Size()
        if let path = path(of: 1) {
            let terminal = open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
            defer { if terminal >= 0 { close(terminal) } }
            var window = winsize()
            if terminal >= 0, ioctl(terminal, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0 {
                size.columns = Int(window.ws_col)
                if window.ws_row > 0 { size.rows = Int(window.ws_row) }
                return size
            }
        }
        size.columns = given("COLUMNS") ?? size.columns
        size.rows = given("LINES") ?? size.rows
        return size
    }

    private func given(_ variable: String) -> Int? {
        environment[variable].flatMap { Int($0) }.flatMap { (1...10_000).contains($0) ? $0 : nil }
    }

    private var isRank: Bool { Launcher(environment: environment).rank != nil }

    // MARK: /proc

    private static func readAncestors() -> [Ancestor] {
        var found: [Ancestor] = []
        var next = Int(getppid())
        while next > 1, found.count < 8 {
            let folder = "/proc/\(next)"
            let status = ProcessStatus(
                text: String(decoding: FileSystem.readIfAny("\(folder)/status"), as: UTF8.self))
            guard let name = status["Name"] else { break }
            let arguments = FileSystem.readIfAny("\(folder)/cmdline").split(separator: 0)
            found.append(
                Ancestor(
                    name: name, arguments: arguments.map { String(decoding: $0, as: UTF8.self) },
                    links: links(folder), folder: folder))
            next = status["PPid"].flatMap { Int($0) } ?? 0
        }
        return found
    }

    private static func links(_ folder: String) -> [Int32: String] {
        var links: [Int32: String] = [:]
        for descriptor in [1, 2] as [Int32] {
            links[descriptor] = try? FileManager.default.destinationOfSymbolicLink(
                atPath: "\(folder)/fd/\(descriptor)")
        }
        return links
    }
}
