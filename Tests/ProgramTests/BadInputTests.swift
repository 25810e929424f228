import Foundation
import XCTest

/// Wrong data and wrong options: one message that names file, value, rule and next step, a documented
/// exit code, nothing written, and a prompt end on all ranks.
final class BadInputTests: XCTestCase {
    /// Runs a study on files and expects it to be refused.
    private func refuse(
        images: String = TinyStudy.images, labels: String = TinyStudy.labels, code: Int32,
        naming words: [String], ranks: Int? = nil, _ more: [String] = [],
        file: StaticString = #filePath, line: UInt = #line
    ) throws {
        let folder = Scratch.path("refused")
        let outcome = try Program.run(
            TinyStudy.arguments(output: folder, images: images, labels: labels, more),
            ranks: ranks, within: 30, file: file, line: line)
        XCTAssertEqual(outcome.code, code, outcome.errors, file: file, line: line)
        for word in words {
            XCTAssertTrue(
                outcome.errors.contains(word), "'\(word)' in: \(outcome.errors)", file: file,
                line: line)
        }
        let complaints = outcome.messages.filter { !$0.contains("note:") }
        XCTAssertEqual(complaints.count, 1, outcome.errors, file: file, line: line)
        XCTAssertFalse(
            FileManager.default.fileExists(atPath: folder), "half-written", file: file, line: line)
    }

    private func file(_ name: String, _ content: Data) throws -> String {
        let path = Scratch.path(name)
        try content.write(to: URL(fileURLWithPath: path))
        return path
    }

    // MARK: Files

    func testMissingFileOnAnyNumberOfRanks() throws {
        for ranks in [nil, 1, 2, 3, 5] {
            try refuse(
                images: "/nowhere/im.nii", code: 66, naming: ["/nowhere/im.nii"], ranks: ranks)
        }
        try refuse(labels: "/nowhere/mask.nii", code: 66, naming: ["/nowhere/mask.nii"])
    }

    func testFilesThatAreNoVolumes() throws {
        let whole = try bytes(TinyStudy.images)
        let cases: [(String, Data)] = [
            ("empty.nii", Data()), ("empty.nii.gz", Data()), ("text.nii", Data("<html>".utf8)),
            ("text.nii.gz", Data(String(repeating: "not gzip ", count: 100).utf8)),
            ("cut.nii.gz", whole.prefix(whole.count / 2)), ("short.nii", Data(count: 347)),
        ]
        for (name, content) in cases {
            let path = try file(name, content)
            try refuse(images: path, code: 65, naming: [path])
        }
        let path = try file("text.nii.gz", Data("plain".utf8))
        try refuse(images: path, code: 65, naming: [path], ranks: 3)
    }

    func testHeadersThatLie() throws {
        var cases: [NIfTIFile] = Array(repeating: NIfTIFile(), count: 7)
        cases[0].dimensions[3] = 30000
        cases[1].dimensions[1] = -5
        cases[2].datatype = 999
        cases[3].bitsPerVoxel = 16
        cases[4].offset = 1e9
        cases[5].offset = .nan
        cases[6].voxels.removeLast(100)
        for (index, volume) in cases.enumerated() {
            let path = try volume.write("lie\(index).nii")
            try refuse(images: path, code: 65, naming: [path])
        }
    }

    func testHugeHeaderIsRefusedBeforeItIsAllocated() throws {
        var volume = NIfTIFile()
        volume.dimensions = [3, 32767, 32767, 32767, 1, 1, 1, 1]
        let path = try volume.write("huge.nii")
        try refuse(images: path, code: 65, naming: [path])
    }

    // MARK: Values

    func testShapesThatDiffer() throws {
        let path = try NIfTIFile(slices: 9).write("nine.nii")
        try refuse(images: path, code: 65, naming: ["9", "10"])
    }

    func testLabelsThatAreNone() throws {
        var mask = NIfTIFile()
        mask.voxels = mask.voxels.map { $0 > 100 ? 255 : 0 }
        let path = try mask.write("png-mask.nii")
        try refuse(labels: path, code: 65, naming: [path, "255"], ranks: 2)
        var four = NIfTIFile()
        four.voxels = four.voxels.map { $0 % 5 }
        try refuse(labels: try four.write("four.nii"), code: 65, naming: ["4"])
        let half = NIfTIFile(floats: (0..<10240).map { $0 % 2 == 0 ? 0.5 : 0 })
        try refuse(labels: try half.write("half.nii"), code: 65, naming: ["0.5"])
    }

