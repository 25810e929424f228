import Foundation
import XCTest

/// The report's page in a headless Chromium, at the size of the paper's data: 100 slices of 256 x 256.
final class BrowserTests: XCTestCase {
    func testPageOfAWholeStudyHoldsInABrowser() throws {
        let check = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../scripts/check-report").standardizedFileURL.path
        let folder = try wholeStudy()
        let outcome = try ProgramRun(
            ["/usr/bin/env", "python3", check, "\(folder)/report/index.html"], environment: [:]
        ).end(within: 300)
        try XCTSkipIf(
            outcome.code == 77 || outcome.errors.contains("python3’: No such file"),
            "skipped: \(outcome.output)\(outcome.errors)")
        XCTAssertEqual(outcome.code, 0, outcome.output + outcome.errors)
        XCTAssertTrue(outcome.output.contains("in both themes"), outcome.output)
    }

    /// A network of two filters and one epoch: the page is as large as that of a real study.
    private func wholeStudy() throws -> String {
        let data = Scratch.path("phantom")
        let folder = Scratch.path("study")
        let made = try Program.run(["phantom", "--output", data])
        XCTAssertEqual(made.code, 0, made.errors)
        let trained = try Program.run(
            [
                "study", "--images", "\(data)/tr_im.nii.gz", "--labels",
                "\(data)/tr_mask.nii.gz", "--lungs", "\(data)/lung_mask.nii.gz", "--output",
                folder, "--experiments", "4", "--epochs", "1", "--filters", "2", "--depth", "1",
            ], ranks: 2, within: 300)
        XCTAssertEqual(trained.code, 0, trained.errors)
        return folder
    }
}
