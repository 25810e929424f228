import LungfoldStudy

#if canImport(Glibc)
    import Glibc
#endif

/// The lesions of one slice. They differ in look: ground-glass opacity is a faint haze with soft
/// borders through which vessels are seen; consolidation is dense, uneven, hides vessels and has
/// dark bronchi; pleural effusion is an even crescent along the dependent border of a lung.
///
/// Sizes follow the paper's Table 1: where a class occurs it covers 4.75 %, 2.9 % and 0.52 % of the
/// slice on average, and it occurs in 96, 78 and 25 of 100 slices.
struct Lesions {
    /// 0...3, row-major.
    private(set) var labels: [UInt8]
    /// What ground-glass opacity adds to the lung's grey value.
    private(set) var haze: [Double]
    /// The grey value of consolidation and effusion; 0 elsewhere.
    private(set) var dense: [Double]
    private let size: Int

    /// No lesions.
    init(size: Int) {
        self.size = size
        labels = Array(repeating: 0, count: size * size)
        haze = Array(repeating: 0, count: size * size)
        dense = haze
    }

    /// Adds a crescent of fluid to one lung: thickest where its middle is, thinning to both ends.
    mutating func addEffusion(
        in chest: Chest, lungMap: [UInt8], using random: inout CounterRandom
    ) {
        let side = random.uniform() < 0.5 ? 0 : 1
        let wanted = Int(0.0052 * random.uniform(in: 0.4...1.6) * Double(size * size))
        let lung = chest.lungs[side]
        let middle = lung.centre.x + random.uniform(in: -0.25...0.25) * lung.radiusX
        let halfWidth = random.uniform(in: 0.65...0.85) * lung.radiusX
        let inside = lungMap.indices.filter { lungMap[$0] == side + 1 }
        func crescent(_ thickness: Double) -> [Int] {
            inside.filter {
                let point = Canvas.point($0, size: size)
                let offset = (point.x - middle) / halfWidth
                let drop = thickness * max(0, 1 - offset * offset)
                return !chest.isLung(point, side: side, drop: drop)
            }
        }
        var (thin, thick) = (0.0, 0.6)
        for _ in 0..<12 {
            let between = (thin + thick) / 2
            if crescent(between).count < wanted { thin = between } else { thick = between }
        }
        let grey = random.uniform(in: 178...188)
        for index in crescent(thick) {
            labels[index] = 3
            dense[index] = grey
        }
    }

    /// Adds dense areas, mostly dorsal.
    mutating func addConsolidation(
        in chest: Chest, lungMap: [UInt8], using random: inout CounterRandom
    ) {
        let shape = Score(
            in: chest, foci: 1...4, cells: 8, dorsal: 0.7, raggedness: 0.85, using: &random)
        let texture = NoiseField(cells: 24, using: &random)
        let bronchi = NoiseField(cells: 9, using: &random)
        let grey = random.uniform(in: 150...178)
        for (index, _) in take(0.029, best: shape, lungMap, &random) {
            let point = Canvas.point(index, size: size)
            let isBronchus = abs(bronchi.value(point.x, point.y)) < 0.035
            labels[index] = 2
            dense[index] = isBronchus ? 75 : grey + 9 * texture.value(point.x, point.y)
        }
    }

    /// Adds haze, mostly peripheral.
    mutating func addGroundGlass(
        in chest: Chest, lungMap: [UInt8], using random: inout CounterRandom
    ) {
        let shape = Score(
            in: chest, foci: 1...5, cells: 5, dorsal: 0.3, raggedness: 0.6, using: &random)
        let texture = NoiseField(cells: 20, using: &random)
        let strength = random.uniform(in: 32...78)
        for (index, margin) in take(0.0475, best: shape, lungMap, &random) {
            let point = Canvas.point(index, size: size)
            let edge = 0.55 + 0.45 * min(margin / 0.5, 1)
            labels[index] = 1
            haze[index] = strength * edge * (1 + 0.13 * texture.value(point.x, point.y))
        }
    }

    /// The free lung pixels of the highest scores, and how far each is above the last one taken.
    /// Areas are exponentially distributed about a mean share of the slice.
    private func take(
        _ share: Double, best score: Score, _ lungMap: [UInt8], _ random: inout CounterRandom
    ) -> [(index: Int, margin: Double)] {
        let factor = min(max(-log(1 - random.uniform()), 0.12), 3.2)
        let free = lungMap.indices.filter { lungMap[$0] != 0 && labels[$0] == 0 }
        let count = min(Int(share * factor * Double(size * size)), free.count * 3 / 4)
        let scored = free.map { (index: $0, score: score.value(Canvas.point($0, size: size))) }
            .sorted { $0.score != $1.score ? $0.score > $1.score : $0.index < $1.index }
        let taken = scored.prefix(max(count, 1))
        let last = taken.last?.score ?? 0
        return taken.map { ($0.index, $0.score - last) }
    }
}

/// Where a lesion likes to be: near its foci, towards the pleura, dorsally, and by chance.
private struct Score {
    let chest: Chest
    let foci: [Ellipse]
    let noise: NoiseField
    let dorsal: Double
    /// The weight of chance.
    let raggedness: Double

    init(
        in chest: Chest, foci count: ClosedRange<Double>, cells: Int, dorsal: Double,
        raggedness: Double, using random: inout CounterRandom
    ) {
        self.chest = chest
        self.dorsal = dorsal
        self.raggedness = raggedness
        foci = (0..<Int(random.uniform(in: count).rounded())).map { _ in
            let lung = chest.lungs[random.uniform() < 0.5 ? 0 : 1]
            let angle = random.uniform(in: 0...(2 * .pi))
            let reach = random.uniform(in: 0.45...0.95)
            return Ellipse(
                centre: Point(
                    x: lung.centre.x + reach * lung.radiusX * cos(angle),
                    y: lung.centre.y + reach * lung.radiusY * sin(angle)),
                radiusX: random.uniform(in: 0.07...0.22), radiusY: random.uniform(in: 0.07...0.22),
                angle: random.uniform(in: 0...Double.pi))
        }
        noise = NoiseField(cells: cells, using: &random)
    }

    func value(_ point: Point) -> Double {
        let focus = foci.map { exp(-$0.distance(point) * $0.distance(point) / 2) }.max() ?? 0
        let peripheral = chest.lungs.map { $0.distance(point) }.min() ?? 0
        return 2.6 * focus + 0.5 * peripheral + dorsal * point.y
            + raggedness * noise.value(point.x, point.y)
    }
}
