import Foundation

/// Splits as a file in nnU-Net's `splits_final.json` layout: a list of `{"train": [ids], "val": [ids]}`,
/// here with two more keys, `test` and `name`, which nnU-Net ignores. An id is `slice_071` for slice 71.
public enum SplitFile {
    /// The file's name in the run directory.
    public static let name = "splits_final.json"

    private struct Entry: Codable {
        var name: String?
        var train: [String]
        var val: [String]
        var test: [String]?
    }

    /// The bytes of the file.
    public static func encode(_ splits: [Split]) -> Data {
        let entries = splits.map {
            Entry(
                name: $0.name, train: $0.training.map(identifier),
                val: $0.validation.map(identifier), test: $0.test.map(identifier))
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        // Strings alone: nothing in them that JSON cannot hold.
        return try! encoder.encode(entries) + Data("\n".utf8)
    }

    /// Reads the splits of a file and checks each (see `Split.check`). A split without a name is
    /// called `fold1`, `fold2`, ... after its place in the list.
    /// - Parameters:
    ///   - data: the file's bytes.
    ///   - sliceCount: the number of slices there are.
    ///   - path: the file's path, for messages.
    /// - Throws: `LungfoldError` naming the file, the split and the rule it breaks.
    public static func decode(_ data: Data, sliceCount: Int, path: String) throws -> [Split] {
        let entries: [Entry]
        do {
            entries = try JSONDecoder().decode([Entry].self, from: data)
        } catch {
            throw flaw(path, "not a list of objects with the lists \"train\", \"val\" and \"test\"")
        }
        guard !entries.isEmpty else { throw flaw(path, "an empty list, where a split is needed") }
        let splits = try entries.enumerated().map { index, entry in
            try split(entry, named: entry.name ?? SplitPlan.foldName(index + 1), path: path)
        }
        var names: Set<String> = []
        for split in splits {
            try split.check(sliceCount: sliceCount, source: path)
            guard names.insert(split.name).inserted else {
                throw flaw(path, "two splits are named \"\(split.name)\"")
            }
        }
        return splits
    }

    private static func split(_ entry: Entry, named name: String, path: String) throws -> Split {
        guard let test = entry.test else {
            throw flaw(path, "split \"\(name)\" has no \"test\" list, which the scores come from")
        }
        return Split(
            name: name, training: try entry.train.map { try number($0, path) },
            validation: try entry.val.map { try number($0, path) },
            test: try test.map { try number($0, path) })
    }

    private static func identifier(_ number: Int) -> String {
        let digits = String(number)
        return "slice_" + String(repeating: "0", count: max(0, 3 - digits.count)) + digits
    }

    private static func number(_ identifier: String, _ path: String) throws -> Int {
        guard identifier.hasPrefix("slice_"),
            let number = decimalNumber(identifier.dropFirst("slice_".count))
        else { throw flaw(path, "\"\(identifier)\" is not a slice's id such as \"slice_071\"") }
        return number
    }

    private static func flaw(_ path: String, _ problem: String) -> LungfoldError {
        LungfoldError(
            .badData, path, problem,
            remedy: "Correct the file, or remove it to have the splits drawn anew")
    }
}
