import Foundation
import XCTest

/// The report's page in a headless Chromium, at the size of the paper's data: 100 slices of 256 x 256.
final class BrowserTests: XCTestCase {
    func testPageOfAWholeStudyHoldsInABrowser() throws {
        // Before a whole study is trained for nothing. env says 127 where there is no Python.
        let browser = try checkReport("--browser")
        try XCTSkipIf(
            [77, 127].contains(browser.code), "skipped: \(browser.output)\(browser.errors)")
        XCTAssertEqual(browser.code, 0, browser.output + browser.errors)
        let outcome = try checkReport("\(wholeStudy())/report/index.html")
        XCTAssertEqual(outcome.code, 0, outcome.output + outcome.errors)
        XCTAssertTrue(outcome.output.contains("in both themes"), outcome.output)
    }

    /// Runs scripts/check-report, which opens the page four times, for three minutes each at most.
    private func checkReport(_ argument: String) throws -> Outcome {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../scripts/check-report").standardizedFileURL.path
        return try ProgramRun(["/usr/bin/env", "python3", script, argument], environment: [:])
            .end(within: 720)
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
            ], ranks: 2, within: 600)
        XCTAssertEqual(trained.code, 0, trained.errors)
        return folder
    }
}
