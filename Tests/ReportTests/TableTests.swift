import LungfoldReport
import LungfoldStudy
import Testing

@Suite("Tables and their renderers")
struct TableTests {
    private let table = Table(
        name: "t", title: "A & B",
        columns: [
            Table.Column("Name"), Table.Column("mean", group: "G"),
            Table.Column("none", group: "G", isHiddenWhenZero: true),
        ],
        rows: [
            [.text("x,\"y\""), .real(1.0 / 3, decimals: 4), .integer(0)],
            [.text("<b>|"), .undefined, .integer(0)], [.blank, .missing, .blank],
            [.text("new\nline"), .exact(1e-4), .integer(0)],
        ],
        notes: ["n * n"])

    @Test("CSV: all digits, all columns, quoted fields, undefined and missing empty")
    func csv() {
        #expect(
            CSVRenderer.render(table) == """
                Name,G mean,G none
                "x,""y""\",0.3333333333333333,0
                <b>|,,0
                ,,
                "new
                line",0.0001,0

                """)
    }

    @Test("Markdown: rounded, aligned, escaped, without columns of zeros")
    func markdown() {
        #expect(
            MarkdownRenderer.render(table) == """
                ### A & B

                | Name     |    G mean |
                | -------- | --------: |
                | x,"y"    |    0.3333 |
                | \\<b>\\|   | undefined |
                |          |   missing |
                | new line |    0.0001 |

                - n \\* n

                """)
    }

    @Test("A table without rows says so")
    func empty() {
        let none = Table(name: "t", title: "T", columns: [Table.Column("a")], rows: [])
        #expect(MarkdownRenderer.render(none) == "### T\n\n(no rows)\n")
        #expect(CSVRenderer.render(none) == "a\n")
    }

    @Test("The page shows texts literally and asks for nothing from outside")
    func page() throws {
        var outcome = try Sample.partialGrid()
        outcome.failures[0].reason = "<script>alert('1')</script> & more"
        let page = try #require(
            try Report(outcome: outcome).files().first { $0.path.hasSuffix(".html") })
        #expect(page.text.split(separator: "<script").count == 2, "the page's own script alone")
        #expect(
            page.text.contains("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; more"))
        for outside in ["http:", "https:", "src=\"/", "url(", "@import", "<script src"] {
            #expect(!page.text.contains(outside), "\(outside)")
        }
    }

    @Test("A study has the tables of its tasks and protocol, and no others")
    func tablesOfProtocols() throws {
        func names(_ study: Study) -> [String] {
            Report(outcome: StudyOutcome(study: study, results: [])).tables.map(\.name)
        }
        #expect(
            names(try Sample.tiny()) == [
                "overview", "table2", "table3", "table4", "selection", "jobs",
            ])
        #expect(
            names(try Sample.tiny(.paper, slices: 10))
                == [
                    "overview", "table2", "table3", "table4", "table7", "table7-folds", "selection",
                    "jobs",
                ])
        #expect(
            names(try Sample.grid()) == [
                "overview", "table2", "table3", "table3-folds", "table4", "table5", "table5-folds",
                "table6", "table7", "table7-folds", "selection", "jobs",
            ])
    }

    @Test("The paper's second stage appears when the first has settled, or a part of it was run")
    func secondStage() throws {
        var study = try Sample.tiny(.paper, slices: 10)
        study.experiments[.segnet]?.append(Experiment(number: 2, learningRate: 1, miniBatch: 1))
        let first = study.jobs()
        func jobs(_ results: [JobResult], _ failures: [JobFailure] = []) -> Int {
            let outcome = StudyOutcome(study: study, results: results, failures: failures)
            return Report(outcome: outcome).tables.last?.rows.count ?? 0
        }
        let done = Sample.result(first[0])
        #expect(jobs([]) == 2)
        #expect(jobs([done]) == 2)
        #expect(jobs([done, Sample.result(first[1])]) == 7)
        #expect(jobs([done], [JobFailure(key: first[1].key, reason: "diverged")]) == 7)
        let folds = study.secondStage(results: [done])
        #expect(jobs([done, Sample.result(folds[3])]) == 7)
        // Only failures: nothing is best, so there is no second stage.
        #expect(jobs([], first.map { JobFailure(key: $0.key, reason: "diverged") }) == 2)
    }

    @Test("A complete study of the paper's protocol has no gap in any table")
    func completePaper() throws {
        let study = Study(
            protocol: .paper, selectOn: .test,
            splits: try Study.splits(for: .paper, sliceCount: 100, seed: 1))
        let first = study.jobs().map(Sample.result)
        let second = study.secondStage(results: first).map(Sample.result)
        let outcome = StudyOutcome(
            study: study, results: first + second, classCounts: PaperResults.classCounts)
        let report = Report(outcome: outcome)
        #expect(report.tables.map(\.name).contains("table7"))
        for table in report.tables {
            #expect(!table.rows.flatMap { $0 }.contains(.missing), "\(table.name)")
        }
        #expect(report.tables.last?.rows.count == 36 + 20)
        #expect(report.tables[0].rows.map { $0[5] } == Array(repeating: .integer(18), count: 4))
        #expect(report.mainTable.contains("as the paper did"))
    }

    @Test("Every count of a partial study adds up to what was expected")
    func countsAddUp() throws {
        let tables = Report(outcome: try Sample.partialGrid()).tables
        let table3 = try #require(tables.first { $0.name == "table3" })
        let titles = table3.columns.map(\.fullTitle)
        func column(_ title: String) throws -> [Table.Cell] {
            let index = try #require(titles.firstIndex(of: title))
            return table3.rows.map { $0[index] }
        }
        // SegNet: experiment 1 lacks a fold of two slices. U-Net: no experiment 2, and SegNet no 10.
        #expect(try column("SegNet slices") == [.integer(2), .integer(4), .blank])
        #expect(try column("SegNet missing") == [.integer(2), .integer(0), .blank])
        #expect(try column("U-Net slices") == [.integer(4), .blank, .integer(4)])
        #expect(table3.notes.contains("SegNet experiment 1: fold2 failed."))
    }
}
