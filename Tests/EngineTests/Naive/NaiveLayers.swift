import Foundation

/// The layers without weights by definition, in double precision.
enum NaiveLayers {
    /// 2x2 max-pooling: the largest value and its place, 0 to 3 row by row; the first of equals.
    static func maxPool(_ maps: Maps) -> (pooled: Maps, codes: [UInt8]) {
        let small = Maps(maps.batch, maps.height / 2, maps.width / 2, maps.channels)
        var codes: [UInt8] = []
        let pooled = small.mapPlaces { n, y, x, c in
            var best = 0
            for place in 1..<4 where value(place) > value(best) || value(place).isNaN {
                best = place
            }
            codes.append(UInt8(best))
            return value(best)
            func value(_ place: Int) -> Double { maps[n, 2 * y + place / 2, 2 * x + place % 2, c] }
        }
        return (pooled, codes)
    }

    /// Sum over slices, rows and columns of each channel.
    static func channelSums(_ maps: Maps) -> [Double] {
        var sums = Array(repeating: 0.0, count: maps.channels)
        for (index, value) in maps.values.enumerated() { sums[index % maps.channels] += value }
        return sums
    }

    /// Softmax, and -log of the probability of the true class.
    static func crossEntropy(_ logits: [Double], label: Int) -> (
        probabilities: [Double], loss: Double
    ) {
        let largest = logits.max() ?? 0
        let powers = logits.map { exp($0 - largest) }
        let total = powers.reduce(0, +)
        return (powers.map { $0 / total }, log(total) - (logits[label] - largest))
    }
}

/// Batch normalisation without its ReLU (Ioffe and Szegedy, arXiv 1502.03167).
struct NaiveBatchNorm {
    let mean: [Double]
    let variance: [Double]
    let inverse: [Double]
    private let pixels: Double

    /// With the statistics of a population.
    init(mean: [Double], variance: [Double], epsilon: Double) {
        self.mean = mean
        self.variance = variance
        inverse = variance.map { 1 / ($0 + epsilon).squareRoot() }
        pixels = .infinity
    }

    init(of maps: Maps, epsilon: Double = 1e-5) {
        let pixels = Double(maps.batch * maps.height * maps.width)
        let mean = NaiveLayers.channelSums(maps).map { $0 / pixels }
        let deviations = maps.mapPlaces { n, y, x, c in
            let deviation = maps[n, y, x, c] - mean[c]
            return deviation * deviation
        }
        variance = NaiveLayers.channelSums(deviations).map { $0 / pixels }
        inverse = variance.map { 1 / ($0 + epsilon).squareRoot() }
        self.mean = mean
        self.pixels = pixels
    }

    func hat(_ maps: Maps) -> Maps {
        maps.mapPlaces { n, y, x, c in (maps[n, y, x, c] - mean[c]) * inverse[c] }
    }

    func forward(_ maps: Maps, scale: [Double], offset: [Double]) -> Maps {
        let hat = hat(maps)
        return hat.mapPlaces { n, y, x, c in hat[n, y, x, c] * scale[c] + offset[c] }
    }

    /// The gradients of the input, the scale and the offset from that of the output.
    func backward(_ maps: Maps, scale: [Double], gradient: Maps)
        -> (input: Maps, scale: [Double], offset: [Double])
    {
        let hat = hat(maps)
        let offset = NaiveLayers.channelSums(gradient)
        let products = hat.mapPlaces { n, y, x, c in hat[n, y, x, c] * gradient[n, y, x, c] }
        let ofScale = NaiveLayers.channelSums(products)
        let input = maps.mapPlaces { n, y, x, c in
            let centred =
                gradient[n, y, x, c] - offset[c] / pixels - hat[n, y, x, c] * ofScale[c] / pixels
            return scale[c] * inverse[c] * centred
        }
        return (input, ofScale, offset)
    }
}

/// Adam (Kingma and Ba, arXiv 1412.6980, algorithm 1) with coupled L2.
struct NaiveAdam {
    var value: Double
    var first = 0.0
    var second = 0.0
    var updates = 0.0

    mutating func update(gradient: Double, learningRate: Double, l2: Double) {
        updates += 1
        let g = gradient + l2 * value
        first = 0.9 * first + 0.1 * g
        second = 0.999 * second + 0.001 * g * g
        let mean = first / (1 - pow(0.9, updates))
        let variance = second / (1 - pow(0.999, updates))
        value -= learningRate * mean / (variance.squareRoot() + 1e-8)
    }
}
