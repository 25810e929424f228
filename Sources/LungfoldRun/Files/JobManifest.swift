import LungfoldImaging
import LungfoldStudy

/// Lengths and digests of a finished job's files. It is written last: a job that has it is finished.
struct JobManifest: Codable, Hashable, Sendable {
    /// A file as it was written.
    struct File: Codable, Hashable, Sendable {
        var bytes: Int
        var digest: String

        init(_ content: [UInt8]) {
            bytes = content.count
            digest = Digest.text(of: content)
        }
    }

    /// The version of this layout.
    var format = 1
    /// The files by name.
    var files: [String: File]

    /// Describes files.
    init(_ contents: [String: [UInt8]]) { files = contents.mapValues(File.init) }

    /// The bytes of one of the files.
    /// - Throws: `LungfoldError` where they are not those that were written.
    func read(_ name: String, in folder: String) throws -> [UInt8] {
        let path = "\(folder)/\(name)"
        let content = try FileSystem.read(path)
        guard files[name] == File(content) else {
            throw LungfoldError(
                .badData, path,
                "is damaged: it is not what \(folder)/\(JobDirectory.manifestName)"
                    + " describes",
                remedy: "Run the study's command again; it trains this job anew")
        }
        return content
    }
}
