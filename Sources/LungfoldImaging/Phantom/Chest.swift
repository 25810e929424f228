import LungfoldStudy

#if canImport(Glibc)
    import Glibc
#endif

/// The healthy anatomy of one axial slice, drawn anew for every slice: wall, lungs, heart and great
/// vessels, spine, ribs. The patient lies on the back: the spine is at the bottom.
struct Chest {
    /// Grey values, those of Hounsfield units in the window -1000...400.
    enum Grey {
        static let air = 0.0
        static let fat = 164.0
        static let muscle = 190.0
        static let blood = 194.0
        static let marrow = 214.0
        static let bone = 248.0
    }

    /// Aerated lung: the deeper the breath, the darker.
    let lungGrey: Double
    let body: Ellipse
    /// Right lung (on the left of the picture), then the left one.
    let lungs: [Ellipse]
    let heart: Ellipse
    let mediastinum: Ellipse
    let vertebra: Ellipse
    let aorta: Ellipse
    /// How far lung borders stray from an ellipse, by angle: amplitudes and phases of harmonics.
    private let ripples: [[(amplitude: Double, phase: Double)]]

    init(using random: inout CounterRandom) {
        // 0 near the apex, 1 near the diaphragm.
        let level = random.uniform()
        lungGrey = random.uniform(in: 22...44)
        let middle = Point(
            x: random.uniform(in: -0.03...0.03), y: random.uniform(in: -0.02...0.04))
        let width = random.uniform(in: 0.84...0.93)
        let depth = random.uniform(in: 0.62...0.70)
        let tilt = random.uniform(in: -0.05...0.05)
        body = Ellipse(centre: middle, radiusX: width, radiusY: depth, angle: tilt)
        let lungWidth = 0.29 + 0.05 * level + random.uniform(in: -0.015...0.015)
        let lungDepth = 0.42 + 0.09 * level + random.uniform(in: -0.03...0.02)
        lungs = [-1.0, 1.0].map { side in
            Ellipse(
                centre: Point(
                    x: middle.x + side * random.uniform(in: 0.41...0.44),
                    y: middle.y + random.uniform(in: -0.02...0.04)),
                radiusX: lungWidth * random.uniform(in: 0.95...1.03), radiusY: lungDepth,
                angle: side * random.uniform(in: 0.10...0.22) + tilt)
        }
        let heartSize = 0.12 + 0.20 * level * random.uniform(in: 0.8...1.1)
        heart = Ellipse(
            centre: Point(x: middle.x + 0.06 + 0.10 * level, y: middle.y - 0.16 + 0.04 * level),
            radiusX: heartSize * 1.15, radiusY: heartSize * 0.85, angle: 0.45)
        mediastinum = Ellipse(
            centre: Point(x: middle.x, y: middle.y - 0.05),
            radiusX: random.uniform(in: 0.10...0.14), radiusY: 0.5)
        vertebra = Ellipse(
            centre: Point(x: middle.x, y: middle.y + 0.36), radiusX: 0.13, radiusY: 0.105)
        aorta = Ellipse(
            centre: Point(x: middle.x + 0.115, y: middle.y + 0.24),
            radiusX: random.uniform(in: 0.055...0.07), radiusY: 0.06)
        ripples = (0..<2).map { _ in
            (2...5).map {
                (0.045 / Double($0) * random.normal(), random.uniform(in: 0...(2 * .pi)))
            }
        }
    }

    /// Whether a point is lung; with a `drop`, whether it stays inside the lung's outer border when
    /// moved down (dorsally) by so much: what does not is a crescent along the dependent border.
    func isLung(_ point: Point, side: Int, drop: Double = 0) -> Bool {
        let lung = lungs[side]
        let moved = Point(x: point.x, y: point.y + drop)
        let angle = atan2(moved.y - lung.centre.y, moved.x - lung.centre.x)
        var border = 1.0
        for (index, ripple) in ripples[side].enumerated() {
            border += ripple.amplitude * cos(Double(index + 2) * angle + ripple.phase)
        }
        return lung.distance(moved) < border && heart.distance(point) > 1
            && mediastinum.distance(point) > 1 && vertebra.scaled(1.15).distance(point) > 1
            && aorta.scaled(1.1).distance(point) > 1 && body.scaled(0.87).distance(moved) < 1
    }

