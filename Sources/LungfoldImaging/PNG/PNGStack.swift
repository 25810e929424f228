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

    init(reading folder: String, stretchesLowDepths: Bool) throws {
        let names = try Self.sliceNames(in: folder)
        var slices: [[UInt16]] = []
        var first: LungfoldPicture?
        for name in names {
            let (picture, samples) = try Self.read("\(folder)/\(name)")
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
            slices.append(factor == 1 ? samples : samples.map { $0 * factor })
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

    private static func read(_ path: String) throws -> (LungfoldPicture, [UInt16]) {
        let bytes = try InputFile(reading: path).bytes
        let picture = try unwrap(ImagingShim.pictureHeader(bytes), path: path)
        let pixels = Int(picture.rows) * Int(picture.columns)
        // As with gzip: what deflate cannot hold is not allocated for (8 pixels of 1 bit a byte).
        guard pixels / (8 * 1032) <= bytes.count else {
            throw LungfoldError(
                .badData, path,
                "declares \(picture.rows) x \(picture.columns) pixels in \(bytes.count) bytes",
                remedy: "Fetch or write the file again")
        }
        let read = try unwrap(ImagingShim.pictureSamples(bytes, count: pixels), path: path)
        guard read.picture.isColoured == 0 else {
            throw LungfoldError(
                .badData, path, "has coloured pixels; slices and labels are grey",
                remedy: "Save it as 8-bit grey; labels as the values 0 to 3, not as colours")
        }
        return (read.picture, read.samples)
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
