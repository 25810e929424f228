import Foundation
import LungfoldReport
import LungfoldStudy
import Testing

/// The paper's numbers, and its authors' stored results through our report. The files are not part of
/// the repository; the tests are skipped where they are not beside it.
@Suite("The paper")
struct PaperTests {
    @Test("The numbers carried over are the paper's", .enabled(if: Reference.isPresent))
    func constants() throws {
        let paper = try Reference.json("paper-tables.json")
        for network in NetworkKind.allCases {
            let tables = [
                SegmentationTask.binary: "table3_binary", .multiclass: "table5_multiclass",
            ]
            for (task, name) in tables {
                let rows = try #require(paper.at(name, network.rawValue) as? [[String: Any]])
                let ours = PaperResults.accuracy(network, task)
                #expect(rows.map { $0["mean"] as? Double } == ours.map { $0.mean })
                #expect(rows.map { $0["sigma"] as? Double } == ours.map(\.deviation))
                let best = paper.at("best_experiments", task.rawValue, network.rawValue)
                #expect(best as? Int == PaperResults.best(network, task))
                for index in 1..<task.classCount {
                    let path = task == .binary ? [] : ["C\(index)"]
                    let table = task == .binary ? "table4_binary" : "table6_multiclass"
                    for score in Score.allCases {
                        let key = score == .gMean ? "g_mean" : score.rawValue
                        let value = paper.at([table, network.rawValue] + path + [key])
                        let scores = PaperResults.scores(network, task, ofClass: index)
                        #expect(value as? Double == scores[score])
                        let fold = paper.at(
                            ["table7", task.rawValue, network.rawValue] + path + [key])
                        let spread = PaperResults.foldScores(network, task, ofClass: index)[score]
                        #expect((fold as? [String: Any])?["mean"] as? Double == spread?.mean)
                        #expect((fold as? [String: Any])?["sigma"] as? Double == spread?.deviation)
                    }
                }
            }
        }
        for index in 0..<4 {
            let counts = PaperResults.classCounts
            #expect(paper.at("table1", "C\(index)", "pixel_count") as? Int == counts.pixels[index])
            let images = paper.at("table1", "C\(index)", "image_pixel_count")
            #expect(images as? Int == counts.imagePixels[index])
        }
    }

    @Test(
        "The authors' nine runs of each network give Table 3, and its best experiments",
        .enabled(if: Reference.isPresent))
    func authorsRuns() throws {
        let runs = try Reference.json("authors-runs-binary.json")
        let study = Study(
            protocol: .holdout, tasks: [.binary], selectOn: .test,
            splits: try Study.splits(for: .holdout, sliceCount: 100, seed: 1))
        #expect(runs["test_slices_1based"] as? [Int] == study.splits[0].test)
        let results = try study.jobs().map { job in
            let list = runs.at("runs", "\(job.network.rawValue)-binary") as? [[String: Any]]
            let run = try #require(list?[job.experiment.number - 1])
            #expect(run["mini_batch"] as? Int == job.experiment.miniBatch)
            #expect(run["initial_learning_rate"] as? Double == job.experiment.learningRate)
            let accuracies = try #require(run["global_accuracy_per_test_slice"] as? [Double])
            let matrices = accuracies.map { accuracy in
                let correct = Int((accuracy * 65536).rounded())
                return ConfusionMatrix(rows: [[correct, 65536 - correct], [0, 0]])
            }
            return Sample.result(job, test: matrices, validation: [])
        }
        let tables = Report(
            outcome: StudyOutcome(
                study: study, results: results, classCounts: PaperResults.classCounts)
        ).tables
        let table3 = try #require(tables.first { $0.name == "table3" })
        let titles = table3.columns.map(\.fullTitle)
        for network in ["SegNet", "U-Net"] {
            for (ours, paper) in [("mean", "paper mean"), ("σ", "paper σ")] {
                let own = try #require(titles.firstIndex(of: "\(network) \(ours)"))
                let printed = try #require(titles.firstIndex(of: "\(network) \(paper)"))
                for (row, cells) in table3.rows.enumerated() {
                    // The misprint of Table 3.
                    if network == "SegNet", row == 2, ours == "mean" { continue }
                    let difference = try value(cells[own]) - value(cells[printed])
                    // The paper truncates (most of them) to three decimals.
                    #expect(abs(difference) < 0.001, "\(network) \(row) \(ours)")
                }
            }
        }
        try stored(tables, runs)
        let overview = tables[0]
        #expect(overview.rows.map { $0[2] } == [.integer(4), .integer(4)])
    }

