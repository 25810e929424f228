import Foundation
import LungfoldEngine
import LungfoldImaging
import LungfoldReport
import LungfoldStudy
import LungfoldTraining

/// Fig. 5's pictures: made from a job's weights when a report first needs them, and kept in the job's
/// folder as `dream.json`; a damaged one is made again.
struct DreamArchive {
    private let directory: RunDirectory
    private let threads: Int

    /// The name of the file.
    static let name = "dream.json"

    /// The largest side of a picture, in pixels: a report is not to wait for them.
    private static let largestSize = 96

    /// What is kept, with what it was made from.
    fileprivate struct Kept: Codable {
        var format = 1
        /// The digest of the weights.
        var weights: String
        var settings: DreamSettings
        var layer: String
        var before: [Double]
        var after: [Double]
        var pictures: [Data]
        /// The digest of all of this, with none in this place: no manifest speaks for the file.
        var digest = ""

        /// The digest that is due.
        func computedDigest() throws -> String {
            var other = self
            other.digest = ""
            return Digest.text(of: try JSON.encode(other))
        }
    }

    init(_ directory: RunDirectory, threads: Int) {
        self.directory = directory
        self.threads = threads
    }

    /// The pictures of finished jobs, by key. Those whose weights are missing or damaged have none,
    /// unless a picture made of the same weights is kept, nor those whose network answers in no
    /// numbers; of each there is the reason, and a note.
    /// - Throws: `LungfoldError` where they cannot be kept.
    func load(_ jobs: [Job]) throws -> (dreams: [String: ClassDreams], failures: [String: String]) {
        var (all, failures): ([String: ClassDreams], [String: String]) = ([:], [:])
        for job in jobs {
            do {
                all[job.key] = try LungfoldError.translating(.badData) { try dreams(of: job) }
            } catch let error as LungfoldError
                where [.badData, .missingInput, .io].contains(error.kind)
            {
                failures[job.key] = directory.localWords(of: error)
                Console.note("no picture for Fig. 5: \(error)")
            }
        }
        return (all, failures)
    }

    private func dreams(of job: Job) throws -> ClassDreams {
        let folder = directory.job(job.key)
        let manifest: JobManifest = try JSON.decode(
            from: FileSystem.read(folder.manifestFile), subject: folder.manifestFile)
        let settings = settings(for: job)
        let name = String(folder.weightsFile.dropFirst(folder.path.count + 1))
        let digest = manifest.files[name]?.digest ?? ""
        let path = "\(folder.path)/\(Self.name)"
        if let kept = kept(path), kept.weights == digest, kept.settings == settings,
            let dreams = ClassDreams(kept, of: job)
        {
            return dreams
        }
        let weights = try WeightSet(
            safetensors: manifest.read(name, in: folder.path), file: folder.weightsFile)
        let made = try make(job, NetworkFile(weights, source: folder.weightsFile), settings)
        var kept = Kept(
            weights: digest, settings: settings, layer: made.layer, before: made.before,
            after: made.after, pictures: made.pictures.map { Data($0) })
        kept.digest = try kept.computedDigest()
        try WholeFile.write(JSON.encode(kept), to: path)
        return made
    }

    /// What is kept; nil where there is nothing, or nothing that can be read.
    private func kept(_ path: String) -> Kept? {
        guard FileSystem.exists(path), let bytes = try? FileSystem.read(path) else { return nil }
        guard let kept: Kept = try? JSON.decode(from: bytes, subject: path),
            let due = try? kept.computedDigest(), kept.digest == due
        else { return nil }
        return kept
    }

    private func settings(for job: Job) -> DreamSettings {
        var settings = DreamSettings()
        let unit = 1 << job.settings.depth
        settings.size = min(job.settings.imageSize, max(Self.largestSize / unit, 1) * unit)
        return settings
    }

    private func make(_ job: Job, _ file: NetworkFile, _ settings: DreamSettings) throws
        -> ClassDreams
    {
        guard let layer = file.network.featureLayers.last?.name else {
            throw EngineError(file.network.name, "has no layers")
        }
        let made = try DeepDream(
            file, layer: layer, settings: settings,
            options: job.settings.engineOptions(threads: threads)
        ).run(channels: Array(0..<file.network.classes))
        guard made.allSatisfy({ $0.before.isFinite && $0.after.isFinite }) else {
            throw LungfoldError(
                .badData, "job \(job.key)", "its network's activations are no numbers",
                remedy: "Lower its learning rate (\(job.experiment.learningRate))")
        }
        return ClassDreams(
            settings: settings, layer: layer, pictures: made.map(\.grey),
            before: made.map(\.before), after: made.map(\.after))
    }
}

extension ClassDreams {
    /// What was kept, if it is whole.
    fileprivate init?(_ kept: DreamArchive.Kept, of job: Job) {
        let classes = job.task.classCount
        let pixels = kept.settings.size * kept.settings.size
        guard kept.pictures.count == classes, kept.before.count == classes,
            kept.after.count == classes, kept.pictures.allSatisfy({ $0.count == pixels })
        else { return nil }
        self.init(
            settings: kept.settings, layer: kept.layer, pictures: kept.pictures.map { Array($0) },
            before: kept.before, after: kept.after)
    }
}
