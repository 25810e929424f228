import LungfoldImaging

/// A colour of eight bits a channel.
struct Colour: Hashable {
    let red, green, blue: UInt8

    init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
        (self.red, self.green, self.blue) = (red, green, blue)
    }

    /// As in style sheets.
    var css: String { "rgb(\(red),\(green),\(blue))" }
}

/// A picture in memory.
struct Raster {
    let width: Int
    let height: Int
    /// Red, green and blue of each pixel, row-major.
    private(set) var rgb: [UInt8]

    /// Makes a picture of one colour.
    init(width: Int, height: Int, filled colour: Colour = Colour(255, 255, 255)) {
        self.width = width
        self.height = height
        rgb = Array(
            repeatElement([colour.red, colour.green, colour.blue], count: width * height).joined())
    }

    /// Makes a picture of grey values, `side * side`, row-major. Six bits of grey are as good to the eye
    /// as eight, and a page with them is a third shorter.
    init(grey: [UInt8], side: Int) {
        width = side
        height = side
        rgb = grey.flatMap { value in
            let level = value & 0xfc
            return [level, level, level]
        }
    }

    /// Lays a colour over a pixel.
    mutating func blend(_ colour: Colour, at index: Int, opacity: Double) {
        for (channel, value) in [colour.red, colour.green, colour.blue].enumerated() {
            let below = Double(rgb[3 * index + channel])
            let mixed = below + (Double(value) - below) * opacity
            rgb[3 * index + channel] = UInt8(min(max(mixed.rounded(), 0), 255))
        }
    }

    /// Puts another picture in, its upper left corner at a place.
    mutating func put(_ other: Raster, row: Int, column: Int) {
        for line in 0..<min(other.height, height - row) {
            let count = 3 * min(other.width, width - column)
            let (from, to) = (3 * line * other.width, 3 * ((row + line) * width + column))
            rgb.replaceSubrange(to..<to + count, with: other.rgb[from..<from + count])
        }
    }

    /// Brought to another side by the nearest pixel; of a square picture.
    func scaled(to side: Int) -> Raster {
        guard side != width else { return self }
        var scaled = Raster(width: side, height: side)
        for row in 0..<side {
            for column in 0..<side {
                let source =
                    Resize.nearest(row, from: height, to: side) * width
                    + Resize.nearest(column, from: width, to: side)
                for channel in 0..<3 {
                    scaled.rgb[3 * (row * side + column) + channel] = rgb[3 * source + channel]
                }
            }
        }
        return scaled
    }

    /// As a PNG file.
    func png() throws -> [UInt8] { try PNGWriter.encode(rgb: rgb, rows: height, columns: width) }
}
