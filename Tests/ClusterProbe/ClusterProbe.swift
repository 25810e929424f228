import Foundation
import LungfoldCluster
import LungfoldStudy

/// A program for the tests to start with mpirun: each scenario shows one behaviour of the cluster
/// layer, in lines that rank 0 prints or in how it ends.
@main
enum ClusterProbe {
    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard let name = arguments.first, let scenario = Scenario.all[name] else {
            say("scenarios: \(Scenario.all.keys.sorted().joined(separator: " "))")
            exit(64)
        }
        exit(
            World.run(limitScale: limitScale) { world in
                try scenario(world, arguments.dropFirst().map { Int($0) ?? 0 })
            })
    }

    /// A factor on how long the ranks wait for each other.
    private static var limitScale: Double {
        ProcessInfo.processInfo.environment["CLUSTER_PROBE_LIMITS"].flatMap(Double.init) ?? 1
    }

    /// Prints a line past all buffers.
    static func say(_ text: String) {
        try? FileHandle.standardOutput.write(contentsOf: Data("\(text)\n".utf8))
    }

    /// Leaves a file in the folder that the test gives: what is printed may be lost as ranks end.
    static func mark(_ name: String) throws {
        try Data().write(to: folder.appendingPathComponent(name))
    }

    /// Whether a rank has left that file.
    static func isMarked(_ name: String) -> Bool {
        FileManager.default.fileExists(atPath: folder.appendingPathComponent(name).path)
    }

    private static var folder: URL {
        URL(fileURLWithPath: ProcessInfo.processInfo.environment["CLUSTER_PROBE_FOLDER"] ?? ".")
    }

    /// Processor time of this process so far, all threads, in seconds.
    static var processorTime: Double { Double(clock()) / Double(CLOCKS_PER_SEC) }
}