    func testVoxelsThatAreNoNumbersAndConstantVolumes() throws {
        var values = (0..<10240).map { Float($0 % 200) }
        values[77] = .nan
        let path = try NIfTIFile(floats: values).write("nan.nii")
        try refuse(images: path, code: 65, naming: [path])
        var flat = NIfTIFile()
        flat.voxels = flat.voxels.map { _ in 7 }
        let constant = try flat.write("constant.nii")
        try refuse(images: constant, code: 65, naming: [constant])
    }

    func testFewerSlicesThanFolds() throws {
        let images = try NIfTIFile(slices: 4).write("four-slices.nii")
        var mask = NIfTIFile(slices: 4)
        mask.voxels = mask.voxels.map { $0 % 4 }
        try refuse(
            images: images, labels: try mask.write("four-labels.nii"), code: 65, naming: ["4", "5"])
    }

    // MARK: Options

    func testUnknownOptionsNameTheValidOnes() throws {
        try refuse(code: 64, naming: ["segnet", "unet"], ["--networks", "segnet,vnet"])
        try refuse(code: 64, naming: ["binary", "multiclass"], ["--tasks", "both"])
        try refuse(code: 64, naming: ["--folds", "1", "5"], ["--folds", "0-2"])
        try refuse(code: 64, naming: ["--window"], ["--window", "400,-1000"])
        try refuse(code: 64, naming: ["30", "28", "32"], ["--image-size", "30"])
        try refuse(
            code: 64, naming: ["--experiments", "9"], ranks: 3, ["--experiments", "4,10"])
    }

    func testUsageErrorsEndAllRanksAndAreSaidOnce() throws {
        for ranks in [nil, 1, 2, 3, 5] as [Int?] {
            let outcome = try Program.run(
                TinyStudy.arguments(output: Scratch.path("x"), ["--no-such-option"]),
                ranks: ranks, within: 30)
            XCTAssertEqual(outcome.code, 64, outcome.errors)
            let lines = outcome.errors.components(separatedBy: "Unknown option '--no-such-option'")
            XCTAssertEqual(lines.count, 2, outcome.errors)
        }
        XCTAssertEqual(try Program.run(["no-such-command"]).code, 64)
    }

    func testMistakesInTheExperimentsFileAreFoundByLine() throws {
        let cases = [
            ("segnet:\n  - {learning-rate: fast, mini-batch: 4}\n", ":2", "learning-rate"),
            ("segnet:\n  - {learning-rate: 0.1}\n", ":2", "mini-batch"),
            ("segnet:\n  - {learning-rate: 0.1, mini-batch: 4, momentum: 1}\n", ":2", "momentum"),
            ("vnet:\n  - {learning-rate: 0.1, mini-batch: 4}\n", ":1", "vnet"),
            ("segnet: [\n", "experiments.yaml", "YAML"),
        ]
        for (text, place, word) in cases {
            let path = try file("experiments.yaml", Data(text.utf8))
            try refuse(code: 78, naming: [place, word], ["--experiments-file", path])
        }
    }

    func testWeightsThatAreNone() throws {
        let junk = try file("weights.safetensors", Data("junk".utf8))
        for (path, code) in [("/nowhere/w.safetensors", 66), (junk, 65)] as [(String, Int32)] {
            let outcome = try Program.run([
                "evaluate", "--weights", path, "--images", TinyStudy.images, "--labels",
                TinyStudy.labels, "--json", "-",
            ])
            XCTAssertEqual(outcome.code, code)
            XCTAssertTrue(outcome.errors.contains(path))
            XCTAssertEqual(outcome.output, "")
        }
    }

    func testSlicesOutOfRange() throws {
        let outcome = try Program.run([
            "evaluate", "--weights", TinyStudy.weights("segnet-binary-e4-fold1"), "--images",
            TinyStudy.images, "--labels", TinyStudy.labels, "--slices", "11", "--json", "-",
        ])
        XCTAssertEqual(outcome.code, 64)
        XCTAssertTrue(outcome.errors.contains("11"))
    }
}
