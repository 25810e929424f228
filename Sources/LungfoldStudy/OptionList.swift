/// Reads the value of options that take a list, with errors that name the option.
public enum OptionList {
    /// Reads whole numbers and ranges of them, such as `1-9` or `1,3,5-7`, in the order given.
    /// - Parameters:
    ///   - text: the option's value.
    ///   - option: the option, such as `--experiments`, for messages.
    ///   - allowed: the numbers there are.
    /// - Throws: `LungfoldError` for anything else, for a number given twice or not allowed.
    public static func numbers(_ text: String, option: String, allowed: ClosedRange<Int>) throws
        -> [Int]
    {
        var numbers: [Int] = []
        for item in items(text) {
            let range = try range(item, of: text, option: option)
            guard allowed.contains(range.lowerBound), allowed.contains(range.upperBound) else {
                throw flaw(
                    option, "\"\(item)\" is outside \(allowed.lowerBound)-\(allowed.upperBound)",
                    "Choose from \(allowed.lowerBound)-\(allowed.upperBound)")
            }
            numbers += range
        }
        if let number = firstRepeated(numbers) {
            throw flaw(option, "\"\(text)\" has \(number) twice", "Give each number once")
        }
        return numbers
    }

    /// Reads names, such as `segnet,unet`, or `all` for all of them.
    /// - Parameters:
    ///   - text: the option's value.
    ///   - option: the option, such as `--networks`, for messages.
    /// - Throws: `LungfoldError` for a name that is unknown or given twice.
    public static func names<Name>(_ text: String, option: String) throws -> [Name]
    where Name: RawRepresentable<String> & CaseIterable & Hashable {
        if text == "all" { return Array(Name.allCases) }
        let known = Name.allCases.map(\.rawValue).joined(separator: ", ")
        let names = try items(text).map { item in
            guard let name = Name(rawValue: String(item)) else {
                throw flaw(option, "\"\(item)\" is none of \(known)", "Choose from \(known)")
            }
            return name
        }
        if let name = firstRepeated(names) {
            throw flaw(option, "\"\(text)\" has \(name.rawValue) twice", "Give each name once")
        }
        return names
    }

    private static func items(_ text: String) -> [Substring] {
        text.split(separator: ",", omittingEmptySubsequences: false).map { item in
            let start = item.drop { $0 == " " }
            return start[
                ..<(start.lastIndex { $0 != " " }.map(start.index(after:)) ?? start.startIndex)]
        }
    }

    private static func range(_ item: Substring, of text: String, option: String) throws
        -> ClosedRange<Int>
    {
        let ends = item.split(separator: "-", omittingEmptySubsequences: false).map(decimalNumber)
        switch ends.count {
        case 1: if let number = ends[0] { return number...number }
        case 2: if let low = ends[0], let high = ends[1], low <= high { return low...high }
        default: break
        }
        throw flaw(
            option, "\"\(item)\" in \"\(text)\" is neither a number nor a range such as 5-7",
            "Write a list such as 1,3,5-7")
    }

    private static func flaw(_ option: String, _ problem: String, _ remedy: String) -> LungfoldError
    {
        LungfoldError(.usage, option, problem, remedy: remedy)
    }
}

/// The first element that occurred before.
func firstRepeated<Element: Hashable>(_ elements: [Element]) -> Element? {
    var seen: Set<Element> = []
    return elements.first { !seen.insert($0).inserted }
}

/// The number that digits alone spell (no sign, no space); nil for anything else, or one too large.
func decimalNumber(_ text: some StringProtocol) -> Int? {
    let digits = text.utf8
    guard !digits.isEmpty, digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
    return Int(text)
}
