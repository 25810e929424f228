import Foundation
import LungfoldStudy
import Testing

@Suite("Splits")
struct SplitTests {
    @Test("The hold-out of 100 slices is the paper's, element for element")
    func paperHoldout() throws {
        let split = try SplitPlan.paperHoldout(sliceCount: 100)
        #expect(split.training.count == 72)
        #expect(split.validation == [26, 43, 94, 19, 44, 15, 73, 1, 36, 82])
        #expect(
            split.test == [71, 23, 65, 2, 4, 18, 85, 75, 24, 95, 39, 13, 9, 66, 20, 57, 10, 12])
        try split.check(sliceCount: 100, source: "holdout")
    }

    @Test(
        "The hold-out covers any number of slices from three on", arguments: [3, 4, 5, 6, 13, 250])
    func anyHoldout(count: Int) throws {
        let split = try SplitPlan.paperHoldout(sliceCount: count)
        #expect((split.training + split.validation + split.test).sorted() == Array(1...count))
        try split.check(sliceCount: count, source: "holdout")
    }

    @Test("Every slice is tested once, and sets are disjoint and not empty", arguments: 2...7)
    func folds(count: Int) throws {
        for sliceCount in [max(count, 4), 10, 15, 23, 100, 101] {
            let splits = try SplitPlan.folds(sliceCount: sliceCount, seed: 7, count: count)
            #expect(splits.map(\.name) == (1...count).map { "fold\($0)" })
            #expect(splits.flatMap(\.test).sorted() == Array(1...sliceCount))
            for split in splits {
                try split.check(sliceCount: sliceCount, source: "folds")
                let all = split.training + split.validation + split.test
                #expect(all.sorted() == Array(1...sliceCount))
                #expect(abs(split.test.count - sliceCount / count) <= 1)
            }
        }
    }

    @Test("Of 100 slices a fold has 70, 10 and 20; validation is what is tested next")
    func fiveFolds() throws {
        let splits = try SplitPlan.folds(sliceCount: 100, seed: 1)
        for (index, split) in splits.enumerated() {
            #expect(split.training.count == 70)
            #expect(split.validation == Array(splits[(index + 1) % 5].test.prefix(10)))
            #expect(split.test.count == 20)
        }
        #expect(try SplitPlan.folds(sliceCount: 100, seed: 1) == splits)
        #expect(try SplitPlan.folds(sliceCount: 100, seed: 2) != splits)
    }

    @Test("A seed's folds never change: other runs of the same study must find the same slices")
    func pinned() throws {
        let folds = try SplitPlan.folds(sliceCount: 10, seed: 1)
        #expect(folds.map(\.test) == [[8, 2], [5, 7], [3, 10], [6, 1], [9, 4]])
    }

    @Test("Too few slices or folds is an error that says how many are needed")
    func tooFew() {
        #expect(throws: LungfoldError.self) { try SplitPlan.folds(sliceCount: 4, seed: 1) }
        #expect(throws: LungfoldError.self) { try SplitPlan.folds(sliceCount: 0, seed: 1) }
        #expect(throws: LungfoldError.self) {
            try SplitPlan.folds(sliceCount: 9, seed: 1, count: 1)
        }
        #expect(throws: LungfoldError.self) {
            try SplitPlan.folds(sliceCount: 3, seed: 1, count: 2)
        }
        #expect(throws: LungfoldError.self) { try SplitPlan.paperHoldout(sliceCount: 2) }
        let error = #expect(throws: LungfoldError.self) {
            try SplitPlan.folds(sliceCount: 4, seed: 1)
        }
        #expect(
            error?.description
                == "slices: 4 are too few to be divided into 5 folds: at least 5 are needed."
                + " Give a volume with more slices.")
    }
}

@Suite("The file of splits")
struct SplitFileTests {
    @Test("What is written is read back")
    func roundTrip() throws {
        let splits =
            try [SplitPlan.paperHoldout(sliceCount: 100)]
            + SplitPlan.folds(sliceCount: 100, seed: 1)
        let data = SplitFile.encode(splits)
        #expect(try SplitFile.decode(data, sliceCount: 100, path: "s.json") == splits)
        #expect(SplitFile.encode(splits) == data)
    }

    @Test("The layout is nnU-Net's, with a test set and a name")
    func layout() throws {
        let split = Split(name: "fold1", training: [71, 1], validation: [1000], test: [3])
        let json = try JSONSerialization.jsonObject(with: SplitFile.encode([split]))
        let entry = try #require((json as? [[String: Any]])?.first)
        #expect(entry["train"] as? [String] == ["slice_071", "slice_001"])
        #expect(entry["val"] as? [String] == ["slice_1000"])
        #expect(entry["test"] as? [String] == ["slice_003"])
        #expect(entry["name"] as? String == "fold1")
    }

    @Test("A list without names is a list of folds")
    func unnamed() throws {
        let text = #"[{"train":["slice_001"],"val":["slice_2"],"test":["slice_003"],"more":1}]"#
        let splits = try SplitFile.decode(Data(text.utf8), sliceCount: 3, path: "s.json")
        #expect(splits == [Split(name: "fold1", training: [1], validation: [2], test: [3])])
    }

    @Test(
        "A wrong file is refused with its name and the rule",
        arguments: [
            ("", "not a list of objects"),
            ("{}", "not a list of objects"),
            ("[]", "an empty list"),
            (#"[{"train":["slice_001"],"val":["slice_002"]}]"#, "has no \"test\" list"),
            (split(test: "[]"), "test has no slices"),
            (split(test: #"["slice_002"]"#), "slice 2 is in both val and test"),
            (split(test: #"["slice_003","slice_003"]"#), "slice 3 is twice in test"),
            (split(test: #"["slice_004"]"#), "test has slice 4, outside 1...3"),
            (split(test: #"["slice_000"]"#), "test has slice 0, outside 1...3"),
            (split(test: #"["case_3"]"#), "\"case_3\" is not a slice's id"),
            (split(test: #"["slice_-3"]"#), "\"slice_-3\" is not a slice's id"),
            (split(test: #"["slice_99999999999999999999"]"#), "is not a slice's id"),
            (split(name: "../fold"), "a name consists of"),
            (split(name: ""), "a name consists of"),
            ("[\(entry()),\(entry())]", "two splits are named \"a\""),
        ])
    func refused(text: String, rule: String) {
        let error = #expect(throws: LungfoldError.self) {
            try SplitFile.decode(Data(text.utf8), sliceCount: 3, path: "run/s.json")
        }
        #expect(error?.kind == .badData)
        #expect(error?.subject == "run/s.json")
        #expect(error?.problem.contains(rule) == true, "\(String(describing: error))")
    }
}

private func entry(name: String = "a", test: String = #"["slice_003"]"#) -> String {
    #"{"name":"\#(name)","train":["slice_001"],"val":["slice_002"],"test":\#(test)}"#
}

private func split(name: String = "a", test: String = #"["slice_003"]"#) -> String {
    "[\(entry(name: name, test: test))]"
}
