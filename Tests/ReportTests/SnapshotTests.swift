import Foundation
import LungfoldReport
import LungfoldStudy
import Testing

/// Whole reports against recorded ones. `RECORD_SNAPSHOTS=1 swift test --filter SnapshotTests` records
/// anew, and fails so that no one takes a recording for a check; read the difference before committing.
@Suite("Recorded reports")
struct SnapshotTests {
    @Test("A grid with a failed and a missing job, the paper's numbers beside it")
    func partialGrid() throws {
        try compare(Report(outcome: try Sample.partialGrid()), with: "partial-grid")
    }

    @Test("A study of which nothing is finished")
    func nothing() throws {
        try compare(
            Report(outcome: StudyOutcome(study: try Sample.tiny(.paper, slices: 10), results: [])),
            with: "nothing")
    }

    private func compare(_ report: Report, with name: String) throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Snapshots/\(name)")
        let isRecording = ProcessInfo.processInfo.environment["RECORD_SNAPSHOTS"] != nil
        if isRecording { try? FileManager.default.removeItem(at: folder) }
        for file in try report.files() {
            let url = folder.appendingPathComponent(file.path)
            if isRecording {
                try FileManager.default.createDirectory(
                    at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data(file.bytes).write(to: url)
            } else {
                let recorded = try String(decoding: Data(contentsOf: url), as: UTF8.self)
                #expect(file.text == recorded, "\(name)/\(file.path)")
            }
        }
        #expect(!isRecording, "recorded, not compared")
        #expect(try fileCount(folder) == (try report.files().count), "a file too many or too few")
    }

    private func fileCount(_ folder: URL) throws -> Int {
        try FileManager.default.subpathsOfDirectory(atPath: folder.path)
            .count { !URL(fileURLWithPath: $0).pathExtension.isEmpty }
    }
}