    /// The lungs: 0 outside, 1 right, 2 left, row-major.
    func lungMap(size: Int) -> [UInt8] {
        (0..<size * size).map { index in
            let point = Canvas.point(index, size: size)
            let side = point.x < mediastinum.centre.x ? 0 : 1
            return isLung(point, side: side) ? UInt8(side + 1) : 0
        }
    }

    /// Paints everything but what lies inside the lungs.
    func paint(on canvas: inout Canvas, lungMap: [UInt8], using random: inout CounterRandom) {
        canvas.fill(body, Grey.fat)
        canvas.fill(body.scaled(random.uniform(in: 0.90...0.95)), Grey.muscle)
        canvas.fill(mediastinum, Grey.fat + 8)
        canvas.fill(heart, Grey.blood)
        canvas.fill(aorta, Grey.blood + 2)
        paintTrachea(on: &canvas, &random)
        for index in lungMap.indices where lungMap[index] != 0 {
            // Blood sinks: the dependent lung is a little denser.
            canvas.values[index] = lungGrey + 9 * Canvas.point(index, size: canvas.size).y
        }
        paintBones(on: &canvas, lungMap: lungMap, &random)
    }

    private func paintTrachea(on canvas: inout Canvas, _ random: inout CounterRandom) {
        let centre = Point(x: mediastinum.centre.x, y: mediastinum.centre.y + 0.06)
        let airway = Ellipse(
            centre: centre, radiusX: random.uniform(in: 0.035...0.05), radiusY: 0.04)
        guard heart.distance(centre) > 1.3 else { return }
        canvas.fill(airway.scaled(1.35), Grey.muscle)
        canvas.fill(airway, Grey.air + 4)
    }

    private func paintBones(
        on canvas: inout Canvas, lungMap: [UInt8], _ random: inout CounterRandom
    ) {
        canvas.fill(vertebra, Grey.bone)
        canvas.fill(vertebra.scaled(0.8), Grey.marrow)
        let spine = Point(x: vertebra.centre.x, y: vertebra.centre.y + 0.15)
        canvas.fill(Ellipse(centre: spine, radiusX: 0.10, radiusY: 0.075), Grey.bone)
        canvas.fill(Ellipse(centre: spine, radiusX: 0.055, radiusY: 0.045), Grey.muscle)
        let sternum = Point(x: body.centre.x, y: body.centre.y - 0.84 * body.radiusY)
        canvas.fill(Ellipse(centre: sternum, radiusX: 0.11, radiusY: 0.035), Grey.bone)
        canvas.fill(Ellipse(centre: sternum, radiusX: 0.09, radiusY: 0.02), Grey.marrow)
        for rib in ribs(&random) {
            for (ellipse, value) in [(rib, Grey.bone), (rib.scaled(0.55), Grey.marrow)] {
                ellipse.forEachPixel(size: canvas.size) { index, _ in
                    if lungMap[index] == 0 { canvas.values[index] = value }
                }
            }
        }
    }

    /// Ribs cut obliquely: flat ellipses that follow the wall.
    private func ribs(_ random: inout CounterRandom) -> [Ellipse] {
        let phase = random.uniform()
        return (0..<14).map { index in
            let angle = (Double(index) + phase) / 14 * 2 * Double.pi
            let ring = body.scaled(0.885)
            let centre = Point(
                x: ring.centre.x + ring.radiusX * cos(angle),
                y: ring.centre.y + ring.radiusY * sin(angle))
            let along = atan2(ring.radiusY * cos(angle), -ring.radiusX * sin(angle))
            return Ellipse(
                centre: centre, radiusX: random.uniform(in: 0.05...0.09),
                radiusY: random.uniform(in: 0.018...0.026), angle: along)
        }
    }
}
