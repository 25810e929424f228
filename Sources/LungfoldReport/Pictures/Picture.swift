/// A picture of the report.
struct Picture {
    /// Its name in file names.
    let name: String
    /// What it shows, below it.
    let caption: String
    /// The same for who cannot see it.
    let alternative: String
    let raster: Raster
    /// Whether it is shown as large as the page allows.
    var isWide = true
    /// What its panels are, equally wide, from the left; empty where the caption says it.
    var headings: [String] = []
    /// What its tiles are, equally large, row by row; nil where it has none.
    var tiles: Tiles?

    /// Labels of small pictures in a grid.
    struct Tiles {
        let columns: Int
        let labels: [String]
    }
}

/// What colours mean in pictures, of the palette of Okabe and Ito; only `missed` is a blue of our own,
/// apart from the sky blue of a class.
enum Palette {
    static let found = Colour(0, 158, 115)
    static let wrongClass = Colour(240, 228, 66)
    static let added = Colour(213, 94, 0)
    static let missed = Colour(70, 130, 255)
    /// Ground-glass opacity, consolidation, pleural effusion.
    static let classes = [Colour(86, 180, 233), Colour(230, 159, 0), Colour(204, 121, 167)]
}
