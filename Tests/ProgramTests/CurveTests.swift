import Foundation
import XCTest

/// The curve of a job that is being trained, for whoever looks.
final class CurveTests: XCTestCase {
    func testCurveGrowsWhileTheJobRuns() throws {
        let folder = Scratch.path("study")
        let job = "\(folder)/jobs/segnet-binary-e4-fold1"
        let arguments = TinyStudy.arguments(
            output: folder, epochs: 500,
            ["--networks", "segnet", "--tasks", "binary", "--folds", "1", "--threads", "1"])
        let run = try Program.start(arguments)
        var table = "\(job)/live/history.csv"
        func rows() -> [String] {
            // It is waited for, so its absence is no failure.
            let content = FileManager.default.contents(atPath: table) ?? Data()
            return String(decoding: content, as: UTF8.self)
                .split(separator: "\n").map(String.init)
        }
        func events() -> [String] {
            ((try? FileManager.default.contentsOfDirectory(atPath: "\(job)/live")) ?? [])
                .filter { $0.hasPrefix("events") }
        }
        XCTAssertTrue(run.wait(atMost: 300) { rows().count > 3 && !events().isEmpty })
        run.signal(SIGUSR1)
        XCTAssertEqual(run.end(within: 300).code, 75)
        let begun = rows()
        guard begun.count > 1 else { return XCTFail("\(table): no epoch in \(begun)") }
        XCTAssertTrue(begun[0].hasPrefix("epoch,learning_rate,training_loss"), begun[0])
        XCTAssertTrue(begun[1].hasPrefix("1,0.001,"), begun[1])
        let name = try XCTUnwrap(events().first)
        XCTAssertTrue(name.hasPrefix("events.out.tfevents."), name)
        XCTAssertFalse(FileManager.default.fileExists(atPath: "\(job)/history.csv"))
        // TensorFlow's records: the length of the first is that of a file's beginning.
        XCTAssertEqual(try bytes("\(job)/live/\(name)").first, 24)

        XCTAssertEqual(try Program.run(arguments).code, 0)
        XCTAssertFalse(FileManager.default.fileExists(atPath: "\(job)/live"))
        table = "\(job)/history.csv"
        XCTAssertEqual(rows().count, 501)
        XCTAssertEqual(Array(rows().prefix(begun.count)), begun)
    }

    func testEventsTellOfValidations() throws {
        let folder = Scratch.path("study")
        let arguments = TinyStudy.arguments(
            output: folder, epochs: 60,
            ["--networks", "segnet", "--tasks", "binary", "--folds", "1"])
        XCTAssertEqual(try Program.run(arguments).code, 0)
        let events = try String(decoding: bytes("\(folder)/events.jsonl"), as: UTF8.self)
            .split(separator: "\n").map { try object(String($0)) }
        let validated = events.filter { $0["validationLoss"] != nil }
        XCTAssertFalse(validated.isEmpty)
        let history = String(
            decoding: try bytes("\(folder)/jobs/segnet-binary-e4-fold1/history.csv"), as: UTF8.self
        ).split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
        for event in validated {
            let epoch = try XCTUnwrap(event["epoch"] as? Int)
            let row = history[epoch]
            for (name, column) in [
                ("validationLoss", 5), ("validationAccuracy", 6), ("validationDice", 8),
            ] {
                let told = try XCTUnwrap(event[name] as? Double)
                XCTAssertEqual(told, try XCTUnwrap(Double(row[column])), accuracy: 1e-12, name)
            }
        }
    }
}
