import Foundation
import XCTest

/// `lungfold dream`, and Fig. 5 of the report.
final class DreamTests: XCTestCase {
    private static let job = "unet-multiclass-e4-fold1"
    private static let small = ["--size", "32", "--octaves", "2", "--iterations", "4"]

    private func dream(_ arguments: [String], _ job: String = job) throws -> Outcome {
        try Program.run(["dream", "--weights", TinyStudy.weights(job)] + arguments)
    }

    func testAPictureOfEveryClassWhoseActivationRises() throws {
        for (job, names) in [
            ("segnet-binary-e4-fold1", ["healthy", "infected"]),
            (Self.job, ["healthy", "ground-glass-opacity", "consolidation", "pleural-effusion"]),
        ] {
            let folder = Scratch.path("dreams")
            let outcome = try dream(["--output", folder] + Self.small, job)
            XCTAssertEqual(outcome.code, 0, outcome.errors)
            XCTAssertEqual(
                try FileManager.default.contentsOfDirectory(atPath: folder).sorted(),
                names.map { "\($0).png" }.sorted())
            let lines = outcome.output.split(separator: "\n")
            XCTAssertEqual(lines.count, names.count)
            for (line, name) in zip(lines, names) {
                XCTAssertTrue(line.contains("\(folder)/\(name).png"), "\(line)")
                let numbers = line.split(separator: " ").compactMap { Double($0) }.suffix(2)
                XCTAssertLessThan(numbers.first ?? 0, numbers.last ?? 0, "\(line)")
            }
            // 8-bit grey, as its header says and as others read it.
            let header = Array(try bytes("\(folder)/\(names[1]).png").prefix(26))
            XCTAssertEqual(Array(header[16...]), [0, 0, 0, 32, 0, 0, 0, 32, 8, 0])
            XCTAssertEqual(try Program.run(["inspect", "--images", folder]).code, 0)
        }
    }

    func testTheSameOptionsGiveTheSamePicture() throws {
        func picture(_ more: [String]) throws -> Data {
            let path = Scratch.path("d.png")
            let outcome = try dream(Self.small + more + ["--output", path])
            XCTAssertEqual(outcome.code, 0, outcome.errors)
            return try bytes(path)
        }
        let one = try picture(["--class", "consolidation"])
        for more in [["--class", "2"], ["--class", "2", "--threads", "3"]] {
            XCTAssertEqual(try picture(more), one)
        }
        // The last layer's third channel is the class.
        XCTAssertEqual(try picture(["--layer", "final_conv", "--channel", "2"]), one)
        for more in [
            ["--class", "1"], ["--class", "2", "--seed", "2"],
            ["--layer", "bridge_conv1", "--channel", "2"],
        ] {
            XCTAssertNotEqual(try picture(more), one, "\(more)")
        }
    }

    func testListNamesLayersChannelsAndClasses() throws {
        let outcome = try dream(["--list"])
        XCTAssertEqual(outcome.code, 0, outcome.errors)
        for part in [
            "encoder1_conv1  ", "0...3  ", "decoder2_upconv", "transposed 2x2 convolution",
            "final_conv are the classes: 0 healthy, 1 ground-glass opacity",
        ] {
            XCTAssertTrue(outcome.output.contains(part), part)
        }
        XCTAssertTrue(
            try dream(["--list"], "segnet-binary-e4-fold1").output.contains("normalisation"))
    }

    func testBadOptionsAreNamedWithWhatThereIs() throws {
        let output = ["--output", Scratch.path("never.png")]
        let most = "9223372036854775807"
        for (arguments, words) in [
            (["--layer", "nose", "--channel", "1"], ["layer nose", "bridge_conv1, bridge_conv2"]),
            (["--layer", "bridge_conv1", "--channel", "16"], ["--channel 16", "0...15"]),
            (["--layer", "bridge_conv1"], ["--channel"]), (["--channel", "1"], ["--layer"]),
            (["--class", "nose"], ["--class 'nose'", "2 or 'consolidation'"]),
            (["--class", "4"], ["--class '4'"]),
            (["--class", "1", "--layer", "x", "--channel", "1"], ["not both"]),
            (["--class", "1", "--size", "30"], ["--size 30", "28 or 32"]),
            (["--class", "1", "--size", "0"], ["--size 0", "1...2048"]),
            (["--class", "1", "--size", most], ["--size \(most)", "1...2048"]),
            (["--class", "1", "--octaves", most], ["--octaves \(most)", "1...10"]),
            (["--class", "1", "--iterations", most], ["--iterations \(most)", "1...1000"]),
            (["--class", "1", "--octaves", "0"], ["--octaves 0", "1...10"]),
            (["--class", "1", "--scale", "1"], ["--scale 1.0", "1.05...4.0"]),
            (["--class", "1", "--step", "nan"], ["--step nan"]),
            (["--class", "1", "--iterations", "-3"], ["--iterations"]),
            (["--class", "1", "--threads", "0"], ["--threads 0"]),
        ] {
            let outcome = try dream(arguments + output)
            XCTAssertEqual(outcome.code, 64, "\(arguments): \(outcome.errors)")
            for word in words {
                XCTAssertTrue(outcome.errors.contains(word), "\(word) in \(outcome.errors)")
            }
        }
        XCTAssertEqual(try dream([]).code, 64)
        XCTAssertFalse(FileManager.default.fileExists(atPath: output[1]))
    }

