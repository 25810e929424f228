import Foundation
import LungfoldImaging
import LungfoldStudy

/// The folder of a study: all that the program knows about it.
///
/// ```
/// study.json            the resolved study and the digest of its slices
/// splits_final.json     which slices train, validate and test
/// run.json              state, times, hosts, versions
/// status.json           what is running, for `lungfold status`
/// events.jsonl          what happened, a line an event
/// logs/                 what each rank did
/// generation            which start of the study the folder belongs to
/// lock                  who is writing here now
/// jobs/KEY/             result.json, history.csv, weights.safetensors, weights-best.safetensors,
///                       dream.json, manifest.json (or failure.json; checkpoint-a, -b, best-a-N, best-b-N,
///                       attempts and live/ of a job that is not finished)
/// report/               summary.json, tables, index.html
/// ```
///
/// A file appears in it whole or not at all, and a job's `manifest.json` is written last: one that has it
/// is finished, and is never done again.
public struct RunDirectory: Hashable, Sendable {
    /// Its path, as the user gave it.
    public let path: String

    /// Names a folder; nothing is read or made.
    public init(path: String) {
        // "out/" and "out" are the same folder.
        let trimmed = path.reversed().drop { $0 == "/" }.reversed()
        self.path = trimmed.isEmpty ? path : String(trimmed)
    }

    /// The resolved study.
    public var studyFile: String { "\(path)/study.json" }
    /// The splits, in nnU-Net's layout.
    public var splitsFile: String { "\(path)/\(SplitFile.name)" }
    /// Times, hosts and versions.
    public var recordFile: String { "\(path)/run.json" }
    /// What is running.
    public var statusFile: String { "\(path)/status.json" }
    /// What happened.
    public var eventsFile: String { "\(path)/events.jsonl" }
    /// What each rank did.
    public var logsDirectory: String { "\(path)/logs" }
    /// Who is writing here now.
    public var lockFile: String { "\(path)/lock" }
    /// The folder of the report.
    public var reportDirectory: String { "\(path)/report" }
    /// The page to open first.
    public var reportPage: String { "\(reportDirectory)/index.html" }

    /// An error's words with names of files as they are within the folder: a report says the same
    /// wherever the folder lies.
    func localWords(of error: LungfoldError) -> String {
        ["jobs", "slices"].reduce("\(error)") { words, folder in
            words.replacingOccurrences(of: "\(path)/\(folder)/", with: "\(folder)/")
        }
    }

    /// The folder of a job.
    public func job(_ key: String) -> JobDirectory { JobDirectory(path: "\(path)/jobs/\(key)") }

    /// The study that lives here.
    /// - Throws: `LungfoldError` where there is none, or its file is damaged.
    public func load() throws -> StudyFile {
        guard FileSystem.exists(studyFile) else {
            throw LungfoldError(
                .missingInput, path, "is no study's folder: it has no study.json",
                remedy: "Give the --output of `lungfold study`")
        }
        return try JSON.decode(from: FileSystem.read(studyFile), subject: studyFile)
    }

    /// The splits the folder already holds, checked; nil where it has none.
    public func splits(sliceCount: Int) throws -> [Split]? {
        guard FileSystem.exists(splitsFile) else { return nil }
        return try SplitFile.decode(
            Data(FileSystem.read(splitsFile)), sliceCount: sliceCount, path: splitsFile)
    }

    /// Makes the folder, or finds that it is none of another study's.
    /// - Throws: `LungfoldError` (`cannotCreate`) where it holds another study or other people's
    ///   files, naming what differs.
    public func prepare(for file: StudyFile) throws {
        try FileSystem.makeDirectory(path)
        do {
            if FileSystem.exists(studyFile) { return try refuse(unless: file) }
        } catch let error as LungfoldError where error.kind == .badData {
            guard try isLastStudy(file) else { throw error }
            return
        }
        for name in ["jobs", "report", "run.json"] where FileSystem.exists("\(path)/\(name)") {
            guard try isLastStudy(file) else {
                throw LungfoldError(
                    .cannotCreate, path,
                    "holds '\(name)' but no study.json, so it is not Lungfold's",
                    remedy: "Choose another folder with --output")
            }
        }
    }

    /// Whether the folder's last run was one of this study, as run.json has it: then a study.json that
    /// is lost or damaged can be written again.
    private func isLastStudy(_ file: StudyFile) throws -> Bool {
        try RunRecord(of: self)?.study == file.digest
    }

    /// Takes the folder for a study, under the lock.
    /// - Throws: as `prepare` does.
    public func claim(for file: StudyFile) throws {
        try prepare(for: file)
        if !FileSystem.exists(splitsFile) {
            try WholeFile.write(
                Array(SplitFile.encode(file.study.splits)), to: splitsFile)
        }
        // One that is damaged came past `prepare` because run.json speaks for it.
        if (try? load()) == nil {
            try WholeFile.write(JSON.encode(file), to: studyFile)
        }
    }

    /// Removes what killed runs have left half-written.
    func sweep() {
        var folders = [path, "\(path)/slices"]
        if ReportLock.isFree(reportDirectory) {
            let tensorBoard = "\(reportDirectory)/tensorboard"
            folders += [
                reportDirectory, "\(reportDirectory)/tables", "\(reportDirectory)/figures",
            ]
            folders += FileSystem.names(in: tensorBoard).map { "\(tensorBoard)/\($0)" }
        }
        for folder in folders { FileSystem.removeTemporaries(in: folder) }
        for key in FileSystem.names(in: "\(path)/jobs") { job(key).sweep() }
    }

    private func refuse(unless file: StudyFile) throws {
        let differences = try load().differences(from: file)
        guard !differences.isEmpty else { return }
        let listed = differences.prefix(3).joined(separator: "; ")
        let more = differences.count > 3 ? "; and \(differences.count - 3) more" : ""
        throw LungfoldError(
            .cannotCreate, path, "holds another study: \(listed)\(more)",
            remedy: "Choose another folder with --output, or give the options of the study there")
    }
}
