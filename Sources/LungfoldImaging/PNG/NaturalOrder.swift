/// Names ordered as people number them: runs of digits by value, the rest by character.
package enum NaturalOrder {
    /// Whether one name comes before another; a total order, whatever the names.
    package static func precedes(_ left: String, _ right: String) -> Bool {
        let (a, b) = (parts(left), parts(right))
        for (x, y) in zip(a, b) where x != y {
            switch (x, y) {
            case (.number(let p), .number(let q)):
                return p.count != q.count ? p.count < q.count : p < q
            case (.text(let p), .text(let q)): return p < q
            case (.number, .text): return true
            case (.text, .number): return false
            }
        }
        return a.count != b.count ? a.count < b.count : left < right
    }

    private enum Part: Equatable {
        /// Digits without leading zeros: of two, the longer is the larger.
        case number(String)
        case text(String)
    }

    private static func parts(_ name: String) -> [Part] {
        var parts: [Part] = []
        var rest = name[...]
        while let first = rest.first {
            let isNumber = isDigit(first)
            let run = rest.prefix { isDigit($0) == isNumber }
            rest = rest.dropFirst(run.count)
            parts.append(isNumber ? .number(String(run.drop { $0 == "0" })) : .text(String(run)))
        }
        return parts
    }

    private static func isDigit(_ character: Character) -> Bool {
        character.isASCII && character.isNumber
    }
}
