import Foundation
import LungfoldReport
import LungfoldStudy
import Testing

@Suite("TensorBoard's event files")
struct EventTests {
    @Test("The bytes of a file with one number, as TensorFlow's own writer has them")
    func record() {
        // RecordWriter of tensorboard 2.20 over the same event gives this first record.
        let bytes = EventFile().bytes
        #expect(Array(bytes.prefix(8)) == [24, 0, 0, 0, 0, 0, 0, 0])
        #expect(Array(bytes[8..<12]) == [0xa3, 0x7f, 0x4b, 0x22])
        #expect(bytes.count == 8 + 4 + 24 + 4)
        #expect(Array(bytes.suffix(4)) == [0xee, 0xdf, 0x28, 0xa3])
    }

    @Test("TensorBoard's own reader finds every point, picture and mean, where it is installed")
    func reader() throws {
        guard let python = Self.python else {
            print("event files are not read back: pip install tensorboard, or LUNGFOLD_PYTHON")
            return
        }
        let results = try Sample.illustrated().results.filter { $0.network == .segnet }
        var file = JobEvents.file(results[0])
        let png = try ErrorPicture.png(
            grey: [0, 1, 2, 3], labels: [0, 1, 0, 1], prediction: [0, 0, 1, 1], task: .binary,
            size: 2)
        file.add(png: png, width: 2, height: 2, tag: "validation/slice 1", step: 10)
        for (events, expected) in [
            (file, "True"), (JobEvents.mean(Array(results.prefix(2))), "False"),
        ] {
            let folder = FileManager.default.temporaryDirectory
                .appendingPathComponent("lungfold-events-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            try Data(events.bytes).write(to: folder.appendingPathComponent(EventFile.name))
            let output = try run(python, ["-c", Self.script, folder.path])
            let parts = output.split(separator: "\n").map(String.init)
            #expect(
                parts == [
                    "accuracy/training 0.75", "accuracy/validation 0.5", "dice/healthy 0.5",
                    "learning rate 0.001", "loss/training 0.5", "picture \(expected)",
                ], "\(output)")
        }
    }

    private static let script = """
        import sys
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
        events = EventAccumulator(sys.argv[1], size_guidance={"tensors": 0})
        events.Reload()
        picture = False
        for tag in sorted(events.Tags()["tensors"]):
            point = events.Tensors(tag)[-1]
            if tag.startswith("validation/"):
                width, height, png = point.tensor_proto.string_val
                picture = (width, height, png[1:4], point.step) == (b"2", b"2", b"PNG", 10)
            else:
                print(tag, round(point.tensor_proto.float_val[0], 6))
        print("picture", picture)
        """

    /// A Python that has TensorBoard.
    private static let python: String? = {
        let candidates =
            [ProcessInfo.processInfo.environment["LUNGFOLD_PYTHON"], "/usr/bin/python3"]
        return candidates.compactMap { $0 }.first { path in
            FileManager.default.isExecutableFile(atPath: path)
                && (try? run(path, ["-c", "import tensorboard; print(1)"])) == "1\n"
        }
    }()

    private func run(_ program: String, _ arguments: [String]) throws -> String {
        try Self.run(program, arguments)
    }

    private static func run(_ program: String, _ arguments: [String]) throws -> String {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }
}
