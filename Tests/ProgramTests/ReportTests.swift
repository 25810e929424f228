import Foundation
import LungfoldImaging
import XCTest

/// `lungfold report` on folders that are whole, unfinished, damaged or old.
final class ReportTests: XCTestCase {
    private static let key = "segnet-binary-e4-fold1"
    private static let events = "events.out.tfevents.0000000000.lungfold"

    // MARK: Damage

    func testDamagedResultIsAFailedJobAndAllElseComes() throws {
        let folder = try TinyStudy.copy()
        try change("\(folder)/jobs/\(Self.key)/result.json") { $0 + Data("\n".utf8) }
        let page = try report(folder)
        XCTAssertTrue(
            page.contains("<code>\(Self.key)</code>: jobs/\(Self.key)/result.json: is damaged"))
        XCTAssertFalse(page.contains(folder), "the page depends on where the folder lies")
        let jobs = String(
            decoding: try bytes("\(folder)/report/tables/jobs.csv"), as: UTF8.self)
        let line = try XCTUnwrap(jobs.split(separator: "\n").first { $0.hasPrefix(Self.key) })
        XCTAssertTrue(line.contains("failed") && line.contains("is damaged"), "\(line)")
        XCTAssertEqual(
            try jobCounts(folder), ["expected": 8, "finished": 7, "failed": 1, "missing": 0])
        // What the other jobs came to is what it was.
        XCTAssertTrue(page.contains("picture-worst-multiclass"))
        XCTAssertEqual(
            try bytes("\(folder)/report/tables/table6.csv"),
            try bytes("\(TinyStudy.finished)/report/tables/table6.csv"))
    }

    func testJobsWhoseFilesAreGoneOrNoJSONAreFailedToo() throws {
        let folder = try TinyStudy.copy()
        try FileManager.default.removeItem(atPath: "\(folder)/jobs/\(Self.key)/result.json")
        let other = "\(folder)/jobs/unet-binary-e4-fold2"
        try change("\(other)/manifest.json") { $0.prefix(40) }
        let third = "\(folder)/jobs/unet-multiclass-e4-fold2"
        try FileManager.default.removeItem(atPath: "\(third)/manifest.json")
        try Data("{".utf8).write(to: URL(fileURLWithPath: "\(third)/failure.json"))
        let page = try report(folder)
        XCTAssertEqual(try jobCounts(folder)["failed"], 3)
        for name in ["result.json: cannot be read", "manifest.json: ", "failure.json: "] {
            XCTAssertTrue(page.contains(name), name)
        }
    }

    func testCutPredictionsAreLeftOutWithANote() throws {
        let folder = try TinyStudy.copy()
        try change("\(folder)/jobs/\(Self.key)/test-slices.nii.gz") { $0.dropLast(20) }
        let page = try report(folder)
        XCTAssertTrue(page.contains("jobs/\(Self.key)/test-slices.nii.gz: "))
        XCTAssertTrue(page.contains("Its slices are in no picture"))
        XCTAssertTrue(page.contains("picture-sheet-segnet-binary"), "fold 2 has its predictions")
        XCTAssertEqual(try jobCounts(folder)["finished"], 8)
        XCTAssertEqual(
            try bytes("\(folder)/report/tables/table4.csv"),
            try bytes("\(TinyStudy.finished)/report/tables/table4.csv"))
    }

    func testDamagedSlicesCostThePicturesAlone() throws {
        let folder = try TinyStudy.copy()
        try change("\(folder)/slices/images.nii.gz") { $0.prefix(100) }
        let page = try report(folder)
        XCTAssertTrue(page.contains("slices/images.nii.gz: "))
        XCTAssertTrue(page.contains("Remove the folder slices"))
        XCTAssertFalse(page.contains("picture-fig1"))
        XCTAssertEqual(
            try bytes("\(folder)/report/tables/table4.csv"),
            try bytes("\(TinyStudy.finished)/report/tables/table4.csv"))
    }

    func testLinkToTheRunLeadsToAPageThatSaysWhatIsKnown() throws {
        let folder = try TinyStudy.copy()
        func runPage() throws -> String {
            XCTAssertTrue(try report(folder).contains("href=\"run.html\""))
            return String(decoding: try bytes("\(folder)/report/run.html"), as: UTF8.self)
        }
        let whole = try runPage()
        for name in ["MPI", "OpenBLAS", "Instruction set", "Swift compiler", "gnuplot"] {
            XCTAssertTrue(whole.contains("<dt>\(name)</dt>"), name)
        }
        try change("\(folder)/run.json") { $0.prefix(50) }
        XCTAssertTrue(try runPage().contains("run.json is damaged"))
        try FileManager.default.removeItem(atPath: "\(folder)/run.json")
        XCTAssertTrue(try runPage().contains("run.json is missing"))
    }

