import Foundation
import LungfoldImaging
import LungfoldStudy

/// The file `generation`: the number of the start that a study's folder belongs to.
///
/// A start writes it once, under the lock and before anything else of its own. run.json has the number
/// too, but is written all the time: a rank 0 that was cut off could put its old number back there.
package struct GenerationFile: Sendable {
    private let directory: RunDirectory

    /// Names the file of a folder.
    package init(_ directory: RunDirectory) { self.directory = directory }

    /// Its path.
    package var path: String { "\(directory.path)/generation" }

    /// The number of the latest start. Folders of older versions have it in run.json alone.
    /// - Throws: `LungfoldError`: `missingInput` where the folder has neither file.
    func latest() throws -> Int {
        if let own = try own() { return own }
        struct Record: Decodable { var generation: Int }
        let record: Record = try JSON.decode(
            from: FileSystem.read(directory.recordFile, atMost: 16 << 20),
            subject: directory.recordFile)
        return record.generation
    }

    /// The number of a new start, higher than all before it.
    /// - Parameters:
    ///   - suggested: what run.json alone would make it.
    ///   - time: now. A damaged file must not lead back to a number that was there before.
    package func next(_ suggested: Int, at time: Date) -> Int {
        do {
            guard let own = try own() else { return suggested }
            return max(suggested, min(own, 1 << 60) + 1)
        } catch {
            return max(suggested, Int(time.timeIntervalSince1970))
        }
    }

    /// Gives the folder to a start, whose number `next` gave.
    package func write(_ generation: Int) throws {
        try WholeFile.write(JSON.encode(generation), to: path)
    }

    /// What stands in the file; nil where there is none.
    private func own() throws -> Int? {
        guard try FileSystem.isPresent(path) else { return nil }
        let number: Int = try JSON.decode(
            from: FileSystem.read(path, atMost: 4096), subject: path)
        return number
    }
}
