import CLungfoldKernels

/// Feature maps, N H W C without padding, in double precision. Every value is a float32's, so that
/// kernels and definitions start from the same numbers.
struct Maps: Sendable {
    let batch: Int
    let height: Int
    let width: Int
    let channels: Int
    var values: [Double]

    init(_ batch: Int, _ height: Int, _ width: Int, _ channels: Int, fill: () -> Double = { 0 }) {
        self.batch = batch
        self.height = height
        self.width = width
        self.channels = channels
        values = (0..<batch * height * width * channels).map { _ in Double(Float(fill())) }
    }

    private func offset(_ n: Int, _ y: Int, _ x: Int, _ c: Int) -> Int {
        ((n * height + y) * width + x) * channels + c
    }

    subscript(_ n: Int, _ y: Int, _ x: Int, _ c: Int) -> Double {
        get { values[offset(n, y, x, c)] }
        set { values[offset(n, y, x, c)] = newValue }
    }

    /// The value, or 0 outside the image.
    func bordered(_ n: Int, _ y: Int, _ x: Int, _ c: Int) -> Double {
        (0..<height).contains(y) && (0..<width).contains(x) ? self[n, y, x, c] : 0
    }

    /// Slice, row, column and channel of a value.
    func place(_ index: Int) -> (n: Int, y: Int, x: Int, c: Int) {
        let pixel = index / channels
        return (pixel / width / height, pixel / width % height, pixel % width, index % channels)
    }

    /// Maps of the same shape, each value computed from its place.
    func mapPlaces(_ body: (_ n: Int, _ y: Int, _ x: Int, _ c: Int) -> Double) -> Maps {
        var made = self
        for index in values.indices {
            let at = place(index)
            made.values[index] = body(at.n, at.y, at.x, at.c)
        }
        return made
    }

    /// The channels of `other` behind these.
    func concatenated(_ other: Maps) -> Maps {
        Maps(batch, height, width, channels + other.channels).mapPlaces { n, y, x, c in
            c < channels ? self[n, y, x, c] : other[n, y, x, c - channels]
        }
    }
}

/// Weights of a convolution [rows][columns][in][out], in double precision.
struct Filters: Sendable {
    let kernel: Int
    let input: Int
    let output: Int
    var values: [Double]

    init(_ kernel: Int, _ input: Int, _ output: Int, fill: () -> Double) {
        self.kernel = kernel
        self.input = input
        self.output = output
        values = (0..<kernel * kernel * input * output).map { _ in Double(Float(fill())) }
    }

    subscript(_ row: Int, _ column: Int, _ i: Int, _ o: Int) -> Double {
        get { values[((row * kernel + column) * input + i) * output + o] }
        set { values[((row * kernel + column) * input + i) * output + o] = newValue }
    }

    /// Row, column, input and output channel of a value.
    func place(_ index: Int) -> (row: Int, column: Int, i: Int, o: Int) {
        let tap = index / output / input
        return (tap / kernel, tap % kernel, index / output % input, index % output)
    }
}

/// Where channels lie in memory: each segment of a concatenation is padded on its own.
struct Lanes: Sendable {
    let segments: [Int]

    init(_ segments: Int...) { self.segments = segments }

    static func pad(_ count: Int) -> Int {
        let lanes = Int(LF_CHANNEL_PAD)
        return (count + lanes - 1) / lanes * lanes
    }

    var count: Int { segments.reduce(0, +) }
    var padded: Int { segments.reduce(0) { $0 + Self.pad($1) } }

    /// Where each channel lies.
    var places: [Int] {
        var start = 0
        return segments.flatMap { count -> [Int] in
            defer { start += Self.pad(count) }
            return (0..<count).map { start + $0 }
        }
    }
}

/// Numbers for tests: SplitMix64, the same on every machine.
struct Draw: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: Int) { state = UInt64(seed) &* 0x9e37_79b9_7f4a_7c15 }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// -1...1.
    mutating func uniform() -> Double { Double.random(in: -1...1, using: &self) }
}
