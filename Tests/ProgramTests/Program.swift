import Foundation
import XCTest

/// How a process ended.
struct Outcome {
    /// The exit code, as a shell would give it; -1 for one that was killed because it hung.
    let code: Int32
    let output: String
    let errors: String

    /// Lungfold's own lines on standard error, without mpirun's.
    var messages: [String] {
        errors.split(separator: "\n").map(String.init).filter { $0.hasPrefix("lungfold: ") }
    }
}

/// The program as a whole process, alone or under mpirun, always with a deadline.
enum Program {
    /// Runs it to its end.
    /// - Parameters:
    ///   - ranks: ranks to start with mpirun; nil for no mpirun.
    ///   - environment: variables on top of this process's.
    ///   - limit: seconds after which it counts as hanging, which fails the test.
    static func run(
        _ arguments: [String], ranks: Int? = nil, environment: [String: String] = [:],
        within limit: Double = 600, file: StaticString = #filePath, line: UInt = #line
    ) throws -> Outcome {
        let run = try start(arguments, ranks: ranks, environment: environment)
        return run.end(within: limit, file: file, line: line)
    }

    /// Starts it.
    static func start(
        _ arguments: [String], ranks: Int? = nil, environment: [String: String] = [:]
    ) throws -> ProgramRun {
        try ProgramRun(command(arguments, ranks: ranks), environment: environment)
    }

    /// The command line that starts it.
    static func command(_ arguments: [String], ranks: Int?) throws -> [String] {
        let command = [executable.path] + arguments
        guard let ranks else { return command }
        return [try mpirun(), "--oversubscribe", "--bind-to", "none", "-n", "\(ranks)"] + command
    }

    /// SwiftPM puts the program beside the test bundle, which is this process's own executable.
    private static var executable: URL {
        let own = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        return own.deletingLastPathComponent().appendingPathComponent("lungfold")
    }

    private static func mpirun() throws -> String {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin"
        let candidates = path.split(separator: ":").map { "\($0)/mpirun" }
        return try XCTUnwrap(
            candidates.first { FileManager.default.isExecutableFile(atPath: $0) },
            "mpirun is not installed (apt-get install openmpi-bin)")
    }
}

/// A process whose output goes to files, so that nothing it leaves behind can hold a pipe open.
final class ProgramRun {
    private let process = Process()
    private var isFrozen = false
    private let output = Scratch.path("out")
    private let errors = Scratch.path("err")

    init(_ command: [String], environment: [String: String]) throws {
        for path in [output, errors] { try Data().write(to: URL(fileURLWithPath: path)) }
        process.executableURL = URL(fileURLWithPath: command[0])
        process.arguments = Array(command.dropFirst())
        let own = ProcessInfo.processInfo.environment.filter { $0.key != "OMP_NUM_THREADS" }
        process.environment =
            own
            .merging(["OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"]) { $1 }
            .merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle(forWritingAtPath: output)
        process.standardError = FileHandle(forWritingAtPath: errors)
        try process.run()
    }

    deinit {
        // A test that has failed may leave it frozen, for ever.
        if isFrozen, isRunning { signal(SIGKILL) }
    }

    /// What it has printed so far.
    var text: String { Self.text(of: output) }

    /// Whether it has not ended.
    var isRunning: Bool { process.isRunning }

    /// Sends it a signal.
    func signal(_ number: Int32) { kill(process.processIdentifier, number) }

    /// Has all its threads stand still until `thaw`; false where it has ended before.
    func freeze() -> Bool {
        signal(SIGSTOP)
        isFrozen = wait(atMost: 60) { standsStill || !isRunning } && isRunning
        return isFrozen
    }

    /// Lets it go on, where it is frozen.
    func thaw() {
        if isFrozen { signal(SIGCONT) }
        isFrozen = false
    }

    private var standsStill: Bool {
        let folder = "/proc/\(process.processIdentifier)/task"
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return !threads.isEmpty
            && threads.allSatisfy {
                Self.text(of: "\(folder)/\($0)/status").contains("State:\tT")
            }
    }

    /// Whether it has a file open.
    func hasOpen(_ path: String) -> Bool {
        let folder = "/proc/\(process.processIdentifier)/fd"
        let real = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        let open = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return open.contains { number in
            let link = "\(folder)/\(number)"
            return (try? FileManager.default.destinationOfSymbolicLink(atPath: link)) == real
        }
    }

    /// Waits until something is so; false when the time is over.
    func wait(atMost limit: Double, until isTrue: () -> Bool) -> Bool {
        let begin = Date()
        while !isTrue() {
            if -begin.timeIntervalSinceNow > limit { return false }
            usleep(10_000)
        }
        return true
    }

    /// Waits for its end.
    func end(within limit: Double, file: StaticString = #filePath, line: UInt = #line) -> Outcome {
        var code: Int32 = -1
        if wait(atMost: limit, until: { !process.isRunning }) {
            let status = process.terminationStatus
            code = process.terminationReason == .exit ? status : 128 + status
        } else {
            XCTFail("it hangs: \(text) \(Self.text(of: errors))", file: file, line: line)
            signal(SIGTERM)  // mpirun ends its ranks in two seconds
            if !wait(atMost: 5, until: { !process.isRunning }) { signal(SIGKILL) }
        }
        return Outcome(code: code, output: text, errors: Self.text(of: errors))
    }

    private static func text(of path: String) -> String {
        String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    }
}

/// A folder of this test process, removed when it ends.
enum Scratch {
    private static let folder: String = {
        let path = FileManager.default.temporaryDirectory
            .appendingPathComponent("lungfold-tests-\(UUID().uuidString)").path
        try? FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
        atexit { try? FileManager.default.removeItem(atPath: Scratch.folder) }
        return path
    }()

    /// A path in it that nothing has yet.
    static func path(_ name: String) -> String { "\(folder)/\(UUID().uuidString)-\(name)" }
}

extension XCTestCase {
    /// Every byte of a file.
    func bytes(_ path: String, file: StaticString = #filePath, line: UInt = #line) throws -> Data {
        try XCTUnwrap(
            FileManager.default.contents(atPath: path), "\(path) is missing", file: file, line: line
        )
    }

    /// A JSON object from a command's output.
    func object(_ text: String, file: StaticString = #filePath, line: UInt = #line) throws
        -> [String: Any]
    {
        try XCTUnwrap(
            JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any], file: file,
            line: line)
    }
}
