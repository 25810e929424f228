import Foundation
import LungfoldReport
import LungfoldStudy
import Testing

/// Table by table, cell by cell: what pages show is what summary.json has, or follows from it.
@Suite("The tables' numbers are the summary's")
struct SummaryNumbersTests {
    private let report: Report
    private let files: [ReportFile]
    private let summary: [String: Any]

    /// Made once for all tests.
    private static let made = Result {
        let report = Report(outcome: try Sample.pixels())
        return (report, try report.files())
    }

    init() throws {
        (report, files) = try Self.made.get()
        let file = try #require(files.first { $0.path == "report/summary.json" })
        summary = try #require(
            try JSONSerialization.jsonObject(with: Data(file.bytes)) as? [String: Any])
    }

    // MARK: The paper's tables

    @Test("Table 1: pixels of each class")
    func table1() throws {
        let counts = try #require(summary["classCounts"] as? [String: [Int]])
        for (index, row) in try rows("table1").enumerated() {
            try expect(row["Pixel count"], counts["pixels"]?[index], "class \(index)")
            try expect(row["Image pixel count"], counts["imagePixels"]?[index], "class \(index)")
        }
    }

    @Test("Table 2: the experiments")
    func table2() throws {
        for row in try rows("table2") {
            for network in NetworkKind.allCases {
                guard row["\(network.title) mini-batch"] != .blank else { continue }
                let experiment = try #require(
                    all("experiments").compactMap { $0["experiment"] as? [String: Any] }
                        .first { experiment in
                            isSame(row["Experiment"], experiment["number"])
                                && isSame(
                                    row["\(network.title) mini-batch"], experiment["miniBatch"])
                        })
                try expect(
                    row["\(network.title) initial learning rate"], experiment["learningRate"])
            }
        }
    }

    @Test("Tables 3 and 5: accuracy of each experiment", arguments: SegmentationTask.allCases)
    func accuracy(task: SegmentationTask) throws {
        let name = task == .binary ? "table3" : "table5"
        var checked = 0
        for row in try rows(name) {
            for network in NetworkKind.allCases where row["\(network.title) mean"] != .blank {
                let accuracy = try #require(
                    all("experiments").first {
                        isOf($0, network, task) && isSame(row["Experiment"], number($0))
                    }?["testAccuracy"] as? [String: Any])
                for (title, key) in [
                    ("mean", "mean"), ("σ", "deviation"), ("variance", "variance"),
                    ("slices", "n"), ("undefined", "undefined"),
                ] {
                    try expect(row["\(network.title) \(title)"], accuracy[key], title)
                }
                checked += 1
            }
        }
        #expect(checked == 4)
        for row in try rows("\(name)-folds") {
            for fold in 1...5 {
                let job = try job(row, task, "fold\(fold)")
                try expect(row["fold\(fold)"], at(job, "test", "accuracy", "mean"))
            }
        }
    }

    @Test("Tables 4 and 6: scores of the best experiment", arguments: SegmentationTask.allCases)
    func bestScores(task: SegmentationTask) throws {
        let rows = try rows(task == .binary ? "table4" : "table6")
            .filter { $0["Source"] == .text("ours") }
        #expect(rows.count == 2 * (task.classCount - 1))
        for row in rows {
            let best = try #require(
                all("best").first { isOf($0, try network(row), task) })
            try expect(row["Experiment"], number(best))
            for score in Score.allCases {
                let classes = at(best, "test", "classes") as? [[String: Any]]
                let index = try classIndex(row, task)
                try expect(row[score.title], classes?[index][score.rawValue], score.title)
            }
        }
    }

    @Test("Table 7: scores over the folds, and the values behind it")
    func table7() throws {
        func scores(
            _ row: [String: Table.Cell], _ network: NetworkKind
        ) throws -> [String: Any] {
            let task = try task(row)
            let group = try #require(all("folds").first { isOf($0, network, task) })
            let score = try #require(Score.allCases.first { row["Score"] == .text($0.title) })
            let classes = try #require(group["classes"] as? [[String: Any]])
            return try #require(
                classes[try classIndex(row, task)][score.rawValue] as? [String: Any])
        }
        let rows = try rows("table7")
        #expect(rows.count == 4 * Score.allCases.count)
        for row in rows {
            for network in NetworkKind.allCases {
                let statistics = try scores(row, network)["statistics"] as? [String: Any]
                for (title, key) in [
                    ("mean", "mean"), ("σ", "deviation"), ("folds", "n"),
                    ("undefined", "undefined"),
                ] {
                    try expect(row["\(network.title) \(title)"], statistics?[key], title)
                }
            }
        }
        for row in try self.rows("table7-folds") {
            let values = try #require(scores(row, try network(row))["perFold"] as? [Any])
            for (index, value) in values.enumerated() {
                try expect(row["fold\(index + 1)"], value)
            }
        }
    }

    // MARK: Beyond the paper

    @Test("The choice on validation and on test slices")
    func selection() throws {
        for row in try rows("selection") {
            let network = try network(row)
            let task = try task(row)
            let choice = try #require(all("selections").first { isOf($0, network, task) })
            let best = try #require(all("best").first { isOf($0, network, task) })
            try expect(row["Chosen on validation slices experiment"], best["bestOnValidation"])
            try expect(row["Chosen on test slices experiment"], best["bestOnTest"])
            let (test, validation) = (
                choice["testAccuracyOfBestOnTest"] as? Double,
                choice["testAccuracyOfBestOnValidation"] as? Double
            )
            try expect(row["Chosen on test slices test accuracy"], test)
            try expect(row["Chosen on validation slices test accuracy"], validation)
            try expect(
                row["Choosing on test slices difference"], try #require(test) - #require(validation)
            )
            try expect(
                row["Choosing on test slices on unseen slices"], choice["accuracyOnUnseenSlices"])
            try expect(row["Choosing on test slices optimism"], choice["optimism"])
        }
    }

    @Test("The comparisons over slices and over folds")
    func comparisons() throws {
        let comparisons = all("comparisons")
        let (slices, folds) = try (rows("comparison"), rows("comparison-folds"))
        #expect(slices.count == 6 && comparisons.count == 6 && folds.count == 6)
        for (index, comparison) in comparisons.enumerated() {
            let (row, foldRow) = (slices[index], folds[index])
            try expect(row["Task"], comparison["task"])
            try expect(row["Measure"], comparison["measure"])
            for (title, path) in [
                ("Slices", ["pairs"]), ("SegNet", ["segnet"]), ("U-Net", ["unet"]),
                ("Difference", ["difference"]), ("Wilcoxon p", ["wilcoxon", "p"]),
                ("Wilcoxon p after Holm", ["wilcoxon", "pHolm"]),
                ("Detectable", ["detectableDifference"]),
            ] {
                try expect(row[title], at(comparison, ["slices"] + path), title)
            }
            let interval = at(comparison, "slices", "interval95") as? [Double]
            try expect(row["95 % interval low"], interval?[0])
            try expect(row["95 % interval high"], interval?[1])
            for (title, key) in [
                ("Folds", "pairs"), ("Difference", "difference"), ("t", "t"), ("p", "p"),
                ("p after Holm", "pHolm"),
            ] {
                try expect(foldRow[title], at(comparison, "folds", key), title)
            }
        }
    }

    @Test("False alarms, counted again from each slice's confusion matrix")
    func falseAlarms() throws {
        let rows = try rows("false-alarms")
        #expect(rows.count == 8)
        for row in rows {
            let index = try classIndex(row, try task(row))
            let matrices = try slices(row).compactMap { $0["confusionMatrix"] as? [[Int]] }
            let free = matrices.filter { $0[index].reduce(0, +) == 0 }
            let pixels = free.map { matrix in matrix.reduce(0) { $0 + $1[index] } }
            #expect(!free.isEmpty && free.count < 15, "both kinds of slice are tested")
            try expect(row["Slices without it"], free.count)
            try expect(row["Slices with a false alarm"], pixels.count { $0 > 0 })
            try expect(row["Pixels of false alarms in all"], pixels.reduce(0, +))
        }
    }

    @Test("Outlines: the mean, spread and middle of the slices'")
    func surfaces() throws {
        let rows = try rows("surfaces")
        #expect(rows.count == 8)
        for row in rows {
            let index = try classIndex(row, try task(row)) - 1
            func values(_ key: String) throws -> [Double?] {
                try slices(row).compactMap { $0[key] as? [Any] }.map { $0[index] as? Double }
            }
            let (hd95, f1) = try (values("hd95"), values("boundaryF1"))
            try expect(row["HD95 in pixels mean"], Statistics(hd95).mean)
            try expect(row["HD95 in pixels σ"], Statistics(hd95).deviation)
            try expect(row["HD95 in pixels undefined"], hd95.count { $0 == nil })
            try expect(
                row["HD95 in pixels median"], percentile(hd95.compactMap { $0 }.sorted(), 0.5))
            try expect(row["Boundary F1 mean"], Statistics(f1).mean)
            try expect(row["Boundary F1 σ"], Statistics(f1).deviation)
        }
    }

    @Test("Lesion burden: the means of the slices'")
    func burden() throws {
        for row in try rows("burden") {
            let slices = try slices(row)
            func values(_ key: String) -> [Double] { slices.compactMap { $0[key] as? Double } }
            let (truth, prediction) = (values("trueBurden"), values("predictedBurden"))
            #expect(truth.count == 15)
            let errors = zip(truth, prediction).map { $1 - $0 }
            try expect(row["True burden"], Statistics(truth).mean)
            try expect(row["Predicted burden"], Statistics(prediction).mean)
            try expect(row["Mean error"], Statistics(errors).mean)
            try expect(row["Mean absolute error"], Statistics(errors.map(abs)).mean)
            try expect(row["Predicted outside"], Statistics(values("predictedOutside")).mean)
        }
    }

    @Test("Every slice, class by class and all lesions together")
    func slices() throws {
        let rows = try rows("slices")
        #expect(rows.count == 2 * 15 * (1 + 4))
        for row in rows {
            let slice = try #require(
                try slices(row).first { isSame(row["Slice"], $0["slice"]) })
            try expect(row["Split"], slice["split"])
            let matrix = try #require(slice["confusionMatrix"] as? [[Int]])
            if row["Class"] == .text("all lesions") {
                try expect(row["Dice"], slice["lesionDice"])
                try expect(row["True burden"], slice["trueBurden"])
                try expect(row["Predicted burden"], slice["predictedBurden"])
                try expect(row["Predicted outside"], slice["predictedOutside"])
                try expect(row["True pixels"], matrix.dropFirst().joined().reduce(0, +))
            } else {
                let index = try classIndex(row, try task(row))
                try expect(row["True pixels"], matrix[index].reduce(0, +))
                try expect(row["Predicted pixels"], matrix.reduce(0) { $0 + $1[index] })
                for (title, key) in [
                    ("Dice", "dice"), ("HD95", "hd95"), ("Boundary F1", "boundaryF1"),
                ] {
                    try expect(row[title], (slice[key] as? [Any])?[index - 1], title)
                }
            }
        }
    }

    @Test("The confusion matrices, and the overview of the best experiments")
    func best() throws {
        for row in try rows("overview") {
            let (network, task) = try (network(row), task(row))
            let best = try #require(all("best").first { isOf($0, network, task) })
            try expect(row["Best experiment"], number(best))
            try expect(row["Test accuracy"], at(best, "testAccuracy", "mean"))
            try expect(row["σ"], at(best, "testAccuracy", "deviation"))
            let classes = at(best, "test", "classes") as? [[String: Any]]
            for (index, name) in task.classNames.enumerated().dropFirst() {
                try expect(row["Dice, pooled \(name)"], classes?[index]["dice"], name)
            }
            let counts = try #require(at(best, "test", "confusionMatrix") as? [[Int]])
            let matrix = try rows("confusion-\(network.rawValue)-\(task.rawValue)")
            #expect(matrix.count == counts.count)
            for (cells, truth) in zip(matrix, counts) {
                for (name, count) in zip(task.classNames, truth) {
                    try expect(cells["Pixels predicted as \(name)"], count, name)
                    try expect(
                        cells["Per cent predicted as \(name)"],
                        100 * Double(count) / Double(truth.reduce(0, +)), name)
                }
            }
        }
    }

    @Test("The jobs")
    func jobs() throws {
        let jobs = all("jobs")
        for (row, job) in zip(try rows("jobs"), jobs) {
            try expect(row["Job"], job["key"])
            try expect(row["State"], job["state"])
            try expect(row["Test accuracy"], at(job, "test", "accuracy", "mean"))
            try expect(row["Variance"], at(job, "test", "accuracy", "variance"))
            try expect(row["Validation accuracy"], at(job, "validation", "accuracy", "mean"))
        }
        #expect(jobs.count == 40)
    }

    @Test("Every number of every table is on the page, with all its digits")
    func page() throws {
        let page = try #require(files.first { $0.path == "report/index.html" }?.text)
        // Confusion matrices have a form of their own there.
        for table in report.tables where !table.name.hasPrefix("confusion") {
            for case .real(let value, _) in table.rows.flatMap({ $0 }) {
                #expect(page.contains("data-value=\"\(value)\""), "\(table.name): \(value)")
            }
        }
    }

    // MARK: Reading both

    /// The rows of a table, each by its columns' full titles.
    private func rows(_ name: String) throws -> [[String: Table.Cell]] {
        let table = try #require(report.tables.first { $0.name == name }, "\(name)")
        #expect(!table.rows.isEmpty)
        return table.rows.map { row in
            Dictionary(uniqueKeysWithValues: zip(table.columns.map(\.fullTitle), row))
        }
    }

    private func all(_ key: String) -> [[String: Any]] { summary[key] as? [[String: Any]] ?? [] }

    private func at(_ value: Any?, _ path: String...) -> Any? { at(value, path) }

    private func at(_ value: Any?, _ path: [String]) -> Any? {
        path.reduce(value) { ($0 as? [String: Any])?[$1] }
    }

    private func number(_ entry: [String: Any]) -> Any? { at(entry, "experiment", "number") }

    private func isOf(
        _ entry: [String: Any], _ network: NetworkKind, _ task: SegmentationTask
    ) -> Bool {
        entry["network"] as? String == network.rawValue && entry["task"] as? String == task.rawValue
    }

    private func network(_ row: [String: Table.Cell]) throws -> NetworkKind {
        try #require(NetworkKind.allCases.first { row["Network"] == .text($0.title) })
    }

    private func task(_ row: [String: Table.Cell]) throws -> SegmentationTask {
        try #require(SegmentationTask.allCases.first { row["Task"] == .text($0.rawValue) })
    }

    /// `infected`, or `C2 consolidation`.
    private func classIndex(
        _ row: [String: Table.Cell], _ task: SegmentationTask
    ) throws -> Int {
        guard case .text(let label)? = row["Class"] else { throw CocoaError(.keyValueValidation) }
        return try #require(task.classNames.firstIndex { label.hasSuffix($0) })
    }

    /// The test slices of a row's network and task.
    private func slices(_ row: [String: Table.Cell]) throws -> [[String: Any]] {
        let (network, task) = try (network(row), task(row))
        let group = try #require(all("testSlices").first { isOf($0, network, task) })
        return try #require(group["slices"] as? [[String: Any]])
    }

    /// The job of a row's network and experiment.
    private func job(
        _ row: [String: Table.Cell], _ task: SegmentationTask, _ split: String
    ) throws -> [String: Any] {
        let network = try network(row)
        return try #require(
            all("jobs").first {
                isOf($0, network, task) && $0["split"] as? String == split
                    && isSame(row["Experiment"], number($0))
            })
    }

    private func isSame(_ cell: Table.Cell?, _ value: Any?) -> Bool {
        switch cell {
        case .real(let shown, _), .probability(let shown), .exact(let shown):
            (value as? Double).map { abs($0 - shown) <= 1e-12 * max(1, abs(shown)) } ?? false
        case .integer(let shown): value as? Int == shown
        case .text(let shown): value as? String == shown
        case .undefined: value == nil || value is NSNull
        case .missing, .blank, nil: false
        }
    }

    private func expect(
        _ cell: Table.Cell?, _ value: Any?, _ what: String = "",
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let shown = try #require(cell, "no such column: \(what)", sourceLocation: sourceLocation)
        #expect(
            isSame(shown, value), "\(what): \(shown) is not \(value ?? "nil")",
            sourceLocation: sourceLocation)
    }
}