    /// What stands in our tables as stored is what the files hold.
    private func stored(_ tables: [Table], _ runs: [String: Any]) throws {
        let table3 = try #require(tables.first { $0.name == "table3" })
        let table4 = try #require(tables.first { $0.name == "table4" })
        for network in NetworkKind.allCases {
            let list = runs.at("runs", "\(network.rawValue)-binary") as? [[String: Any]]
            for (title, key) in [("mean", "mean"), ("σ", "sigma")] {
                let column = try #require(
                    table3.columns.firstIndex { $0.fullTitle == "\(network.title) stored \(title)" }
                )
                for (row, run) in zip(table3.rows, list ?? []) {
                    let published = try #require(run[key] as? Double)
                    // The files' own means have four decimals, rounded.
                    #expect(abs(try value(row[column]) - published) < 0.51e-4)
                }
            }
            let best = try #require(list?[PaperResults.best(network, .binary) - 1])
            func count(_ name: String) throws -> Double {
                Double(try #require((best[name] as? [Int])?[1]))
            }
            let (tp, fn, fp, tn) = try (count("TP"), count("FN"), count("FP"), count("TN"))
            let (sensitivity, specificity) = (tp / (tp + fn), tn / (tn + fp))
            let expected = [
                sensitivity, specificity, 2 * tp / (2 * tp + fp + fn),
                (sensitivity * specificity).squareRoot(), 5 * tp / (5 * tp + 4 * fn + fp),
            ]
            let row = try #require(
                table4.rows.first { $0[0] == .text(network.title) && $0[2] == .text("stored") })
            for (cell, value) in zip(row[4...], expected) {
                #expect(abs(try self.value(cell) - value) < 1e-12)
            }
        }
    }

    private func value(_ cell: Table.Cell) throws -> Double {
        guard case .real(let value, _) = cell else {
            Issue.record("\(cell) is no number")
            return .nan
        }
        return value
    }

    @Test("The paper's values stand beside ours on its data alone, and deviations are listed")
    func comparison() throws {
        var outcome = StudyOutcome(study: try Sample.grid(), results: [])
        func html() throws -> String { try Report(outcome: outcome).files()[1].text }
        #expect(try !html().contains("paper mean"))
        #expect(try html().contains("whether the data are the paper&#39;s is not known"))
        outcome.classCounts = ClassCounts(pixels: [1, 1, 1, 0], imagePixels: [3, 3, 3, 0])
        #expect(try !html().contains("paper mean"))
        #expect(try html().contains("No pixel has class C3 pleural effusion; its weight is 0."))
        outcome.classCounts = PaperResults.classCounts
        #expect(try html().contains("paper mean"))
        outcome.study = Study(
            protocol: .paper, selectOn: .test,
            splits: try Study.splits(for: .paper, sliceCount: 100, seed: 1))
        #expect(try html().contains("Nothing differs from the paper&#39;s study"))
        outcome.study.settings.epochs = 3
        #expect(try html().contains("epochs: 3 instead of 160"))
    }
}

/// The reference files beside the repository, or beside the folder that holds it.
private enum Reference {
    static let folder: URL? = {
        var place = URL(fileURLWithPath: #filePath)
        while place.path != "/" {
            place.deleteLastPathComponent()
            let folder = place.appendingPathComponent("shared/reference")
            if FileManager.default.fileExists(atPath: folder.path) { return folder }
        }
        return nil
    }()

    static var isPresent: Bool {
        if folder == nil { print("skipped: no shared/reference beside the repository") }
        return folder != nil
    }

    static func json(_ name: String) throws -> [String: Any] {
        let url = try #require(folder).appendingPathComponent(name)
        let json = try JSONSerialization.jsonObject(with: try Data(contentsOf: url))
        return try #require(json as? [String: Any])
    }
}

extension [String: Any] {
    fileprivate func at(_ path: String...) -> Any? { at(path) }

    fileprivate func at(_ path: [String]) -> Any? {
        path.reduce(self as Any?) { ($0 as? [String: Any])?[$1] }
    }
}
