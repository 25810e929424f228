import Foundation
import LungfoldEngine
import LungfoldImaging
import LungfoldReport
import LungfoldRun
import LungfoldStudy
import LungfoldTraining

/// libFuzzer on each parser of ours, chosen by LUNGFOLD_FUZZ_TARGET. An input may be
/// refused with an error, and nothing else: a trap, a hang or too much memory is a defect.

/// The folder of this process's files, in memory.
private let folder: String = {
    let path = "/dev/shm/lungfold-fuzz-\(getpid())"
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
}()

/// Parsers that read files get the input as one.
private func file(_ input: [UInt8], _ name: String) throws -> String {
    let path = "\(folder)/\(name)"
    try Data(input).write(to: URL(fileURLWithPath: path))
    return path
}

/// Reads a volume or a folder as images, with all checks, and as labels. libFuzzer's limit of memory
/// is far below the machine's.
private func load(_ path: String) throws {
    var loader = SliceLoader(imagesPath: path, size: 16)
    loader.budget = MemoryBudget(bytes: 128 << 20)
    _ = try? loader.load(notice: { _ in })
    loader.labelsPath = path
    _ = try loader.load(notice: { _ in })
}

/// A study of one job on ten slices, for what is read as a part of one.
private let study: StudyFile = {
    do {
        let splits = try Study.splits(for: .grid, sliceCount: 10, seed: 1)
        return StudyFile(
            sliceCount: 10, dataDigest: "", labelCounts: nil, preparation: nil,
            study: Study(
                networks: [.segnet], tasks: [.binary],
                experiments: [.segnet: [Experiment.paper(.segnet)[0]]], folds: [1],
                splits: splits))
    } catch {
        fatalError("\(error)")
    }
}()

/// A study's folder whose lock is held: only of such a one is `status.json` believed.
private let runningStudy: RunDirectory = {
    do {
        let record = #"{"beat": 1, "host": "fuzz", "pid": 1}"#
        let lock = try file(Array(record.utf8), "lock")
        guard flock(open(lock, O_RDONLY), LOCK_EX) == 0 else { fatalError("\(lock): no lock") }
        _ = try file(JSON.encode(study), "study.json")
        let directory = RunDirectory(path: folder)
        guard try StudyStatus(directory).state == "running" else {
            fatalError("\(folder): its lock is not seen, so status.json would not be read")
        }
        return directory
    } catch {
        fatalError("\(error)")
    }
}()

/// A checkpoint before the first validation, whose best network may be given.
private let checkpoint: Checkpoint = {
    let history = #"{"epochs": [], "validations": []}"#
    let state = """
        {"epoch": 1, "position": 0, "iteration": 0, "lossSum": 0, "correctPixels": 0, "pixels": 0,
        "history": \(history)}
        """
    let set = WeightSet(metadata: ["checkpoint_format": "2", "updates": "0", "state": state])
    do {
        return try Checkpoint(encoded: set.encoded(), identity: [:], file: "a checkpoint")
    } catch {
        fatalError("\(error)")
    }
}()

/// A record of an event file with any content, behind whose checksums a fuzzer would not get. CRC-32C,
/// masked as TensorFlow does.
private func record(of content: [UInt8]) -> [UInt8] {
    func bytes(_ value: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    func checksum(_ bytes: [UInt8]) -> Int {
        var rest = ~UInt32(0)
        for byte in bytes {
            rest ^= UInt32(byte)
            for _ in 0..<8 { rest = rest & 1 == 1 ? rest >> 1 ^ 0x82f6_3b78 : rest >> 1 }
        }
        let crc = ~rest
        return Int((crc >> 15 | crc << 17) &+ 0xa282_ead8)
    }
    let length = bytes(content.count, 8)
    return length + bytes(checksum(length), 4) + content + bytes(checksum(content), 4)
}

/// The job that a result says it is of.
private func job(of result: JobResult) -> Job {
    Job(
        network: result.network, task: result.task, experiment: result.experiment,
        split: result.split, settings: TrainingSettings())
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
    "result": { input in
        let result = try JSON.decode(JobResult.self, from: input, subject: "input")
        try result.check(isOf: job(of: result), source: "input")
        _ = result.history.best
    },
    "study": { input in
        let file = try JSON.decode(StudyFile.self, from: input, subject: "input")
        _ = try file.differences(from: study)
        try file.study.check(sliceCount: file.sliceCount)
        _ = file.study.jobs()
    },
    "run": { input in
        _ = try file(input, "run.json")
        let record = RunRecord(
            directory: RunDirectory(path: folder), study: nil, command: [], ranks: [],
            versions: [:], started: Date())
        _ = try JSON.encode(record)
    },
    "status": { input in
        let directory = runningStudy
        _ = try file(input, "status.json")
        let status = try StudyStatus(directory)
        _ = status.text
        _ = try JSON.encode(status)
    },
    "manifest": { input in
        _ = try file([], "result.json")
        _ = try file(input, "manifest.json")
        _ = try JobDirectory(path: folder).result(of: study.study.jobs()[0])
    },
    "best": { input in
        var whole = checkpoint
        try whole.takeBest(
            encoded: Array(input.dropFirst(Seal.length)), identity: [:], file: "input")
    },
    "start": { _ = Checkpoint.iteration(ofStart: Array($0.dropFirst(Seal.length))) },
    "speed": { input in
        _ = SpeedEvents.kept(input, before: 1000)
        _ = SpeedEvents.kept(record(of: input) + record(of: []), before: .max)
    },
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
