import LungfoldEngine
import LungfoldImaging
import LungfoldStudy

/// What a channel of a layer looks for.
public struct Dream: Hashable, Sendable {
    /// Of the layer, from 0.
    public var channel: Int
    /// `size * size` grey values, row-major, stretched to 0...255.
    public var grey: [UInt8]
    /// The channel's mean over the noise.
    public var before: Double
    /// The same over the picture.
    public var after: Double
}

/// Images that a channel of a layer answers to: gradient ascent on the image from noise, at growing
/// sizes (Mordvintsev et al., "Inceptionism", Google Research, 2015), as MATLAB's `deepDreamImage`
/// does for Fig. 5 of the paper. Here the gradient is smoothed and the image keeps to the grey values
/// of slices, without which networks are led by patterns no slice can have.
public struct DeepDream {
    private let file: NetworkFile
    private let layer: String
    private let settings: DreamSettings
    private let options: EngineOptions

    private static let white = 255.0
    /// The noise's mean and standard deviation, in grey levels: as dark as slices are on the whole, and
    /// far enough from black for the image to move either way.
    private static let noise = (mean: 64.0, deviation: 32.0)
    /// The last step of an octave is this part of the first: the image comes to rest.
    private static let lastStep = 0.1
    /// The share of pixels that the stretched picture may clip on each side.
    private static let clipped = 0.01

    /// Describes dreams.
    /// - Parameters:
    ///   - file: the trained network.
    ///   - layer: one of its `featureLayers`.
    ///   - settings: how they are made.
    ///   - options: threads and algorithms.
    public init(
        _ file: NetworkFile, layer: String, settings: DreamSettings, options: EngineOptions
    ) {
        self.file = file
        self.layer = layer
        self.settings = settings
        self.options = options
    }

    /// Rows and columns of each octave, the smallest first: multiples of what the network can halve.
    /// Octaves of the same size are one.
    package var sizes: [Int] {
        let unit = 1 << file.network.depth
        var sizes = [settings.size]
        var exact = Double(settings.size)
        for _ in 1..<max(settings.octaves, 1) {
            exact /= settings.scale
            let size = max(Int((exact / Double(unit)).rounded()), 1) * unit
            if size < sizes[0] { sizes.insert(size, at: 0) }
        }
        return sizes
    }

    /// Makes a picture for each channel.
    /// - Throws: `EngineError` for a layer or a size that does not fit.
    public func run(channels: [Int]) throws -> [Dream] {
        let start = startingNoise()
        var images = channels.map { _ in start }
        var side = settings.size
        for size in sizes.dropLast() {
            let engine = try engine(size: size)
            images = images.map { Resize.image($0, from: side, to: size) }
            side = size
            for (place, channel) in channels.enumerated() {
                ascend(&images[place], engine, channel)
            }
        }
        let engine = try engine(size: settings.size)
        return channels.enumerated().map { place, channel in
            var image = Resize.image(images[place], from: side, to: settings.size)
            ascend(&image, engine, channel)
            return Dream(
                channel: channel, grey: Self.stretched(image),
                before: answer(engine, start, channel).activation,
                after: answer(engine, image, channel).activation)
        }
    }

    private func engine(size: Int) throws -> InputGradientEngine {
        let engine = try InputGradientEngine(
            file.network, layer: layer, height: size, width: size, options: options)
        try engine.load(file.weights)
        return engine
    }

    private func startingNoise() -> [Double] {
        var random = CounterRandom(seed: settings.seed, stream: "dream noise")
        return (0..<settings.size * settings.size).map { _ in
            Self.clamped(Self.noise.mean + Self.noise.deviation * random.normal())
        }
    }

    private func answer(_ engine: InputGradientEngine, _ image: [Double], _ channel: Int)
        -> (activation: Double, gradient: [Float])
    {
        engine.gradient(images: image.map { Float($0) - file.inputMean }, channel: channel)
    }

    /// The steps of an octave. The gradient is divided by its root mean square, because slopes differ by
    /// orders of magnitude from layer to layer.
    private func ascend(_ image: inout [Double], _ engine: InputGradientEngine, _ channel: Int) {
        for iteration in 0..<settings.iterations {
            let raw = answer(engine, image, channel).gradient
            let gradient = Smoothing.binomial(raw.map { Double($0) })
            let squares = gradient.reduce(0) { $0 + $1 * $1 }
            let size = (squares / Double(gradient.count)).squareRoot()
            // A channel that nothing reaches, or weights that overflow: there is no way up.
            guard size.isFinite, size > 0 else { return }
            let progress = Double(iteration) / Double(max(settings.iterations - 1, 1))
            let step = settings.step * (1 - (1 - Self.lastStep) * progress) / size
            for index in image.indices {
                image[index] = Self.clamped(image[index] + step * gradient[index])
            }
        }
    }

    private static func clamped(_ grey: Double) -> Double { min(max(grey, 0), white) }

    /// All but the darkest and the brightest per cent are spread over 0...255.
    private static func stretched(_ image: [Double]) -> [UInt8] {
        let sorted = image.sorted()
        let margin = Int(clipped * Double(sorted.count))
        let (low, high) = (sorted[margin], sorted[sorted.count - 1 - margin])
        guard high > low else { return image.map { UInt8($0.rounded()) } }
        return image.map { UInt8(clamped(white * ($0 - low) / (high - low)).rounded()) }
    }
}

/// Smoothing of square images, row-major; beyond the border lies the pixel at it.
private enum Smoothing {
    /// With the weights 1, 2, 1 along rows and columns.
    static func binomial(_ values: [Double]) -> [Double] {
        let side = Int(Double(values.count).squareRoot())
        func along(_ values: [Double], _ place: (_ line: Int, _ at: Int) -> Int) -> [Double] {
            var made = values
            for line in 0..<side {
                for at in 0..<side {
                    let before = values[place(line, max(at - 1, 0))]
                    let after = values[place(line, min(at + 1, side - 1))]
                    let here = place(line, at)
                    made[here] = (before + 2 * values[here] + after) / 4
                }
            }
            return made
        }
        let rows = along(values) { $0 * side + $1 }
        return along(rows) { $1 * side + $0 }
    }
}
