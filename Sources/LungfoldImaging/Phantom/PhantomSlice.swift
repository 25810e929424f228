import LungfoldStudy

/// One slice of the phantom: a scan of a chest with lesions.
struct PhantomSlice {
    /// 8-bit grey values, row-major.
    let image: [UInt8]
    /// 0...3.
    let labels: [UInt8]
    /// 1 inside the lungs, lesions included; 0 outside.
    let lungs: [UInt8]

    /// Draws a slice.
    /// - Parameters:
    ///   - number: 1-based. Every fourth slice has an effusion, every twenty-fifth no lesion, so
    ///     that small phantoms have every class too.
    ///   - size: rows and columns.
    ///   - seed: the phantom's seed.
    init(number: Int, size: Int, seed: UInt64) {
        var random = CounterRandom(seed: seed, stream: "phantom slice \(number)")
        let chest = Chest(using: &random)
        let lungMap = chest.lungMap(size: size)
        var canvas = Canvas(size: size)
        chest.paint(on: &canvas, lungMap: lungMap, using: &random)
        let vessels = Vessels(in: chest, lungMap: lungMap, size: size, using: &random)
        var lesions = Lesions(size: size)
        if number % 25 != 13 {
            if number % 4 == 2 {
                lesions.addEffusion(in: chest, lungMap: lungMap, using: &random)
            }
            if random.uniform() < 0.8 || number <= 2 {
                lesions.addConsolidation(in: chest, lungMap: lungMap, using: &random)
            }
            lesions.addGroundGlass(in: chest, lungMap: lungMap, using: &random)
        }
        Self.paint(lesions, vessels, lungMap, on: &canvas)
        image = Self.scan(canvas, using: &random)
        labels = lesions.labels
        lungs = lungMap.map { min($0, 1) }
    }

    private static func paint(
        _ lesions: Lesions, _ vessels: Vessels, _ lungMap: [UInt8], on canvas: inout Canvas
    ) {
        for index in lungMap.indices where lungMap[index] != 0 {
            let tissue = canvas.values[index] + lesions.haze[index]
            let share = vessels.coverage[index]
            let seen = tissue + share * max(Chest.Grey.blood - tissue, 0)
            canvas.values[index] = lesions.dense[index] > 0 ? lesions.dense[index] : seen
        }
    }

    /// Blur and noise of a scanner; noise is correlated over about a pixel as after reconstruction.
    private static func scan(_ scene: Canvas, using random: inout CounterRandom) -> [UInt8] {
        let scale = Double(scene.size) / 256
        var picture = scene
        picture.blur(sigma: max(0.7 * scale, 0.4))
        var noise = Canvas(size: scene.size)
        let level = random.uniform(in: 9...15)
        for index in noise.values.indices { noise.values[index] = level * random.normal() }
        noise.blur(sigma: 0.6)
        return zip(picture.values, noise.values).map { value, error in
            UInt8(min(max((value + error).rounded(), 0), 255))
        }
    }
}
