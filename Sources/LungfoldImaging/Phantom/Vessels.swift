import LungfoldStudy

#if canImport(Glibc)
    import Glibc
#endif

/// Vessels of the lungs: trees that start at each hilum, fork and taper.
struct Vessels {
    /// For each pixel how much of it is vessel, in 0...1.
    private(set) var coverage: [Double]
    private let size: Int

    init(in chest: Chest, lungMap: [UInt8], size: Int, using random: inout CounterRandom) {
        self.size = size
        coverage = Array(repeating: 0, count: size * size)
        for side in 0..<2 {
            let lung = chest.lungs[side]
            let inward = side == 0 ? 1.0 : -1.0
            let hilum = Point(
                x: lung.centre.x + inward * 0.75 * lung.radiusX, y: lung.centre.y - 0.02)
            for _ in 0..<7 {
                let heading = (side == 0 ? Double.pi : 0) + random.uniform(in: -1.35...1.35)
                grow(from: hilum, heading: heading, radius: 0.022, generation: 0, &random)
            }
            for _ in 0..<45 { crossSection(in: lung, &random) }
        }
        for index in lungMap.indices where lungMap[index] == 0 { coverage[index] = 0 }
    }

    private mutating func grow(
        from start: Point, heading: Double, radius: Double, generation: Int,
        _ random: inout CounterRandom
    ) {
        var (point, heading, radius) = (start, heading, radius)
        for _ in 0..<Int(random.uniform(in: 7...15)) {
            point.x += 0.016 * cos(heading)
            point.y += 0.016 * sin(heading)
            heading += 0.13 * random.normal()
            radius *= 0.955
            stamp(point, radius)
        }
        guard generation < 3 else { return }
        for turn in [-1.0, 1.0] {
            grow(
                from: point, heading: heading + turn * random.uniform(in: 0.25...0.7),
                radius: radius * 0.8, generation: generation + 1, &random)
        }
    }

    /// A vessel that crosses the slice.
    private mutating func crossSection(in lung: Ellipse, _ random: inout CounterRandom) {
        let angle = random.uniform(in: 0...(2 * .pi))
        let reach = random.uniform().squareRoot() * 0.92
        let point = Point(
            x: lung.centre.x + reach * lung.radiusX * cos(angle),
            y: lung.centre.y + reach * lung.radiusY * sin(angle))
        stamp(point, random.uniform(in: 0.004...0.014) * (1.3 - reach))
    }

    /// A disc with a soft edge a pixel wide, so that vessels thinner than a pixel are fainter.
    private mutating func stamp(_ centre: Point, _ radius: Double) {
        let pixel = 2 / Double(size)
        let reach = radius + pixel
        let disc = Ellipse(centre: centre, radiusX: reach, radiusY: reach)
        let strength = min(1, 2 * radius / pixel)
        disc.forEachPixel(size: size) { index, point in
            let distance = hypot(point.x - centre.x, point.y - centre.y)
            let edge = min(max((radius - distance) / pixel + 0.5, 0), 1)
            coverage[index] = max(coverage[index], edge * strength)
        }
    }
}
