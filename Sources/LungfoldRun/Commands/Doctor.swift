import Foundation
import LungfoldCluster
import LungfoldEngine
import LungfoldStudy

/// `lungfold doctor`: what this machine offers, and what stands in the way of speed.
public struct Doctor: Sendable {
    private let threads: Int?
    private let output: String

    /// - Parameters:
    ///   - threads: the value of `--threads`.
    ///   - output: the folder whose disk is looked at.
    public init(threads: Int?, output: String) {
        self.threads = threads
        self.output = output
    }

    /// Looks and tells; rank 0's surroundings where there are several.
    /// - Returns: the exit code.
    public func run() -> Int32 {
        World.run { world in
            if world.rank == 0 {
                let (findings, advice) = examine(world)
                let width = findings.map(\.0.count).max() ?? 0
                for (name, text) in findings {
                    Console.say(
                        name.padding(toLength: width, withPad: " ", startingAt: 0) + "  " + text)
                }
                for line in advice { Console.say("advice: \(line)") }
                if advice.isEmpty { Console.say("Nothing stands in the way of speed.") }
            }
            return 0
        }
    }

    private func examine(_ world: World) -> (findings: [(String, String)], advice: [String]) {
        let choice = ThreadChoice(option: threads, cores: .init(world.placement))
        let placement = world.placement
        let environment = ProcessInfo.processInfo.environment
        var advice = choice.notes + placement.notices
        if let core = environment["OPENBLAS_CORETYPE"] {
            advice.append(
                "OPENBLAS_CORETYPE=\(core) forces OpenBLAS to the kernels for "
                    + "\(EngineHost.openBLASCore); unset it, so that it picks this CPU's own")
        }
        if let free = FileSystem.freeBytes(at: output), free < 1 << 30 {
            advice.append(
                "less than 1 GiB is free at \(output); a study needs some for its weights")
        }
        let findings = [
            ("lungfold", Program.version),
            ("CPU", Self.cpu()),
            ("instruction set", EngineHost.instructionSet?.rawValue ?? "unknown"),
            ("OpenBLAS", "kernels for \(EngineHost.openBLASCore)"),
            (
                "MPI",
                "\(world.library), \(world.size) rank(s) on \(Set(placement.hosts).count) host(s)"
            ),
            ("threads", "\(choice.threads) a rank, from \(choice.source)"),
            (
                "binding",
                "this rank may use \(placement.boundCores) of \(placement.hostCores) cores; "
                    + "\(placement.ranksOnHost) rank(s) on this host"
            ),
            ("GPU", Self.gpu()),
            ("memory", Self.memory()),
            ("disk", Self.disk(at: output)),
        ]
        return (findings, advice)
    }

    // MARK: Surroundings

    private static func cpu() -> String {
        let text = String(decoding: FileSystem.readIfAny("/proc/cpuinfo"), as: UTF8.self)
        return ProcessStatus(text: text)["model name"] ?? "unknown"
    }

    private static func gpu() -> String {
        let driver = FileSystem.readIfAny("/proc/driver/nvidia/version")
        return driver.isEmpty
            ? "none found; Lungfold computes on the CPU"
            : "an NVIDIA driver is present; Lungfold computes on the CPU all the same"
    }

    private static func memory() -> String {
        let status = ProcessStatus(
            text: String(decoding: FileSystem.readIfAny("/proc/meminfo"), as: UTF8.self))
        guard let total = status.kibibytes("MemTotal"), let free = status.kibibytes("MemAvailable")
        else { return "unknown" }
        return "\(Text.bytes(free)) of \(Text.bytes(total)) available"
    }

    private static func disk(at path: String) -> String {
        FileSystem.freeBytes(at: path).map { "\(Text.bytes(Int(clamping: $0))) free at \(path)" }
            ?? "\(path) cannot be looked at"
    }
}
