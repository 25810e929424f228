import CLungfoldImaging
import Glibc
import LungfoldStudy

/// A folder of PNG slices in the natural order of their names ("im2" before "im10").
///
/// Grey, palette and RGB(A) files are read as long as every pixel is grey; alpha is dropped. Files
/// of 1, 2 or 4 bits are stretched to 0...255 as images and keep their values as labels.
package struct PNGStack: SliceStack {
    package let path: String
    package let rows: Int
    package let columns: Int
    package let nominalRange: ClosedRange<Double>?
    private let slices: [[UInt16]]

    package var count: Int { slices.count }

    /// Reads a folder.
    /// - Parameter budget: what the slices' memory is taken from.
    init(reading folder: String, stretchesLowDepths: Bool, within budget: inout MemoryBudget) throws
    {
        let names = try Self.sliceNames(in: folder)
        var slices: [[UInt16]] = []
        var first: LungfoldPicture?
        for name in names {
            var (picture, samples) = try Self.read("\(folder)/\(name)", within: &budget)
            let expected = first ?? picture
            guard picture.rows == expected.rows, picture.columns == expected.columns else {
                throw LungfoldError(
                    .badData, "\(folder)/\(name)",
                    "has \(picture.rows) x \(picture.columns) pixels, but \(names[0]) has "
                        + "\(expected.rows) x \(expected.columns)",
                    remedy: "Give slices of one size")
            }
            guard (picture.bitDepth == 16) == (expected.bitDepth == 16) else {
                throw LungfoldError(
                    .badData, "\(folder)/\(name)",
                    "has \(picture.bitDepth) bits a pixel, but \(names[0]) has "
                        + "\(expected.bitDepth)",
                    remedy: "Give slices that are all 8-bit or all 16-bit")
            }
            first = expected
            let stretch = picture.bitDepth < 8 && stretchesLowDepths
            let factor = stretch ? 255 / (1 << UInt16(picture.bitDepth) - 1) : UInt16(1)
            if factor != 1 {
                for index in samples.indices { samples[index] *= factor }
            }
            slices.append(samples)
        }
        path = folder
        rows = Int(first?.rows ?? 0)
        columns = Int(first?.columns ?? 0)
        nominalRange = 0...(first?.bitDepth == 16 ? 65535 : 255)
        self.slices = slices
    }

    package func slice(_ index: Int) -> [Double] { slices[index].map(Double.init) }

    private static func sliceNames(in folder: String) throws -> [String] {
        guard let directory = opendir(folder) else {
            throw LungfoldError(
                .io, folder, "cannot be listed: \(String(cString: strerror(errno)))",
                remedy: "Check the folder's permissions")
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix("."), name.lowercased().hasSuffix(".png") { names.append(name) }
        }
        guard !names.isEmpty else {
            throw LungfoldError(
                .badData, folder, "is a folder without .png files",
                remedy: "Name a .nii or .nii.gz file, or a folder of PNG slices")
        }
        return names.sorted(by: NaturalOrder.precedes)
    }

    private static func read(_ path: String, within budget: inout MemoryBudget) throws
        -> (LungfoldPicture, [UInt16])
    {
        // The file's own bytes are free again for the next one.
        var passing = budget
        let bytes = try InputFile(reading: path, within: &passing).bytes
        let picture = try unwrap(ImagingShim.pictureHeader(bytes), path: path)
        let pixels = Int(picture.rows) * Int(picture.columns)
        // As with gzip: what deflate cannot hold is not allocated for (8 pixels of 1 bit a byte).
        guard pixels / (8 * 1032) <= bytes.count else {
            throw LungfoldError(
                .badData, path,
                "declares \(picture.rows) x \(picture.columns) pixels in \(bytes.count) bytes",
                remedy: "Fetch or write the file again")
        }
        guard pixels <= NIfTIHeader.maximumPixels else {
            throw LungfoldError(
                .badData, path,
                "has \(picture.rows) x \(picture.columns) pixels; a slice has at most "
                    + "\(NIfTIHeader.maximumPixels)",
                remedy: "Save it smaller")
        }
        try reserve(picture, pixels, path: path, passing, within: &budget)
        let read = try unwrap(ImagingShim.pictureSamples(bytes, count: pixels), path: path)
        guard read.picture.isColoured == 0 else {
            throw LungfoldError(
                .badData, path, "has coloured pixels; slices and labels are grey",
                remedy: "Save it as 8-bit grey; labels as the values 0 to 3, not as colours")
        }
        return (read.picture, read.samples)
    }

    /// Takes a picture's samples, which stay, and sees that two slices as numbers have room besides.
    private static func reserve(
        _ picture: LungfoldPicture, _ pixels: Int, path: String, _ passing: MemoryBudget,
        within budget: inout MemoryBudget
    ) throws {
        let samples = MemoryBudget.product(pixels, MemoryLayout<UInt16>.size)
        let numbers = MemoryBudget.product(pixels, 2 * MemoryLayout<Double>.size)
        let purpose = "\(picture.rows) x \(picture.columns) pixels"
        let remedy = "Free some memory, or give fewer or smaller slices"
        var passing = passing
        try passing.take(samples + numbers, of: path, for: purpose, remedy: remedy)
        try budget.take(samples, of: path, for: purpose, remedy: remedy)
    }

    private static func unwrap<Value>(_ result: Result<Value, PNGFailure>, path: String) throws
        -> Value
    {
        do {
            return try result.get()
        } catch {
            throw LungfoldError(
                .badData, path, "is no readable PNG file: \(error.message)",
                remedy: "Fetch or write the file again")
        }
    }
}
