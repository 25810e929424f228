import Foundation

/// Programs of the system.
enum Executable {
    /// The first program of a name on the PATH; a path is taken as it is.
    static func find(_ name: String) -> String? {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        let places =
            name.contains("/") ? [name] : path.split(separator: ":").map { "\($0)/\(name)" }
        return places.first { FileManager.default.isExecutableFile(atPath: $0) }
    }
}

/// Another program, run until it ends or its time is over.
enum ChildProcess {
    /// Runs a program in a folder, with nothing on its standard input.
    /// - Parameters:
    ///   - program: its path.
    ///   - folder: where it runs, and where its words go.
    ///   - environment: all of its variables.
    ///   - limit: seconds until it is stopped.
    /// - Returns: why it failed, in its own words where it has any; nil where it did not.
    /// - Throws: where it cannot be started.
    static func run(
        _ program: String, _ arguments: [String], in folder: URL, environment: [String: String],
        limit: Double
    ) throws -> String? {
        let errors = folder.appendingPathComponent("errors")
        try Data().write(to: errors)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = try FileHandle(forWritingTo: errors)
        let ended = DispatchSemaphore(value: 0)
        process.terminationHandler = { _ in ended.signal() }
        try process.run()
        guard ended.wait(timeout: .now() + limit) == .success else {
            process.terminate()
            if ended.wait(timeout: .now() + 1) != .success {
                kill(process.processIdentifier, SIGKILL)
            }
            return "it had not ended after \(Int(limit.rounded(.up))) s and was stopped"
        }
        if process.terminationReason == .exit, process.terminationStatus == 0 { return nil }
        let words = String(decoding: (try? Data(contentsOf: errors)) ?? Data(), as: UTF8.self)
            .split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return words.isEmpty
            ? "it ended with \(process.terminationStatus)" : String(words.prefix(300))
    }
}
