import LungfoldImaging
import LungfoldReport
import LungfoldStudy

/// The slices of a study as its report shows them, kept in its folder so that the report needs no
/// data: `slices/` with images, labels and, with a lung mask, what they were before it.
struct SliceArchive {
    private let path: String

    init(_ directory: RunDirectory) { path = "\(directory.path)/slices" }

    /// Keeps the slices, where they are not kept yet.
    func keep(_ slices: SliceSet, loader: SliceLoader) throws {
        guard !FileSystem.exists(file("labels")) else { return }
        try FileSystem.makeDirectory(path)
        if let lungs = try loader.lungs() {
            try write("lungs", lungs, isLabel: true)
            try write("unmasked", loader.unmasked().pictures, isLabel: false)
        }
        try write("images", slices.pictures, isLabel: false)
        try write("labels", slices.labelVolume, isLabel: true)
    }

    /// The slices, with the predictions of some jobs; nil where they were not kept.
    /// - Parameter predictions: the files of the jobs' test slices, by job key.
    func load(predictions: [String: String]) throws -> SliceMaterial? {
        guard FileSystem.exists(file("labels")), FileSystem.exists(file("images")) else {
            return nil
        }
        let labels = try PixelVolume(contentsOf: file("labels"))
        var material = SliceMaterial(
            size: labels.size, images: try PixelVolume(contentsOf: file("images")).slices,
            labels: labels.slices)
        material.lungs = try optional("lungs")
        material.unmasked = try optional("unmasked")
        material.predictions = try predictions.compactMapValues { path in
            guard FileSystem.exists(path) else { return nil }
            let volume = try PixelVolume(contentsOf: path)
            return volume.size == labels.size ? volume.slices : nil
        }
        return material
    }

    private func file(_ name: String) -> String { "\(path)/\(name).nii.gz" }

    private func optional(_ name: String) throws -> [[UInt8]]? {
        guard FileSystem.exists(file(name)) else { return nil }
        return try PixelVolume(contentsOf: file(name)).slices
    }

    private func write(_ name: String, _ volume: PixelVolume, isLabel: Bool) throws {
        try WholeFile.write(volume.encoded(isLabel: isLabel), to: file(name))
    }
}
