import Foundation
import XCTest

/// A ClusterProbe under mpirun, or alone, with a deadline: what hangs is killed and fails its test.
final class ProbeRun {
    private let process = Process()
    private let folder: URL
    private let output: URL
    private let errors: URL
    private let begin = Date()

    /// Starts a scenario.
    /// - Parameters:
    ///   - ranks: ranks to start with mpirun; nil for no mpirun.
    ///   - environment: variables on top of this process's.
    init(_ scenario: [String], ranks: Int?, environment: [String: String] = [:]) throws {
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("cluster-probe-\(UUID().uuidString)")
        output = folder.appendingPathComponent("out")
        errors = folder.appendingPathComponent("err")
        let launcher = try ranks.map { ranks in
            try [Self.mpirun().path, "--allow-run-as-root", "--oversubscribe", "--bind-to", "none"]
                + ["-n", "\(ranks)"]
        }
        let command = (launcher ?? []) + [Self.probe.path] + scenario
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for file in [output, errors] { try Data().write(to: file) }
        process.executableURL = URL(fileURLWithPath: command[0])
        process.arguments = Array(command.dropFirst())
        process.environment = ProcessInfo.processInfo.environment
            .merging(["OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"]) { $1 }
            .merging(["CLUSTER_PROBE_FOLDER": folder.path]) { $1 }
            .merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// What it has printed so far.
    var text: String { (try? String(contentsOf: output, encoding: .utf8)) ?? "" }
    var lines: [String] { text.split(separator: "\n").map(String.init) }
    /// What it and mpirun have said on standard error so far.
    var errorText: String { (try? String(contentsOf: errors, encoding: .utf8)) ?? "" }
    /// Seconds since its start.
    var seconds: Double { -begin.timeIntervalSinceNow }

    /// Whether it has left a file of this name for the test.
    func isMarked(_ name: String) -> Bool {
        FileManager.default.fileExists(atPath: folder.appendingPathComponent(name).path)
    }

    /// Waits for its end; gives its exit code as a shell would.
    func end(within limit: Double = 60, file: StaticString = #filePath, line: UInt = #line) -> Int32
    {
        guard wait(atMost: limit, until: { !process.isRunning }) else {
            XCTFail("it hangs; \(text) \(errorText)", file: file, line: line)
            kill(process.processIdentifier, SIGTERM)  // mpirun ends its ranks in two seconds
            if !wait(atMost: 5, until: { !process.isRunning }) {
                kill(process.processIdentifier, SIGKILL)
            }
            return -1
        }
        let status = process.terminationStatus
        return process.terminationReason == .exit ? status : 128 + status
    }

    /// Sends a signal to a rank, once it is in its job.
    func signal(_ number: Int32, rank: Int) throws { kill(try processID(of: rank), number) }

    /// Waits until a rank is in its job, where it says its process id.
    func processID(of rank: Int) throws -> pid_t {
        let prefix = "rank \(rank) process "
        var id: pid_t?
        _ = wait(atMost: 60) {
            id = lines.first { $0.hasPrefix(prefix) }.flatMap { pid_t($0.dropFirst(prefix.count)) }
            return id != nil
        }
        return try XCTUnwrap(id, "rank \(rank) did not say its process id: \(errorText)")
    }

    /// Waits until something is so; false when the time is over.
    func wait(atMost limit: Double, until isTrue: () -> Bool) -> Bool {
        let begin = Date()
        while !isTrue() {
            if -begin.timeIntervalSinceNow > limit { return false }
            usleep(20_000)
        }
        return true
    }

    private static func mpirun() throws -> URL {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin"
        let candidates = path.split(separator: ":").map { URL(fileURLWithPath: "\($0)/mpirun") }
        guard let found = candidates.first(where: { isExecutable($0) }) else {
            throw XCTSkip("mpirun is not installed (apt-get install openmpi-bin)")
        }
        return found
    }

    private static func isExecutable(_ file: URL) -> Bool {
        FileManager.default.isExecutableFile(atPath: file.path)
    }

    /// SwiftPM puts the probe beside the test bundle, which is this process's own executable.
    private static var probe: URL {
        let own = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        return own.deletingLastPathComponent().appendingPathComponent("ClusterProbe")
    }
}
