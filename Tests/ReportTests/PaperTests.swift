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
        outcome.study.settings.epochs = 3
        #expect(try html().contains("epochs: 3 instead of 160"))
    }

    @Test("What no study can take from the paper is always said")
    func untold() throws {
        var outcome = StudyOutcome(
            study: Study(
                protocol: .paper, selectOn: .test,
                splits: try Study.splits(for: .paper, sliceCount: 100, seed: 1)),
            results: [], classCounts: PaperResults.classCounts)
        outcome.origin.preparation = SlicePreparation(hasLungMask: true)
        #expect(
            try deviations(outcome) == [
                "the labels are the paper's; whether the images' grey values are was not checked",
                "the folds are drawn from the seed; the paper's are not published",
                "initial weights, the order of slices and the draws of the augmentation are our own;"
                    + " the paper's are not published",
                "inferred, for the paper does not give them in full: U-Net's layout and the"
                    + " augmentation",
            ])
        outcome.study.splits[1].test.reverse()
        #expect(try deviations(outcome)[1].contains("those of a given file"))
        #expect(try !Report(outcome: outcome).files()[1].text.contains("Nothing differs"))
    }

    @Test("Images that are not masked to the lungs, or not those of the labels, differ")
    func masking() throws {
        var outcome = StudyOutcome(
            study: try Sample.grid(), results: [], classCounts: PaperResults.classCountsAt256)
        #expect(try deviations(outcome)[0].hasPrefix("whether the images are masked"))
        func first(_ images: [UInt8], labels: [UInt8]) throws -> String {
            outcome.material = SliceMaterial(size: 2, images: [images], labels: [labels])
            return try deviations(outcome)[0]
        }
        let unmasked = "the images are not masked to the lungs; the paper's are"
        #expect(try first([9, 9, 9, 0], labels: [1, 0, 0, 0]) == unmasked)
        #expect(try first([9, 9, 0, 0], labels: [1, 0, 0, 0]) == unmasked)
        #expect(
            try first([9, 0, 0, 0], labels: [1, 0, 0, 0]).hasPrefix("the labels are the paper's"))
        #expect(
            try first([9, 0, 0, 0], labels: [1, 1, 0, 0])
                == "50 % of the lesion pixels lie on black: the images are hardly those of the labels"
        )
        outcome.material?.images = [[9, 9, 9, 9]]
        outcome.material?.lungs = [[1, 1, 1, 0]]
        #expect(try deviations(outcome)[0].hasPrefix("the labels are the paper's"))
    }

    private func deviations(_ outcome: StudyOutcome) throws -> [String] {
        let text = try Report(outcome: outcome).files()[0].text
        let summary = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        return try #require(summary?["deviationsFromPaper"] as? [String])
    }

    @Test("Counts of halved labels, other experiments and omitted ones are explained")
    func notes() throws {
        func table(_ name: String, _ outcome: StudyOutcome) throws -> Table {
            try #require(Report(outcome: outcome).tables.first { $0.name == name })
        }
        var outcome = StudyOutcome(
            study: try Sample.grid(), results: [], classCounts: PaperResults.classCounts)
        func isExplained() throws -> Bool {
            try table("table1", outcome).notes.contains { $0.contains("ours of 256 x 256") }
        }
        #expect(try !isExplained())
        outcome.classCounts = PaperResults.classCountsAt256
        #expect(try isExplained())
        let experiments = try table("table2", outcome)
        // SegNet 1, 2 and U-Net 1 are the paper's, U-Net 10 is not.
        #expect(
            experiments.rows[0][5...] == [.exact(1e-4), .integer(2), .exact(1e-4), .integer(2)])
        #expect(experiments.rows[2][5...] == [.exact(2e-5), .integer(3), .blank, .blank])
        let note =
            "Of the paper's nine experiments not part of this study: SegNet 3, 4, 5, 6, 7, 8, 9;"
            + " U-Net 2, 3, 4, 5, 6, 7, 8, 9."
        for name in ["table3", "table5"] { #expect(try table(name, outcome).notes.contains(note)) }
        outcome.study = Study(splits: outcome.study.splits)
        #expect(try !table("table3", outcome).notes.contains { $0.contains("not part") })
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
