import LungfoldEngine

/// A network by definition and in double precision: layer after layer as described, up to the loss or
/// to a layer's feature maps.
struct NaiveNetwork {
    let description: NetworkDescription
    /// In torch's layouts, by name.
    var parameters: [String: WeightTensor]
    var dropoutKey: UInt64 = 0
    /// Without, batch normalisation takes the population's statistics, and nothing is dropped.
    var isTraining = true
    /// Added to one value of one tensor, without rounding.
    var nudge: (tensor: String, index: Int, by: Double)?

    private struct Pass {
        var maps: Maps
        var saved: [String: Maps] = [:]
        var codes: [String: [UInt8]] = [:]
        var dropouts = 0
    }

    func logits(_ images: Maps) -> Maps {
        var pass = Pass(maps: images)
        for layer in description.layers { run(layer, &pass) }
        return pass.maps
    }

    /// The mean of a channel behind a convolution and its batch normalisation, if there is one.
    func mean(ofChannel channel: Int, in layer: String, _ images: Maps) -> Double {
        var pass = Pass(maps: images)
        var found = false
        for next in description.layers {
            if found {
                guard case .batchNorm = next else { break }
            }
            run(next, &pass)
            switch next {
            case .convolution(layer, _, _, _), .transposedConvolution(layer, _): found = true
            default: break
            }
        }
        let pixels = Double(pass.maps.batch * pass.maps.height * pass.maps.width)
        return NaiveLayers.channelSums(pass.maps)[channel] / pixels
    }

    /// sum(w_y CE) / sum(w_y).
    func loss(_ images: Maps, _ labels: [UInt8], classWeights: [Double]) -> Double {
        let logits = logits(images)
        let classes = description.classes
        var sum = 0.0
        var weight = 0.0
        for (pixel, label) in labels.enumerated() {
            let values = Array(logits.values[pixel * classes..<(pixel + 1) * classes])
            let scale = classWeights[Int(label)]
            sum += scale * NaiveLayers.crossEntropy(values, label: Int(label)).loss
            weight += scale
        }
        return sum / weight
    }

    private func run(_ layer: Layer, _ pass: inout Pass) {
        let maps = pass.maps
        switch layer {
        case .convolution(let name, let filters, let kernel, _):
            let w = weights("\(name).weight", kernel, maps.channels, filters) { row, column, i, o in
                ((o * maps.channels + i) * kernel + row) * kernel + column
            }
            let bias = vector("\(name).bias")
            pass.maps = Maps(maps.batch, maps.height, maps.width, filters).mapPlaces {
                NaiveConvolution.forward(maps, w, $0, $1, $2, $3).value + bias[$3]
            }
        case .transposedConvolution(let name, let filters):
            let w = weights("\(name).weight", 2, maps.channels, filters) { row, column, i, o in
                ((i * filters + o) * 2 + row) * 2 + column
            }
            let bias = vector("\(name).bias")
            pass.maps = Maps(maps.batch, 2 * maps.height, 2 * maps.width, filters).mapPlaces {
                NaiveUpconvolution.forward(maps, w, $0, $1, $2, $3).value + bias[$3]
            }
        case .batchNorm(let name):
            let epsilon = Double(Float(1e-5))
            let norm =
                isTraining
                ? NaiveBatchNorm(of: maps, epsilon: epsilon)
                : NaiveBatchNorm(
                    mean: vector("\(name).running_mean"), variance: vector("\(name).running_var"),
                    epsilon: epsilon)
            pass.maps = norm.forward(
                maps, scale: vector("\(name).weight"), offset: vector("\(name).bias"))
        case .relu: pass.maps = maps.mapPlaces { max(maps[$0, $1, $2, $3], 0) }
        case .maxPool(let name):
            (pass.maps, pass.codes[name]) = NaiveLayers.maxPool(maps)
        case .maxUnpool(let pool): pass.maps = unpooled(maps, pass.codes[pool]!)
        case .save(let name): pass.saved[name] = maps
        case .concatenate(let name): pass.maps = maps.concatenated(pass.saved[name]!)
        case .dropout(_, let probability):
            guard isTraining else { return }
            pass.dropouts += 1
            let key = dropoutKey &+ UInt64(2 * pass.dropouts - 1) &* 0x9e37_79b9_7f4a_7c15
            pass.maps = dropped(maps, probability, key: key)
        }
    }

    private func vector(_ name: String) -> [Double] {
        var values = parameters[name]!.values.map { Double($0) }
        if let nudge, nudge.tensor == name { values[nudge.index] += nudge.by }
        return values
    }

    private func weights(
        _ name: String, _ kernel: Int, _ input: Int, _ output: Int,
        at place: (_ row: Int, _ column: Int, _ i: Int, _ o: Int) -> Int
    ) -> Filters {
        let values = vector(name)
        var filters = Filters(kernel, input, output) { 0 }
        for index in filters.values.indices {
            let at = filters.place(index)
            filters.values[index] = values[place(at.row, at.column, at.i, at.o)]
        }
        return filters
    }

    /// Which values fall is a function of the key and of the place in memory, where channels are
    /// padded to a multiple of 16.
    private func dropped(_ maps: Maps, _ probability: Double, key: UInt64) -> Maps {
        let padded = Lanes.pad(maps.channels)
        return maps.mapPlaces { n, y, x, c in
            let place = ((n * maps.height + y) * maps.width + x) * padded + c
            let falls = Double(Self.randomBits(key, UInt64(place))) < probability * 0x1p32
            return falls ? 0 : maps[n, y, x, c] / (1 - probability)
        }
    }

    /// A counter through two rounds of the 32-bit finaliser lowbias32 (Wellons 2018).
    private static func randomBits(_ key: UInt64, _ place: UInt64) -> UInt32 {
        var x = UInt32(truncatingIfNeeded: place)
        for part in [key, key >> 32] {
            x ^=
                UInt32(truncatingIfNeeded: part) &+ UInt32(place >> 32) &* 0x9e37_79b9
            x ^= x >> 16
            x = x &* 0x7feb_352d
            x ^= x >> 15
            x = x &* 0x846c_a68b
            x ^= x >> 16
        }
        return x
    }
}
