import Foundation
import LungfoldReport
import LungfoldStudy
import Testing

@Suite("Plots")
struct PlotTests {
    /// Fig. 4 of a study whose training losses and accuracies are given, an epoch each.
    private func curves(
        _ losses: [Double], accuracies: [Double]? = nil
    ) throws -> Plot {
        let study = try Sample.tiny(.grid, slices: 10)
        let results = study.jobs().map { job in
            var result = Sample.result(job)
            result.history.epochs = losses.enumerated().map { index, loss in
                History.Epoch(
                    epoch: index + 1, learningRate: 1e-3, trainingLoss: loss,
                    trainingAccuracy: accuracies?[index] ?? 0.5)
            }
            result.history.validations = [
                History.Validation(
                    epoch: 1, iteration: 10, loss: losses[0], accuracy: 0.5, dice: []),
                History.Validation(epoch: 9, iteration: 90, loss: .nan, accuracy: 0.25, dice: []),
            ]
            return result
        }
        return try #require(
            Report(outcome: StudyOutcome(study: study, results: results)).plots
                .first { $0.name == "curves-segnet-binary" })
    }

    /// The labels of the loss's axis; nil where it is linear and gnuplot chooses them.
    private func tics(_ losses: [Double]) throws -> [Double]? {
        let script = try curves(losses).script(.svg, output: "x.svg")
        #expect(script.contains("set logscale y") == script.contains("set ytics ("))
        #expect(script.components(separatedBy: "set yrange [").count == 3)
        guard let start = script.firstRange(of: "set ytics (") else { return nil }
        let list = script[start.upperBound...].prefix { $0 != ")" }
        return list.split(separator: ",").compactMap { Double($0.drop { $0 == " " }) }
    }

    @Test("A loss of less than a decade has a linear axis")
    func linear() throws {
        // Those of a real study, whose axis had one label of 0.01, 0.02, 0.05, ...
        #expect(try tics([1.2, 0.9, 0.52]) == nil)
        #expect(try tics([0.33, 0.34]) == nil)
        #expect(try tics([0.5]) == nil)
        // No logarithm of 0.
        #expect(try tics([0, 5]) == nil)
    }

    @Test("A loss of a decade or more is logarithmic, with labels where it is")
    func logarithmic() throws {
        #expect(try tics([0.9, 0.06, .nan]) == [0.1, 0.2, 0.5, 1])
        #expect(try tics([1e-3, 0.02]) == [0.001, 0.002, 0.005, 0.01, 0.02])
        #expect(try tics([30, 2e-5]) == [1e-4, 1e-3, 1e-2, 0.1, 1, 10, 100])
        var random = CounterRandom(seed: 1, stream: "losses")
        for _ in 0..<50 {
            let least = (1...9).reduce(random.uniform() + 0.01) { value, _ in
                value * (random.uniform() + 0.3)
            }
            let most = least * (10 + 1000 * random.uniform() * random.uniform())
            let labels = try #require(try tics([most, least]))
            #expect((3...13).contains(labels.count), "\(least) to \(most): \(labels)")
            #expect(labels.allSatisfy { $0 >= least } && labels == labels.sorted())
            // The last, and only it, is at or above the greatest value.
            #expect(labels.filter { $0 >= most } == labels.suffix(1))
        }
    }

    @Test("Curves of one task share their axes, and are numbered where there are several")
    func sharedAxes() throws {
        let study = try Sample.grid()
        let results = study.jobs().map { job in
            var result = Sample.result(job)
            let loss = job.network == .segnet ? 0.9 : 0.02
            result.history.epochs = [
                History.Epoch(
                    epoch: 1, learningRate: 1e-3,
                    trainingLoss: job.task == .binary ? loss : 0.5, trainingAccuracy: 0.75)
            ]
            return result
        }
        let plots = Report(outcome: StudyOutcome(study: study, results: results)).plots
            .filter { $0.name.hasPrefix("curves") }
        #expect(
            plots.map { String($0.caption.prefix(8)) }
                == ["Fig. 4a.", "Fig. 4b.", "Fig. 4c.", "Fig. 4d."])
        #expect(plots.allSatisfy { $0.caption.hasSuffix(" Validated every 10 iterations.") })
        let ranges = plots.map { plot in
            plot.script(.svg, output: "x.svg").split(separator: "\n")
                .filter { $0.hasPrefix("set yrange") || $0.hasPrefix("set logscale") }
                .map(String.init)
        }
        try #require(ranges.count == 4)
        let binary = ["set yrange [0.5:1]", "set logscale y", "set yrange [0.02:1.0]"]
        #expect(ranges[0] == binary && ranges[1] == binary)
        let multiclass = ["set yrange [0.5:1]", "set yrange [0.0:0.525]"]
        #expect(ranges[2] == multiclass && ranges[3] == multiclass)
        #expect(try curves([0.5]).caption.hasPrefix("Fig. 4. "))
    }

    @Test("Curves in words are where they begin and end, rising or falling")
    func curveWords() throws {
        let words = try curves([0.5, 0.75], accuracies: [0.75, 0.5]).alternative
        #expect(
            words == """
                From epoch 1 to 2, means of 5 folds: training accuracy 0.7500 to 0.5000, training \
                loss 0.5000 to 0.7500. From the first validation to the last: accuracy 0.5000 to \
                0.2500, loss 0.5000 to undefined.
                """)
    }

    @Test("The words beside plots of slices are counted from them")
    func sliceWords() throws {
        let plots = Report(
            outcome: try Sample.binaryGrid { network, slice in
                let found = network == .segnet ? 2 : slice == 1 ? 1 : 4
                return ConfusionMatrix(rows: [[12, 0], [4 - found, found]])
            }
        ).plots
        func words(_ name: String) throws -> String {
            try #require(plots.first { $0.name == "\(name)-binary" }).alternative
        }
        #expect(
            try words("pairs") == """
                U-Net is better on 14 of 15 slices, SegNet on 1. Dice of SegNet 0.6667 to 0.6667 \
                (median 0.6667), of U-Net 0.4000 to 1.0000 (median 1.0000).
                """)
        #expect(
            try words("lesion-size") == """
                SegNet: 15 slices, true lesion pixels 4 to 4 (median 4), Dice 0.6667 to 0.6667 \
                (median 0.6667); U-Net: 15 slices, true lesion pixels 4 to 4 (median 4), Dice 0.4000 \
                to 1.0000 (median 1.0000). Every slice is in the table of slices.
                """)
        #expect(
            try words("burden").hasPrefix(
                "SegNet: 15 slices, true burden 0.2500 to 0.2500 (median 0.2500), predicted burden"
                    + " 0.1250 to 0.1250 (median 0.1250);"))
    }
}