    // MARK: Parts

    func testReportOfAPartShowsTheRestAsMissing() throws {
        let folder = try TinyStudy.copy()
        for key in [Self.key, "unet-multiclass-e4-fold2"] {
            try FileManager.default.removeItem(atPath: "\(folder)/jobs/\(key)")
        }
        let page = try report(folder)
        XCTAssertTrue(page.contains("6 of 8 jobs finished, 2 missing."))
        let csv = String(decoding: try bytes("\(folder)/report/tables/jobs.csv"), as: UTF8.self)
        XCTAssertEqual(csv.split(separator: "\n").count { $0.contains(",missing,") }, 2)
        XCTAssertTrue(page.contains("SegNet experiment 4: fold1 missing."), "Table 3 says so")
    }

    func testReportWhileTheStudyRuns() throws {
        let folder = Scratch.path("study")
        let run = try Program.start(
            TinyStudy.arguments(
                output: folder, epochs: 100_000,
                ["--networks", "segnet", "--tasks", "binary", "--threads", "1"]))
        XCTAssertTrue(run.wait(atMost: 30) { run.text.contains("starts on rank") })
        XCTAssertTrue(try report(folder).contains("0 of 2 jobs finished, 2 missing."))
        run.signal(SIGUSR1)
        XCTAssertEqual(run.end(within: 30).code, 75)
    }

    func testWithoutGnuplotAllElseComesAndThePageSaysHowToGetPlots() throws {
        let folder = try TinyStudy.copy()
        let outcome = try Program.run(["report", folder], environment: ["PATH": "/nowhere"])
        XCTAssertEqual(outcome.code, 0, outcome.errors)
        XCTAssertTrue(outcome.errors.contains("gnuplot-nox"), outcome.errors)
        let page = try self.page(folder)
        XCTAssertTrue(page.contains("This plot needs gnuplot."))
        XCTAssertTrue(page.contains("<code>apt-get install gnuplot-nox</code>"))
        let files = try content(of: "\(folder)/report").keys
        let kinds = Dictionary(grouping: files) { URL(fileURLWithPath: $0).pathExtension }
        for kind in ["csv", "md", "tex", "dat"] {
            XCTAssertGreaterThan(kinds[kind]?.count ?? 0, 5, kind)
        }
        // An earlier report's are of other data, for all that anyone knows.
        XCTAssertEqual((kinds["svg"] ?? []) + (kinds["pdf"] ?? []), [])
    }

    // MARK: Bytes

    func testTwiceGivesTheSameBytesForEveryFile() throws {
        let folder = try TinyStudy.copy()
        _ = try report(folder)
        let first = try content(of: "\(folder)/report")
        _ = try report(folder)
        let second = try content(of: "\(folder)/report")
        XCTAssertEqual(first.keys.sorted(), second.keys.sorted())
        for (name, bytes) in first { XCTAssertEqual(second[name], bytes, name) }
        XCTAssertGreaterThan(first.count, 60)
    }

    func testFilesOfAnEarlierReportGoAndOtherPeoplesStay() throws {
        let folder = Scratch.path("study")
        let trained = try Program.run(
            TinyStudy.arguments(output: folder, ["--networks", "segnet", "--tasks", "binary"]))
        XCTAssertEqual(trained.code, 0, trained.errors)
        let before = try content(of: "\(folder)/report").keys.sorted()
        let stale = [
            "tables/comparison.csv", "figures/pairs-binary.svg", "figures/curves-unet-binary.dat",
            "tensorboard/unet-binary-e4-mean/\(Self.events)",
        ]
        let foreign = [
            "tables/mine.csv", "tables/comparison.xlsx", "figures/figure3.svg",
            "tensorboard/mine/\(Self.events)",
        ]
        for name in stale + foreign {
            let url = URL(fileURLWithPath: "\(folder)/report/\(name)")
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data("x".utf8).write(to: url)
        }
        _ = try report(folder)
        XCTAssertEqual(
            try content(of: "\(folder)/report").keys.sorted(), (before + foreign).sorted())
        XCTAssertFalse(
            FileManager.default.fileExists(
                atPath: "\(folder)/report/tensorboard/unet-binary-e4-mean"))
    }

