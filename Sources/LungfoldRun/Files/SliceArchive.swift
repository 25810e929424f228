import LungfoldImaging
import LungfoldReport
import LungfoldStudy

/// The slices of a study as its report shows them, kept in its folder so that the report needs no
/// data: `slices/` with images, labels and, with a lung mask, what they were before it.
struct SliceArchive {
    private let directory: RunDirectory
    private let path: String

    init(_ directory: RunDirectory) {
        self.directory = directory
        path = "\(directory.path)/slices"
    }

    /// Keeps the slices, where they are not kept yet.
    func keep(_ slices: SliceSet, loader: SliceLoader) throws {
        guard !FileSystem.exists(file("labels")) else { return }
        try FileSystem.makeDirectory(path, levels: 1)
        if let lungs = try loader.lungs() {
            try write("lungs", lungs, isLabel: true)
            try write("unmasked", loader.unmasked().pictures, isLabel: false)
        }
        try write("images", slices.pictures, isLabel: false)
        try write("labels", slices.labelVolume, isLabel: true)
    }

    /// The slices, with the predictions of some jobs; nil where they were not kept. What is damaged is
    /// left out and named: a report is not to fail for a picture.
    /// - Parameter predictions: the files of the jobs' test slices, by job key.
    /// - Returns: the slices, and a sentence or two for each file that was left out.
    func load(predictions: [String: String]) -> (material: SliceMaterial?, unreadable: [String]) {
        var reader = VolumeReader(directory: directory)
        guard let labels = reader.labels(file("labels")) else { return (nil, reader.unreadable) }
        let images = reader.slices(file("images"), over: labels)
        guard let images else { return (nil, reader.unreadable) }
        var material = SliceMaterial(size: labels.size, images: images, labels: labels.slices)
        material.lungs = reader.slices(file("lungs"), over: labels)
        material.unmasked = reader.slices(file("unmasked"), over: labels)
        for (key, path) in predictions.sorted(by: { $0.key < $1.key }) {
            material.predictions[key] = reader.predictions(path, size: labels.size)
        }
        return (material, reader.unreadable)
    }

    private func file(_ name: String) -> String { "\(path)/\(name).nii.gz" }

    private func write(_ name: String, _ volume: PixelVolume, isLabel: Bool) throws {
        try WholeFile.write(volume.encoded(isLabel: isLabel), to: file(name))
    }
}

/// Reads volumes of a study's folder, each nil where it is missing, and remembers which are damaged.
private struct VolumeReader {
    let directory: RunDirectory
    private(set) var unreadable: [String] = []

    init(directory: RunDirectory) { self.directory = directory }

    private static let remedy =
        "Remove the folder slices and run the study's command again; it writes them anew"

    mutating func labels(_ path: String) -> PixelVolume? {
        read(path, remedy: Self.remedy) { volume in
            volume.slices.joined().allSatisfy { $0 <= SegmentationTask.largestLabel }
                ? nil : "has values that are no labels"
        }
    }

    mutating func slices(_ path: String, over labels: PixelVolume) -> [[UInt8]]? {
        read(path, remedy: Self.remedy) { volume in
            volume.size == labels.size && volume.slices.count == labels.slices.count
                ? nil : "has other slices than labels.nii.gz"
        }?.slices
    }

    mutating func predictions(_ path: String, size: Int) -> [[UInt8]]? {
        read(
            path,
            remedy:
                "Its slices are in no picture and have no distances between outlines; the study's"
                + " command trains the job anew"
        ) { $0.size == size ? nil : "has slices of another size than labels.nii.gz" }?.slices
    }

    /// - Parameter flaw: what is wrong with a volume that can be read; nil where nothing is.
    private mutating func read(
        _ path: String, remedy: String, flaw: (PixelVolume) -> String?
    ) -> PixelVolume? {
        guard FileSystem.exists(path) else { return nil }
        var problem: String?
        do {
            let volume = try PixelVolume(contentsOf: path)
            problem = flaw(volume)
            if problem == nil { return volume }
        } catch {
            problem = (error as? LungfoldError)?.problem
        }
        let error = LungfoldError(
            .badData, path, problem ?? "cannot be read", remedy: remedy)
        Console.note("left out of the report: \(error)")
        unreadable.append(directory.localWords(of: error))
        return nil
    }
}
