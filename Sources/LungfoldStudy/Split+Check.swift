extension Split {
    /// Checks that the split can be trained with: its name fits into a file name; none of its three
    /// sets is empty; no slice is in two places; every number is in 1...sliceCount.
    /// - Parameters:
    ///   - sliceCount: the number of slices there are.
    ///   - source: the file the split was read from, for the message.
    /// - Throws: `LungfoldError` naming the source, the split, the slice and the rule.
    public func check(sliceCount: Int, source: String) throws {
        guard !name.isEmpty, name.utf8.allSatisfy(Self.isNameByte) else {
            throw flaw(source, "a name consists of letters, digits and underscores")
        }
        var places: [Int: String] = [:]
        for (set, numbers) in [("train", training), ("val", validation), ("test", test)] {
            guard !numbers.isEmpty else { throw flaw(source, "\(set) has no slices") }
            for number in numbers {
                guard (1...max(1, sliceCount)).contains(number) else {
                    throw flaw(source, "\(set) has slice \(number), outside 1...\(sliceCount)")
                }
                if let other = places.updateValue(set, forKey: number) {
                    let where_ = other == set ? "twice in \(set)" : "in both \(other) and \(set)"
                    throw flaw(source, "slice \(number) is \(where_)")
                }
            }
        }
    }

    private func flaw(_ source: String, _ problem: String) -> LungfoldError {
        LungfoldError(
            .badData, source, "split \"\(name)\": \(problem)",
            remedy: "Correct the file, or remove it to have the splits drawn anew")
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