    func testMissingAndDamagedWeightsAndPlacesThatCannotBeWritten() throws {
        let missing = Scratch.path("no.safetensors")
        let outcome = try Program.run(["dream", "--weights", missing, "--list"])
        XCTAssertEqual(outcome.code, 66, outcome.errors)
        XCTAssertTrue(outcome.errors.contains(missing))
        let damaged = Scratch.path("damaged.safetensors")
        try bytes(TinyStudy.weights(Self.job)).dropLast(7)
            .write(to: URL(fileURLWithPath: damaged))
        XCTAssertEqual(try Program.run(["dream", "--weights", damaged, "--list"]).code, 65)
        for arguments in [
            ["--output", "/proc/dreams"], ["--class", "1", "--output", "/proc/d.png"],
        ] {
            let outcome = try dream(arguments + Self.small)
            XCTAssertEqual(outcome.code, 73, outcome.errors)
            XCTAssertTrue(outcome.errors.contains("/proc/d"), outcome.errors)
        }
    }

    // MARK: Fig. 5

    private func page(_ folder: String) throws -> String {
        String(decoding: try bytes("\(folder)/report/index.html"), as: UTF8.self)
    }

    func testReportKeepsItsPicturesAndMakesThemAgainFromOtherWeights() throws {
        let folder = try TinyStudy.copy()
        let keys = ["segnet-binary", "segnet-multiclass", "unet-binary", "unet-multiclass"]
            .map { "\($0)-e4-fold1" }
        let first = try page(folder)
        for key in keys {
            let name = key.replacingOccurrences(of: "-e4-fold1", with: "")
            XCTAssertTrue(first.contains("id=\"picture-fig5-\(name)\""), name)
        }
        let kept = try keys.map { try bytes("\(folder)/jobs/\($0)/dream.json") }
        // Made anew where they are gone, cut short or of other weights: the same bytes.
        try FileManager.default.removeItem(atPath: "\(folder)/jobs/\(keys[0])/dream.json")
        try kept[1].dropLast(20).write(
            to: URL(fileURLWithPath: "\(folder)/jobs/\(keys[1])/dream.json"))
        try kept[0].write(to: URL(fileURLWithPath: "\(folder)/jobs/\(keys[2])/dream.json"))
        XCTAssertEqual(try Program.run(["report", folder]).code, 0)
        for (key, bytes) in zip(keys, kept) {
            XCTAssertEqual(try self.bytes("\(folder)/jobs/\(key)/dream.json"), bytes, key)
        }
        XCTAssertEqual(try page(folder), first)
    }

    func testReportWithoutWeightsSaysSo() throws {
        let folder = try TinyStudy.copy()
        let keys = ["segnet-binary-e4-fold1", "unet-binary-e4-fold1"]
        for key in keys {
            try FileManager.default.removeItem(atPath: "\(folder)/jobs/\(key)/dream.json")
        }
        let damaged = "\(folder)/jobs/\(keys[0])/weights.safetensors"
        var content = try bytes(damaged)
        content[content.count - 3] ^= 1
        try content.write(to: URL(fileURLWithPath: damaged))
        try FileManager.default.removeItem(atPath: "\(folder)/jobs/\(keys[1])/weights.safetensors")
        let outcome = try Program.run(["report", folder])
        XCTAssertEqual(outcome.code, 0, outcome.errors)
        let page = try page(folder)
        for key in keys {
            XCTAssertTrue(outcome.errors.contains("\(key)/weights.safetensors"), outcome.errors)
            XCTAssertTrue(page.contains("There is no picture of <code>\(key)</code>"), key)
        }
        XCTAssertFalse(page.contains("picture-fig5-segnet-binary\""))
        XCTAssertTrue(page.contains("picture-fig5-segnet-multiclass\""))
    }
}