    func testPredictionsHaveTheInputsGeometryAndTestedSlices() throws {
        var volume = NIfTIFile()
        volume.voxels = Array(try PixelVolume(contentsOf: TinyStudy.images).slices.joined())
        var images = volume.bytes
        func put(_ value: some FixedWidthInteger, _ place: Int) {
            withUnsafeBytes(of: value.littleEndian) {
                images.replaceSubrange(place..<place + $0.count, with: $0)
            }
        }
        // Oblique: pixdim with qfac -1, both codes, quaternion and offsets, the sform's three rows.
        for (index, value) in [-1, 0.7, 0.75, 5].enumerated() {
            put(Float(value).bitPattern, 76 + 4 * index)
        }
        put(UInt8(10), 123)  // millimetres and seconds
        put(Int16(1), 252)
        put(Int16(2), 254)
        let placement: [Float] =
            [0.1, 0.2, 0.3, -120, 80.5, 33] + (1...12).map { Float($0) * 0.25 }
        for (index, value) in placement.enumerated() { put(value.bitPattern, 256 + 4 * index) }
        let path = Scratch.path("oblique.nii")
        try images.write(to: URL(fileURLWithPath: path))
        let folder = Scratch.path("study")
        let outcome = try Program.run(
            TinyStudy.arguments(
                output: folder, images: path, epochs: 1,
                ["--networks", "segnet", "--tasks", "binary"]))
        XCTAssertEqual(outcome.code, 0, outcome.errors)
        let job = "\(folder)/jobs/\(Self.key)"
        let written = try unzipped("\(job)/predictions.nii.gz")
        for (field, place) in [
            ("dim", 40..<56), ("pixdim", 76..<92), ("units", 123..<124), ("codes", 252..<256),
            ("quaternion and offsets", 256..<280), ("sform", 280..<328),
        ] {
            XCTAssertEqual(Array(written[place]), Array(images[place]), field)
        }
        let result = try object(String(decoding: bytes("\(job)/result.json"), as: UTF8.self))
        let split = try XCTUnwrap(result["split"] as? [String: Any])
        let tested = try XCTUnwrap(split["test"] as? [Int])
        let predictions = try PixelVolume(contentsOf: "\(job)/predictions.nii.gz").slices
        let slices = try PixelVolume(contentsOf: "\(job)/test-slices.nii.gz").slices
        XCTAssertEqual(slices.count, tested.count)
        for (number, slice) in zip(1..., predictions) {
            let place = tested.firstIndex(of: number)
            XCTAssertEqual(
                slice, place.map { slices[$0] } ?? Array(repeating: 0, count: 32 * 32), "\(number)")
        }
    }

    // MARK: Helpers

    /// Writes the report and gives its page.
    private func report(_ folder: String) throws -> String {
        let outcome = try Program.run(["report", folder])
        XCTAssertEqual(outcome.code, 0, outcome.errors)
        return try page(folder)
    }

    private func page(_ folder: String) throws -> String {
        String(decoding: try bytes("\(folder)/report/index.html"), as: UTF8.self)
    }

    private func jobCounts(_ folder: String) throws -> [String: Int] {
        let summary = try object(
            String(decoding: bytes("\(folder)/report/summary.json"), as: UTF8.self))
        return try XCTUnwrap(summary["jobCounts"] as? [String: Int])
    }

    private func change(_ path: String, _ body: (Data) -> Data) throws {
        try body(try bytes(path)).write(to: URL(fileURLWithPath: path))
    }

    /// Every file below a folder by its path in it.
    private func content(of folder: String) throws -> [String: Data] {
        var isFolder: ObjCBool = false
        return try FileManager.default.subpathsOfDirectory(atPath: folder).reduce(into: [:]) {
            let path = "\(folder)/\($1)"
            _ = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
            if !isFolder.boolValue { $0[$1] = try bytes(path) }
        }
    }

    private func unzipped(_ path: String) throws -> Data {
        let copy = Scratch.path("volume.nii")
        let outcome = try ProgramRun(
            ["/bin/sh", "-c", "gzip -dc \(path) > \(copy)"], environment: [:]
        ).end(within: 30)
        XCTAssertEqual(outcome.code, 0, outcome.errors)
        return try bytes(copy)
    }
}
