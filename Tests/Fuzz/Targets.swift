import Foundation
import LungfoldEngine
import LungfoldImaging
import LungfoldRun
import LungfoldStudy
import LungfoldTraining

/// libFuzzer on each parser of ours, chosen by LUNGFOLD_FUZZ_TARGET. An input may be
/// refused with an error, and nothing else: a trap, a hang or too much memory is a defect.

/// Parsers that read files get the input as one, in memory.
private func file(_ input: [UInt8], _ name: String) throws -> String {
    let folder = "/dev/shm/lungfold-fuzz-\(getpid())"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let path = "\(folder)/\(name)"
    try Data(input).write(to: URL(fileURLWithPath: path))
    return path
}

/// Reads a volume or a folder as images, with all checks, and as labels.
private func load(_ path: String) throws {
    _ = try? SliceLoader(
        images: path, labels: nil, lungs: nil, window: nil, size: 16
    ).load(notice: { _ in })
    _ = try SliceLoader(
        images: path, labels: path, lungs: nil, window: nil, size: 16
    ).load(notice: { _ in })
}

private let targets: [String: @Sendable ([UInt8]) throws -> Void] = [
    "nifti": { try load(file($0, "input.nii")) },
    "gzip": { try load(file($0, "input.nii.gz")) },
    "png": { input in
        let path = try file(input, "slices-1.png")
        try load((path as NSString).deletingLastPathComponent)
    },
    "safetensors": { _ = try WeightSet(safetensors: $0, file: "input") },
    "network": { _ = try NetworkFile(contentsOf: file($0, "input.safetensors")) },
    "seal": { _ = try Seal.open($0, path: "input") },
    "checkpoint": { input in
        // Its content behind the seal, which a fuzzer would not get past.
        _ = try Checkpoint(
            encoded: Array(input.dropFirst(Seal.length)), identity: [:], file: "input")
    },
    "experiments": { _ = try ExperimentsFile(path: file($0, "input.yaml")).load() },
    "splits": { _ = try SplitFile.decode(Data($0), sliceCount: 10, path: "input") },
    "result": { _ = try JSON.decode(JobResult.self, from: $0, subject: "input") },
]

private let parse: @Sendable ([UInt8]) throws -> Void = {
    let name = ProcessInfo.processInfo.environment["LUNGFOLD_FUZZ_TARGET"] ?? ""
    guard let target = targets[name] else {
        print("LUNGFOLD_FUZZ_TARGET is none of \(targets.keys.sorted().joined(separator: " "))")
        exit(64)
    }
    return target
}()

/// What libFuzzer's main function calls with each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ length: Int) -> CInt {
    try? parse(Array(UnsafeBufferPointer(start: start, count: length)))
    return 0
}

/// The program's own main function, as SwiftPM names it, does what libFuzzer's does.
@_cdecl("lungfold_fuzz_main")
public func start(
    _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> CInt {
    var (count, arguments) = (count, arguments)
    return runDriver(&count, &arguments) { testOneInput($0, $1) }
}

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ callback: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt
