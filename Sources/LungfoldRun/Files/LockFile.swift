import Glibc
import LungfoldImaging
import LungfoldStudy

/// The file `lock`, and what stands in it: who has the folder, and a count of signs of life.
struct LockFile: Sendable {
    /// Records are far smaller; a damaged file may have any size.
    private static let mostBytes = 4096

    let path: String

    /// What stands in it, whole or damaged; empty where the last owner gave it back.
    func content() throws -> [UInt8] { try FileSystem.read(path, first: Self.mostBytes) }

    /// Who a content names; nil where it is empty or damaged.
    func owner(in content: [UInt8]) -> DirectoryLock.Owner? {
        try? JSON.decode(from: content, subject: path)
    }

    /// Who stands in it now; nil where nobody does, or it cannot be read.
    var owner: DirectoryLock.Owner? {
        guard let bytes = try? content() else { return nil }
        return owner(in: bytes)
    }

    /// Writes over what is there. Not by rename: the lock is on this very file.
    func write(_ owner: DirectoryLock.Owner, to descriptor: Int32) throws {
        let bytes = try JSON.encode(owner)
        guard lseek(descriptor, 0, SEEK_SET) == 0 else {
            throw LungfoldError.cannotWrite(path, errno)
        }
        try WholeFile.write(bytes, toOpen: descriptor, name: path)
        guard ftruncate(descriptor, off_t(bytes.count)) == 0 else {
            throw LungfoldError.cannotWrite(path, errno)
        }
    }

    /// Lets others see at once what was written, on a network file system too.
    func settle(_ descriptor: Int32) { fsync(descriptor) }
}
