import LungfoldEngine
import LungfoldStudy

extension Benchmark {
    /// What one operation of a step takes.
    public struct Layer: Codable, Hashable, Sendable {
        /// The operation, such as `encoder1_conv2 forward`.
        public var name: String
        /// The median over the steps measured.
        public var milliseconds: Double
        /// Its share of the step.
        public var shareOfStep: Double
        /// Operations a second of its definition, in 10^9; nil where it multiplies nothing.
        public var directGFLOPs: Double?
        /// Those over what the cores can do with direct arithmetic: Winograd passes 1.
        public var shareOfRoof: Double?
    }

    /// The layers of a step, and the roof.
    public struct LayerFigures: Codable, Hashable, Sendable {
        /// Operations a second of all threads, in 10^9, when nothing but products in the cache run.
        public var roofGFLOPs: Double
        /// In the order in which they run.
        public var layers: [Layer]
    }

    /// Measures each operation of a step.
    public func runLayers() throws -> LayerFigures {
        let measure = try stepTimes()
        _ = measure()
        let runs = (0..<steps).map { _ in measure() }
        let roof = EngineHost.measuredPeakFLOPs() * Double(threads)
        let medians = runs[0].indices.map { index in
            runs.map { $0[index].seconds }.sorted()[steps / 2]
        }
        let total = medians.reduce(0, +)
        let layers = zip(runs[0], medians).map { step, seconds in
            let rate = step.directFLOPs == 0 ? nil : Double(step.directFLOPs) / seconds
            return Layer(
                name: step.name, milliseconds: seconds * 1000, shareOfStep: seconds / total,
                directGFLOPs: rate.map { $0 / 1e9 }, shareOfRoof: rate.map { $0 / roof })
        }
        return LayerFigures(roofGFLOPs: roof / 1e9, layers: layers)
    }

    /// Measures each operation and writes the figures: as JSON to a file or `-`, or as a table.
    public func deliverLayers(json: String?) throws {
        let figures = try runLayers()
        if let json { return try Console.deliver(JSON.encode(figures), to: json) }
        Console.say(
            "the roof of \(threads) thread(s): \(Text.decimal(figures.roofGFLOPs, 0)) GFLOP/s")
        Console.say("      ms   share  direct GFLOP/s  of the roof")
        for layer in figures.layers where layer.shareOfStep >= 0.001 {
            let rate = layer.directGFLOPs.map { Text.decimal($0, 0) } ?? "-"
            let roof = layer.shareOfRoof.map { Text.decimal($0, 2) } ?? "-"
            Console.say(
                pad(Text.decimal(layer.milliseconds, 2), 8)
                    + pad(Text.decimal(100 * layer.shareOfStep, 1), 6) + " %" + pad(rate, 16)
                    + pad(roof, 13) + "  " + layer.name)
        }
    }

    private func pad(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
