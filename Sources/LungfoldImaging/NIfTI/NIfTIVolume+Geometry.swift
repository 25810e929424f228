/// The place of the voxels in space. Training needs none, so a doubtful one is said and no reason to
/// refuse a file; but who lays predictions over other scans should know.
extension NIfTIVolume {
    /// A sentence that names what is doubtful, and its values; nil where nothing is.
    var geometryFlaw: String? {
        guard let fields = try? HeaderFields(headerBytes, path: path) else { return nil }
        let flaws =
            spacingFlaws(fields.spacings) + qformFlaws(fields) + sformFlaws(fields.affineRows)
            + disagreement
        guard !flaws.isEmpty else { return nil }
        return "\(path): its place in space is doubtful, which training does not need: "
            + flaws.joined(separator: "; ")
    }

    private func spacingFlaws(_ spacings: [Double]) -> [String] {
        // One slice has no distance to the next.
        (1...(count > 1 ? 3 : 2)).filter { !(spacings[$0] > 0 && spacings[$0].isFinite) }
            .map { "pixdim[\($0)] is \(spacings[$0]), and spacings are positive" }
    }

    private func qformFlaws(_ fields: HeaderFields) -> [String] {
        guard qform != nil else { return [] }
        let handedness = fields.spacings[0]
        let isUnknown = handedness == 0 || !handedness.isFinite
        let names = [
            "quatern_b", "quatern_c", "quatern_d", "qoffset_x", "qoffset_y", "qoffset_z",
        ]
        return (isUnknown ? ["pixdim[0] (qfac) is \(handedness), and is 1 or -1"] : [])
            + zip(names, fields.quaternion).filter { !$1.isFinite }.map { "\($0) is \($1)" }
    }

    private func sformFlaws(_ rows: [Double]) -> [String] {
        guard let sform else { return [] }
        if let index = rows.firstIndex(where: { !$0.isFinite }) {
            let axis = ["x", "y", "z"][index / 4]
            return ["srow_\(axis)[\(index % 4)] is \(rows[index])"]
        }
        let (volume, bound) = Self.determinant(sform)
        // The scale of 1 mm or 1 m does not matter, the angles do.
        return abs(volume) > 1e-6 * bound
            ? [] : ["the sform is singular: its determinant is \(volume)"]
    }

    /// Where one has no numbers, that is said already.
    private var disagreement: [String] {
        guard let qform, let sform else { return [] }
        let largest = zip(qform, sform).map { abs($0 - $1) }.max() ?? 0
        guard largest.isFinite, largest > 0.01 else { return [] }
        return ["qform and sform differ by up to \(largest), and the sform is used"]
    }

    /// The determinant of an affine's 3 x 3 part, and the product of its columns' lengths, which it
    /// reaches when they are perpendicular.
    private static func determinant(_ rows: [Double]) -> (value: Double, bound: Double) {
        let columns = (0..<3).map { [rows[$0], rows[4 + $0], rows[8 + $0]] }
        let (a, b, c) = (columns[0], columns[1], columns[2])
        let value =
            a[0] * (b[1] * c[2] - b[2] * c[1]) - b[0] * (a[1] * c[2] - a[2] * c[1])
            + c[0] * (a[1] * b[2] - a[2] * b[1])
        let lengths = columns.map { column in
            (column[0] * column[0] + column[1] * column[1] + column[2] * column[2]).squareRoot()
        }
        return (value, lengths[0] * lengths[1] * lengths[2])
    }
}
