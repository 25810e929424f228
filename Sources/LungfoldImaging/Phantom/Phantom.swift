import Glibc
import LungfoldStudy

/// A synthetic data set: chest slices with labels and a lung mask, from a seed.
///
/// Stands in for patients' data in the demo and the tests; it is learnable, not trivial, and no
/// model of disease.
public struct Phantom: Sendable {
    /// Rows, and columns, of a slice.
    public let size: Int
    /// For each slice 8-bit grey values, row-major, not masked to the lungs.
    public let images: [[UInt8]]
    /// For each slice labels 0...3.
    public let labels: [[UInt8]]
    /// For each slice 1 in the lungs, 0 elsewhere.
    public let lungs: [[UInt8]]

    /// The names of the files that `write` makes: images, labels, lungs.
    public static let fileNames = ["tr_im.nii.gz", "tr_mask.nii.gz", "lung_mask.nii.gz"]

    /// Draws a phantom; equal arguments give equal slices, and the first slices of a longer phantom
    /// are those of a shorter one.
    /// - Parameters:
    ///   - slices: 1 to 10000.
    ///   - size: rows and columns, 16 to 2048.
    ///   - seed: any number.
    /// - Throws: `LungfoldError` outside these ranges.
    public init(slices: Int, size: Int, seed: UInt64) throws {
        guard (1...10000).contains(slices) else {
            throw LungfoldError(.usage, "--slices", "\(slices) is outside 1 to 10000")
        }
        guard (16...2048).contains(size) else {
            throw LungfoldError(.usage, "--size", "\(size) is outside 16 to 2048")
        }
        let drawn = (1...slices).map { PhantomSlice(number: $0, size: size, seed: seed) }
        self.size = size
        images = drawn.map(\.image)
        labels = drawn.map(\.labels)
        lungs = drawn.map(\.lungs)
    }

    /// The slices as the networks see them, masked to the lungs.
    public func sliceSet() throws -> SliceSet {
        let masked = zip(images, lungs).map { image, lung in
            zip(image, lung).map { $1 == 0 ? Float(0) : Float($0) }
        }
        return try SliceSet(
            size: size, images: Array(masked.joined()), labels: Array(labels.joined()))
    }

    /// Writes the three files, each whole or not at all, into a folder that is made if need be.
    /// - Returns: the files' paths: images, labels, lungs.
    @discardableResult
    public func write(to folder: String) throws -> [String] {
        if mkdir(folder, 0o777) != 0, errno != EEXIST {
            throw LungfoldError(
                .cannotCreate, folder, "cannot be created: \(String(cString: strerror(errno)))",
                remedy: "Check the path and its permissions")
        }
        return try zip(Self.fileNames, [images, labels, lungs]).map { name, slices in
            let path = "\(folder)/\(name)"
            try NIfTIWriter.write(
                slices, rows: size, columns: size, header: try header(isLabel: slices != images),
                to: path)
            return path
        }
    }

    /// A field of view of 360 mm, slices of 5 mm.
    private func header(isLabel: Bool) throws -> [UInt8] {
        let header = ImagingShim.newHeader(
            rows: size, columns: size, slices: images.count,
            spacing: [360 / Double(size), 360 / Double(size), 5], isLabel: isLabel)
        guard let header else {
            throw LungfoldError(.internal, "phantom", "libnifti makes no header")
        }
        return header
    }
}
