import Foundation
import LungfoldStudy
import Testing

@Suite("Scores")
struct ScoresTests {
    @Test("Table 4's SegNet row follows from its confusion matrix")
    func paperTable4() throws {
        let matrix = ConfusionMatrix(rows: [[1_045_094, 50153], [3700, 80701]])
        let scores = matrix.scores(ofClass: 1)
        // Truncated to three decimals the paper prints 0.956 0.954(2) 0.749 0.955 0.861.
        #expect(isNear(scores.sensitivity, 80701, over: 84401))
        #expect(isNear(scores.specificity, 1_045_094, over: 1_095_247))
        #expect(isNear(scores.dice, 161402, over: 215255))
        #expect(isNear(scores.f2, 403505, over: 468458))
        #expect(isNear(matrix.accuracy, 1_125_795, over: 1_179_648))
        let gMean = try #require(scores.gMean)
        #expect(abs(gMean - 0.9551845) < 1e-6)
    }

    @Test("Three classes, each against the rest, by hand")
    func threeClasses() {
        let matrix = ConfusionMatrix(rows: [[5, 1, 0], [2, 3, 1], [0, 0, 4]])
        let scores = (0..<3).map(matrix.scores(ofClass:))
        func expect(_ score: Score, _ parts: [Double], _ wholes: [Double]) {
            for (index, value) in scores.map({ $0[score] }).enumerated() {
                #expect(isNear(value, parts[index], over: wholes[index]))
            }
        }
        expect(.sensitivity, [5, 3, 4], [6, 6, 4])
        expect(.specificity, [8, 9, 11], [10, 10, 12])
        expect(.dice, [10, 6, 8], [13, 10, 9])
        expect(.f2, [25, 15, 20], [31, 28, 21])
        let gMean = (0.5 * 0.9).squareRoot()
        #expect(isNear(scores[1].gMean, gMean, over: 1))
        #expect(isNear(matrix.accuracy, 12, over: 16))
    }

    @Test("0/0 is undefined and 0/n is 0")
    func undefined() {
        let absent = ConfusionMatrix(rows: [[9, 0], [0, 0]]).scores(ofClass: 1)
        #expect(absent.specificity == 1)
        #expect(absent.sensitivity == nil && absent.dice == nil)
        #expect(absent.gMean == nil && absent.f2 == nil)

        let invented = ConfusionMatrix(rows: [[7, 2], [0, 0]]).scores(ofClass: 1)
        #expect(invented.sensitivity == nil && invented.gMean == nil)
        #expect(invented.dice == 0 && invented.f2 == 0)

        let missed = ConfusionMatrix(rows: [[7, 0], [2, 0]]).scores(ofClass: 1)
        #expect(missed.sensitivity == 0 && missed.dice == 0 && missed.gMean == 0 && missed.f2 == 0)

        let everywhere = ConfusionMatrix(rows: [[0, 0], [0, 9]]).scores(ofClass: 1)
        #expect(everywhere.specificity == nil && everywhere.sensitivity == 1)

        #expect(ConfusionMatrix(classCount: 2).accuracy == nil)
        #expect(
            Score.allCases.allSatisfy {
                ConfusionMatrix(classCount: 2).scores(ofClass: 0)[$0] == nil
            })
    }

    @Test("Pooling adds slices, and no slices are a matrix of zeros")
    func pooled() {
        let a = ConfusionMatrix(rows: [[1, 2], [3, 4]])
        let b = ConfusionMatrix(rows: [[10, 0], [0, 10]])
        #expect(ConfusionMatrix.pooled([a, b], classCount: 2).rows == [[11, 2], [3, 14]])
        #expect(ConfusionMatrix.pooled([], classCount: 4).counts == Array(repeating: 0, count: 16))
    }

    @Test("A matrix that is not square is refused, not trusted")
    func decoding() throws {
        let good = ConfusionMatrix(rows: [[1, 2], [3, 4]])
        let data = try JSONEncoder().encode(good)
        #expect(try JSONDecoder().decode(ConfusionMatrix.self, from: data) == good)
        for text in [
            #"{"classCount":2,"counts":[1,2,3]}"#, #"{"classCount":-1,"counts":[1]}"#,
            #"{"classCount":0,"counts":[]}"#, #"{"classCount":9223372036854775807,"counts":[]}"#,
        ] {
            #expect(throws: DecodingError.self) {
                try JSONDecoder().decode(ConfusionMatrix.self, from: Data(text.utf8))
            }
        }
    }
}

@Suite("Statistics")
struct StatisticsTests {
    @Test("Mean and sample deviation by hand")
    func byHand() {
        let statistics = Statistics([2, 4, 4, 4, 5, 5, 7, 9])
        #expect(statistics.mean == 5)
        let variance = 32.0 / 7
        #expect(statistics.variance == variance)
        #expect(statistics.deviation == variance.squareRoot())
        #expect(statistics.count == 8 && statistics.undefinedCount == 0)
    }

    @Test("Undefined values are left out and counted")
    func undefined() {
        let statistics = Statistics([nil, 1, nil, 3])
        #expect(statistics.count == 2 && statistics.undefinedCount == 2)
        #expect(statistics.mean == 2 && statistics.variance == 2)
    }

    @Test("One value has no deviation; none has no mean")
    func few() {
        #expect(Statistics([0.5]).mean == 0.5)
        #expect(Statistics([0.5]).deviation == nil)
        #expect(Statistics([nil, nil]).mean == nil)
        #expect(Statistics([nil, nil]).undefinedCount == 2)
        #expect(Statistics([]).count == 0)
    }
}

private func isNear(_ value: Double?, _ part: Double, over whole: Double) -> Bool {
    guard let value else { return false }
    return abs(value - part / whole) < 1e-15
}
