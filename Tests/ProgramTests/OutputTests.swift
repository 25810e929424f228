import Foundation
import Glibc
import XCTest

/// Output folders that cannot take the study.
final class OutputTests: XCTestCase {
    func testFolderOfAnotherStudyIsRefusedAndLeftAlone() throws {
        let folder = try TinyStudy.copy()
        let before = try bytes("\(folder)/study.json")
        for (more, word) in [(["--seed", "2"], "seed"), (["--no-augment"], "augment")] {
            let outcome = try Program.run(
                TinyStudy.arguments(output: folder, more), ranks: 3, within: 30)
            XCTAssertEqual(outcome.code, 73, outcome.errors)
            XCTAssertTrue(outcome.errors.contains(word), outcome.errors)
            XCTAssertTrue(outcome.errors.contains(folder))
        }
        XCTAssertEqual(try bytes("\(folder)/study.json"), before)
    }

    func testOtherSlicesAreAnotherStudy() throws {
        let folder = try TinyStudy.copy()
        let images = try NIfTIFile().write("other.nii")
        let outcome = try Program.run(TinyStudy.arguments(output: folder, images: images))
        XCTAssertEqual(outcome.code, 73, outcome.errors)
        XCTAssertTrue(outcome.errors.contains("dataDigest"), outcome.errors)
    }

    func testFolderOfSomethingElseIsRefused() throws {
        let folder = Scratch.path("others")
        try FileManager.default.createDirectory(
            atPath: "\(folder)/jobs", withIntermediateDirectories: true)
        let outcome = try Program.run(TinyStudy.arguments(output: folder))
        XCTAssertEqual(outcome.code, 73, outcome.errors)
        XCTAssertEqual(try FileManager.default.contentsOfDirectory(atPath: folder), ["jobs"])
    }

    func testPathThroughAFile() throws {
        let outcome = try Program.run(
            TinyStudy.arguments(output: "\(TinyStudy.images)/study"), ranks: 2, within: 30)
        XCTAssertEqual(outcome.code, 73, outcome.errors)
    }

    func testReportOfNoStudy() throws {
        let outcome = try Program.run(["report", Scratch.path("nothing")])
        XCTAssertEqual(outcome.code, 66, outcome.errors)
    }

    func testFolderThatCannotBeWrittenTo() throws {
        let folder = "/proc/lungfold-study"
        let outcome = try Program.run(
            TinyStudy.arguments(output: folder), ranks: 3, within: 30)
        XCTAssertEqual(outcome.code, 73, outcome.errors)
        XCTAssertTrue(outcome.errors.contains(folder), outcome.errors)
    }

    func testReadOnlyDisk() throws {
        try withSmallDisk(options: "size=1m,ro") { disk in
            let outcome = try Program.run(
                TinyStudy.arguments(output: "\(disk)/study"), ranks: 2, within: 30)
            XCTAssertEqual(outcome.code, 73, outcome.errors)
            XCTAssertTrue(outcome.errors.contains("Read-only"), outcome.errors)
        }
    }

    /// Weights of 8 jobs need far more than the disk has: jobs fail, and nothing half-written stays.
    func testFullDisk() throws {
        try withSmallDisk(options: "size=64k") { disk in
            let outcome = try Program.run(
                TinyStudy.arguments(output: "\(disk)/study"), ranks: 2, within: 60)
            XCTAssertTrue([3, 73, 74].contains(outcome.code), "\(outcome.code): \(outcome.errors)")
            XCTAssertTrue(
                (outcome.output + outcome.errors).contains("No space left"), outcome.errors)
            let files = try FileManager.default.subpathsOfDirectory(atPath: disk)
            XCTAssertFalse(files.contains { $0.hasSuffix(".tmp") }, "\(files)")
            for file in files where file.hasSuffix(".json") {
                XCTAssertNoThrow(
                    try JSONSerialization.jsonObject(with: bytes("\(disk)/\(file)")), file)
            }
        }
    }

    /// A file system in memory, for root; others skip.
    private func withSmallDisk(options: String, _ body: (String) throws -> Void) throws {
        let disk = Scratch.path("disk")
        try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
        let mount = Process()
        mount.executableURL = URL(fileURLWithPath: "/bin/mount")
        mount.arguments = ["-t", "tmpfs", "-o", options, "tmpfs", disk]
        mount.standardError = FileHandle.nullDevice
        try mount.run()
        mount.waitUntilExit()
        guard mount.terminationStatus == 0 else {
            throw XCTSkip("only root can mount a small disk")
        }
        defer { umount2(disk, Int32(MNT_DETACH)) }
        try body(disk)
    }
}
