import Foundation
import XCTest

/// The command on a report's page: it makes the same study in a new folder, and is accepted by the old.
final class RepeatTests: XCTestCase {
    func testCommandRepeatsAStudyWithALungMask() throws {
        try assertRepeats(["--experiments", "4", "--folds", "1,2", "--lungs", TinyStudy.lungs])
    }

    func testCommandRepeatsAStudyWithAWindow() throws {
        try assertRepeats(
            ["--experiments", "4", "--folds", "2", "--window", "10.5,200", "--no-augment"])
    }

    func testCommandRepeatsThePapersProtocol() throws {
        try assertRepeats(
            ["--protocol", "paper", "--select-on", "test", "--experiments", "4", "--seed", "7"])
    }

    func testCommandRepeatsGivenSplits() throws {
        let text = """
            [{"name": "fold1", "train": ["slice_001", "slice_002", "slice_003", "slice_004"],
              "val": ["slice_005"], "test": ["slice_010", "slice_006"]}]
            """
        let folder = Scratch.path("study")
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/splits_final.json"))
        try assertRepeats(folder: folder, ["--experiments", "4"])
    }

    func testCommandRepeatsAnExperimentsFile() throws {
        let file = Scratch.path("experiments.yaml")
        // The paper's for one network, with another number than the other's, which is no one's.
        let text = """
            segnet:
              - {number: 4, learning-rate: 0.001, mini-batch: 4}
            unet:
              - {number: 12, learning-rate: 0.00002, mini-batch: 3}
            """
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        try assertRepeats(
            ["--folds", "1", "--experiments-file", file], networks: "segnet,unet")
    }

    func testFolderOfAnOlderVersionIsReportedAndGoesOn() throws {
        let folder = try TinyStudy.copy()
        let path = "\(folder)/study.json"
        var study = try object(String(decoding: bytes(path), as: UTF8.self))
        XCTAssertNotNil(study.removeValue(forKey: "preparation"))
        try JSONSerialization.data(withJSONObject: study).write(to: URL(fileURLWithPath: path))
        XCTAssertEqual(try Program.run(["report", folder]).code, 0)
        XCTAssertTrue(
            try command(folder).contains("# This study did not record whether --window was used"))
        let outcome = try Program.run(TinyStudy.arguments(output: folder))
        XCTAssertEqual(outcome.code, 0, outcome.errors)
        XCTAssertFalse(outcome.output.contains("starts on rank"))
    }

    // MARK: Helpers

    /// Runs a study of one epoch, and then what its page says.
    private func assertRepeats(
        folder: String = Scratch.path("study"), _ options: [String], networks: String = "segnet",
        file: StaticString = #filePath, line: UInt = #line
    ) throws {
        let first = try Program.run(
            [
                "study", "--images", TinyStudy.images, "--labels", TinyStudy.labels, "--output",
                folder, "--networks", networks, "--tasks", "binary", "--epochs", "1",
            ] + TinyStudy.size + options)
        XCTAssertEqual(first.code, 0, first.errors, file: file, line: line)
        let script = try command(folder)
        let new = Scratch.path("repeated")
        let again = try run(script, from: folder, in: new)
        XCTAssertEqual(again.code, 0, "\(script)\n\(again.errors)", file: file, line: line)
        for name in ["study.json", "report/summary.json", "report/index.html"] {
            XCTAssertEqual(
                try bytes("\(new)/\(name)"), try bytes("\(folder)/\(name)"), name, file: file,
                line: line)
        }
        let accepted = try run(script, from: new, in: folder)
        XCTAssertEqual(accepted.code, 0, accepted.errors, file: file, line: line)
        XCTAssertFalse(accepted.output.contains("starts on rank"), file: file, line: line)
    }

    /// The lines on the page.
    private func command(_ folder: String) throws -> String {
        let page = String(decoding: try bytes("\(folder)/report/index.html"), as: UTF8.self)
        let start = try XCTUnwrap(page.range(of: "<pre>"))
        let end = try XCTUnwrap(page.range(of: "</pre>"))
        var text = String(page[start.upperBound..<end.lowerBound])
        for (entity, character) in [
            ("lt", "<"), ("gt", ">"), ("quot", "\""), ("#39", "'"), ("amp", "&"),
        ] {
            text = text.replacingOccurrences(of: "&\(entity);", with: character)
        }
        return text
    }

    /// Hands them to a shell as they are, but for the place holders.
    private func run(_ script: String, from folder: String, in new: String) throws -> Outcome {
        let places = [
            ("NEW_FOLDER", new), ("THIS_FOLDER", folder), ("IMAGES", TinyStudy.images),
            ("LABELS", TinyStudy.labels), ("LUNGS", TinyStudy.lungs), ("RANKS", "1"),
        ]
        let text = places.reduce(script) { $0.replacingOccurrences(of: $1.0, with: $1.1) }
        let program = URL(fileURLWithPath: try Program.command([], ranks: nil)[0])
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        return try ProgramRun(
            ["/bin/sh", "-c", text],
            environment: ["PATH": "\(program.deletingLastPathComponent().path):\(path)"]
        ).end(within: 120)
    }
}
