/// What lesion burden is a share of: the lungs, as well as a study knows them.
struct LungRegion {
    enum Basis: String {
        /// A lung mask came with the data.
        case lungs
        /// No mask came with the data, but the slices are masked: their pixels above 0 stand in.
        case pixelsAbove0 = "pixels above 0"
        /// Nothing tells where the lungs are.
        case slice
    }

    let basis: Basis
    /// Whether a pixel is in the region, slice by slice, row-major; nil for whole slices.
    private let isInside: [[Bool]]?

    init(_ material: SliceMaterial?) {
        if let lungs = material?.lungs {
            basis = .lungs
            isInside = lungs.map { $0.map { $0 != 0 } }
        } else if let images = material?.images, Self.areMasked(images) {
            basis = .pixelsAbove0
            isInside = images.map { $0.map { $0 > 0 } }
        } else {
            basis = .slice
            isInside = nil
        }
    }

    /// The region on a slice; nil for the whole slice.
    /// - Parameter number: the slice, 1-based.
    func pixels(ofSlice number: Int) -> [Bool]? {
        guard let isInside, isInside.indices.contains(number - 1) else { return nil }
        return isInside[number - 1]
    }

    /// Whether most pixels are exactly 0, as where somebody has set everything outside the lungs to 0.
    /// Of a slice as the scanner made it, only the air around the body may be.
    private static func areMasked(_ images: [[UInt8]]) -> Bool {
        let zeros = images.reduce(0) { $0 + $1.count { $0 == 0 } }
        return 2 * zeros > images.reduce(0) { $0 + $1.count }
    }
}

extension LungRegion.Basis {
    /// In the middle of a sentence.
    var phrase: String {
        switch self {
        case .lungs: "the lungs"
        case .pixelsAbove0: "the pixels above 0, which stand in for the lungs"
        case .slice: "the whole slice, for want of a lung mask"
        }
    }

    /// Why it is that; nil where it is what it should be.
    var reason: String? {
        switch self {
        case .lungs: nil
        case .pixelsAbove0:
            "No lung mask was given. Most pixels are exactly 0, as in slices that are masked to the"
                + " lungs already, so the pixels above 0 stand in for the lungs; lung that is as dark"
                + " as 0 is missed, and the shares are somewhat too large."
        case .slice:
            "No lung mask was given, and the slices are not masked, so the shares are of the whole"
                + " slice and much smaller than shares of the lungs."
        }
    }
}
