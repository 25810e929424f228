extension NetworkDescription {
    /// The networks by name. A new one is a description like SegNet's and a line here.
    private static let makers: [String: @Sendable (Int, Int, Int) -> Self] = [
        "segnet": { .segnet(classes: $0, depth: $1, filters: $2) },
        "unet": { .unet(classes: $0, depth: $1, filters: $2) },
    ]

    /// The network of a name, of sizes that a user gave.
    /// - Parameters:
    ///   - name: `segnet` or `unet`.
    ///   - classes: 2...`largestClassCount`.
    ///   - depth: 1...8.
    ///   - filters: 1...1024.
    /// - Throws: `EngineError` naming the size that is out of range, or the names there are.
    public static func named(_ name: String, classes: Int, depth: Int, filters: Int) throws -> Self
    {
        let sizes = [
            ("classes", classes, 2...largestClassCount), ("depth", depth, 1...8),
            ("filters", filters, 1...1024),
        ]
        for (size, value, range) in sizes where !range.contains(value) {
            throw EngineError(
                "network \(name)",
                "\(size) \(value) is not in \(range.lowerBound)...\(range.upperBound)")
        }
        guard let make = makers[name] else {
            throw EngineError(
                "network \(name)", "is unknown",
                remedy: "There are \(makers.keys.sorted().joined(separator: " and "))")
        }
        return make(classes, depth, filters)
    }

    /// The network that a weight file's metadata names: `architecture`, `classes`, `encoder_depth`
    /// and `filters`.
    /// - Parameters:
    ///   - weights: the file's content.
    ///   - source: what errors call it, such as its path.
    /// - Throws: `EngineError` naming the key that is missing or wrong, or the tensor that does not
    ///   fit the network.
    public static func describing(_ weights: WeightSet, source: String) throws -> Self {
        func text(_ key: String) throws -> String {
            guard let value = weights.metadata[key] else {
                throw EngineError(
                    source, "its metadata lacks '\(key)'", remedy: "Take a file that Lungfold wrote"
                )
            }
            return value
        }
        func number(_ key: String) throws -> Int {
            let value = try text(key)
            guard let number = Int(value) else {
                throw EngineError(source, "its metadata has \(key) '\(value)', not a whole number")
            }
            return number
        }
        let description = try named(
            text("architecture"), classes: number("classes"), depth: number("encoder_depth"),
            filters: number("filters"))
        try description.check(weights, source: source)
        return description
    }
}
