import LungfoldImaging
import LungfoldReport

/// A study's report as files, which are written one by one.
struct ReportFolder {
    private let directory: RunDirectory

    init(_ directory: RunDirectory) { self.directory = directory }

    /// Writes a report, each file whole, and then removes what an earlier one has left that this one
    /// lacks: a table or picture of results that are no more would be taken for one of these.
    /// - Parameters:
    ///   - files: bytes by path, relative to the study's folder.
    ///   - permission: throws where this process may no longer write there.
    func write(_ files: [String: [UInt8]], permission: () throws -> Void) throws {
        for (name, bytes) in files.sorted(by: { $0.key < $1.key }) {
            let path = "\(directory.path)/\(name)"
            try FileSystem.makeDirectory(
                FileSystem.directory(of: path), levels: name.count { $0 == "/" })
            try WholeFile.write(bytes, to: path, permission: permission)
        }
        try permission()
        for folder in ["tables", "figures"] { removeOthers(than: files, in: "report/\(folder)") }
        for run in FileSystem.names(in: "\(directory.reportDirectory)/tensorboard") {
            let folder = "report/tensorboard/\(run)"
            removeOthers(than: files, in: folder)
            FileSystem.removeEmptyDirectory("\(directory.path)/\(folder)")
        }
    }

    /// Removes the files of reports alone: people keep things of their own beside them.
    private func removeOthers(than files: [String: [UInt8]], in folder: String) {
        for name in FileSystem.names(in: "\(directory.path)/\(folder)") {
            let path = "\(folder)/\(name)"
            if files[path] == nil, Report.canWrite(path) {
                FileSystem.remove("\(directory.path)/\(path)")
            }
        }
    }
}
