import Foundation
import LungfoldReport
import LungfoldRun
import LungfoldStudy
import Testing

/// gnuplot as a program that may be missing, fail or hang.
@Suite("gnuplot")
struct GnuplotTests {
    /// Two plots: the accuracies and the spread over folds of a study of one network.
    private func plots() throws -> [Plot] {
        let study = Study(
            networks: [.segnet], tasks: [.binary],
            experiments: [.segnet: [Experiment(number: 1, learningRate: 1e-3, miniBatch: 1)]],
            splits: try Study.splits(for: .grid, sliceCount: 10, seed: 1))
        let results = study.jobs().map { job in
            let matrices = job.split.test.map { _ in ConfusionMatrix(rows: [[5, 1], [1, 3]]) }
            return JobResult(
                job: job, classWeights: [1, 1], inputMean: 0, testConfusion: matrices,
                validationConfusion: job.split.validation.map { _ in matrices[0] },
                history: History())
        }
        return Report(outcome: StudyOutcome(study: study, results: results)).plots
            .filter { ["accuracy-binary", "folds-binary"].contains($0.name) }
    }

    /// A program that stands for gnuplot.
    private func program(_ lines: String) throws -> String {
        let path = Scratch.path("gnuplot")
        try Data("#!/bin/sh\n\(lines)\n".utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        return path
    }

    /// Draws every plot whose script does not name the folds.
    private let drawing = """
        for name in $(sed -n 's/^set output "\\(.*\\)"$/\\1/p' plots.gp); do
            echo '<svg></svg>%%EOF' > "$name"
        done
        """

    private func draw(
        _ lines: String, limit: Double = 20
    ) throws -> (names: [String], notices: [String]) {
        var notices: [String] = []
        let drawings = try Gnuplot.draw(
            try plots(), program: try program(lines), limit: limit, notice: { notices.append($0) })
        return (drawings.keys.sorted(), notices)
    }

    @Test("A plot that gnuplot fails on costs itself alone, and is named with gnuplot's words")
    func badPlot() throws {
        let (names, notices) = try draw(
            "if grep -q folds-binary plots.gp; then echo 'bad folds' >&2; exit 1; fi\n" + drawing)
        #expect(names == ["accuracy-binary"])
        #expect(
            notices == [
                "gnuplot could not draw folds-binary, which the report lacks: bad folds"
            ])
    }

    @Test("A plot that gnuplot hangs on is stopped, and the others are drawn")
    func hangingPlot() throws {
        let (names, notices) = try draw(
            "grep -q folds-binary plots.gp && exec sleep 600\n" + drawing, limit: 18)
        #expect(names == ["accuracy-binary"])
        #expect(notices.count == 1)
        #expect(notices.first?.contains("had not ended after 3 s and was stopped") == true)
    }

    @Test("A plot of which gnuplot leaves a part is no plot")
    func incomplete() throws {
        let (names, notices) = try draw(
            "\(drawing)\nif [ -e folds-binary.pdf ]; then echo torn > folds-binary.pdf; fi")
        #expect(names == ["accuracy-binary"])
        #expect(notices.first?.contains("incomplete") == true)
    }

    @Test("Where gnuplot is missing or does nothing, one notice says so")
    func none() throws {
        let (names, notices) = try draw("exit 3")
        #expect(names.isEmpty)
        #expect(notices == ["gnuplot failed, so the report has no plots: it ended with 3"])
        var told: [String] = []
        let drawings = try Gnuplot.draw(
            try plots(), program: "/nowhere/gnuplot", notice: { told.append($0) })
        #expect(drawings.isEmpty && told.count == 1)
        #expect(told.first?.hasPrefix("gnuplot is not installed") == true)
    }
}
