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
        let parameters = HyperParameters(optimiser: "Adam", l2: 1e-4, size: 4)
        var file = JobEvents.file(results[0], parameters)
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

    @Test(
        "Folds of different sizes: epochs with epochs, validations with those of the same ordinal")
    func unequalFolds() throws {
        let experiment = Experiment(number: 1, learningRate: 1e-3, miniBatch: 2)
        func result(_ name: String, slices: Int, validations: [Int], value: Double) -> JobResult {
            let job = Job(
                network: .segnet, task: .binary, experiment: experiment,
                split: Split(name: name, training: Array(1...slices), validation: [20], test: [21]),
                settings: TrainingSettings())
            var result = Sample.result(job, test: [], validation: [])
            result.history.epochs = (1...2).map {
                .init(
                    epoch: $0, learningRate: 1e-3, trainingLoss: value,
                    trainingAccuracy: value + Double($0))
            }
            result.history.validations = validations.map {
                .init(
                    epoch: 1, iteration: $0, loss: value, accuracy: Double($0),
                    dice: [value, slices == 7 ? nil : 1])
            }
            return result
        }
        // 3 and 6 iterations an epoch; the larger fold has a validation more.
        let folds = [
            result("fold1", slices: 7, validations: [2, 6], value: 0),
            result("fold2", slices: 12, validations: [2, 6, 13], value: 1),
        ]
        var expected = EventFile()
        for (epoch, step) in [(1, 5), (2, 9)] {
            expected.add(0.5, tag: "loss/training", step: step)
            expected.add(0.5 + Double(epoch), tag: "accuracy/training", step: step)
            expected.add(1e-3, tag: "learning rate", step: step)
        }
        // The last are of the finished networks, after 6 and 13 iterations.
        for (step, accuracy) in [(2, 2), (10, 9.5)] {
            expected.add(0.5, tag: "loss/validation", step: step)
            expected.add(accuracy, tag: "accuracy/validation", step: step)
            expected.add(0.5, tag: "dice/healthy", step: step)
        }
        #expect(JobEvents.mean(folds).bytes == expected.bytes)
    }

    @Test("Hyperparameters, test scores and speed are what TensorBoard's plugins read")
    func hyperParameters() throws {
        guard let python = Self.python else {
            print("hyperparameters are not read back: pip install tensorboard, or LUNGFOLD_PYTHON")
            return
        }
        let result = try #require(
            try Sample.illustrated().results.first { $0.network == .segnet })
        let parameters = HyperParameters(optimiser: "Adam", l2: 1e-4, size: 4)
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("lungfold-events-\(UUID().uuidString)")
        let job = folder.appendingPathComponent(result.key)
        try FileManager.default.createDirectory(at: job, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data(JobEvents.file(result, parameters).bytes)
            .write(to: job.appendingPathComponent(EventFile.name))
        let speed = Self.speed([(5, 10.5), (10, 11.5)])
        try Data(speed).write(to: job.appendingPathComponent(SpeedEvents.name))
        let output = try run(python, ["-c", Self.hyperScript, folder.path])
        #expect(
            output.split(separator: "\n") == [
                "L2 0.0001", "epochs 1.0", "experiment \(Double(result.experiment.number))",
                "fold \(result.split.name)", "image size 4.0",
                "learning rate \(result.experiment.learningRate)",
                "mini-batch \(Double(result.experiment.miniBatch))", "network segnet",
                "optimiser Adam", "task binary", "test/accuracy 0.75 STATUS_SUCCESS",
                "test/dice/healthy 0.8 STATUS_SUCCESS",
                "test/dice/infected 0.666667 STATUS_SUCCESS", "speed (5, 10.5) (10, 11.5)",
            ], "\(output)")
    }

    private static func speed(_ points: [(Int, Double)]) -> [UInt8] {
        points.reduce(EventFile().bytes) {
            $0 + SpeedEvents.record($1.1, iteration: $1.0, time: 1.7e9 + Double($1.0))
        }
    }

    @Test("A run that goes on takes the place of what an earlier one had of the same epochs")
    func speedGoesOn() {
        let whole = Self.speed([(5, 10), (10, 11), (200, 12)])
        #expect(SpeedEvents.kept(whole, before: 1000) == whole)
        #expect(SpeedEvents.kept(whole, before: 200) == Self.speed([(5, 10), (10, 11)]))
        #expect(SpeedEvents.kept(whole, before: 10) == Self.speed([(5, 10)]))
        #expect(SpeedEvents.kept(whole, before: 1) == EventFile().bytes)
        #expect(SpeedEvents.kept([], before: 9) == EventFile().bytes)
        for missing in 1...Self.speed([(5, 10)]).count - EventFile().bytes.count {
            // A record that is torn, wherever, ends what is kept.
            #expect(
                SpeedEvents.kept(Array(whole.dropLast(missing)), before: 1000).count
                    < whole.count)
        }
        for place in EventFile().bytes.count..<whole.count {
            var damaged = whole
            damaged[place] ^= 0x55
            let kept = SpeedEvents.kept(damaged, before: 1000)
            #expect(whole.starts(with: kept))
        }
    }

    /// The values of the HPARAMS page, as its own backend gathers them.
    private static let hyperScript = """
        import sys
        from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer
        from tensorboard.context import RequestContext
        from tensorboard.plugins import base_plugin
        from tensorboard.plugins.hparams import api_pb2, backend_context, list_session_groups
        runs = plugin_event_multiplexer.EventMultiplexer(tensor_size_guidance={"scalars": 0})
        runs.AddRunsFromDirectory(sys.argv[1])
        runs.Reload()
        provider = data_provider.MultiplexerDataProvider(runs, sys.argv[1])
        backend = backend_context.Context(
            base_plugin.TBContext(logdir=sys.argv[1], data_provider=provider))
        request = api_pb2.ListSessionGroupsRequest(start_index=0, slice_size=10)
        request.allowed_statuses.append(api_pb2.STATUS_SUCCESS)
        group, = list_session_groups.Handler(
            RequestContext(), backend, "", request).run().session_groups
        for name in sorted(group.hparams):
            value = group.hparams[name]
            print(name, getattr(value, value.WhichOneof("kind")))
        session, = group.sessions
        status = api_pb2.Status.Name(session.status)
        for metric in sorted(group.metric_values, key=lambda metric: metric.name.tag):
            if metric.name.tag.startswith("test/"):
                print(metric.name.tag, round(metric.value, 6), status)
        points = runs.Tensors(next(iter(runs.Runs())), "speed/images per second")
        print("speed", *[(point.step, point.tensor_proto.float_val[0]) for point in points])
        """

    private static let script = """
        import sys
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
        events = EventAccumulator(sys.argv[1], size_guidance={"tensors": 0})
        events.Reload()
        picture = False
        for tag in sorted(events.Tags()["tensors"]):
            point = events.Tensors(tag)[-1]
            if tag.startswith(("_hparams_/", "test/")):
                continue
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
