import CLungfoldImaging
import Foundation
import LungfoldImaging
import LungfoldStudy
import Testing

/// A folder that is gone when the test ends.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "lungfold-imaging-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file and gives its path.
    func file(_ name: String, _ bytes: [UInt8]) throws -> String {
        let file = "\(path)/\(name)"
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        return file
    }

    /// Makes a folder inside and gives its path.
    func folder(_ name: String) throws -> String {
        let folder = "\(path)/\(name)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return folder
    }
}

func contents(of path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: path)))
}

/// gzip as the shim writes it.
func gzip(_ bytes: [UInt8]) -> [UInt8] {
    let capacity = lungfold_gzip_bound(bytes.count)
    return [UInt8](unsafeUninitializedCapacity: capacity) {
        $1 = lungfold_gzip(bytes, bytes.count, $0.baseAddress, capacity)
    }
}

func gunzip(_ bytes: [UInt8], capacity: Int = 1 << 24) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: capacity) {
        _ = lungfold_gunzip(bytes, bytes.count, $0.baseAddress, capacity, &$1)
    }
}

/// Runs something that must fail for the user's sake and gives its error.
func failure(
    _ body: () throws -> Void, sourceLocation: SourceLocation = #_sourceLocation
) throws -> LungfoldError {
    let error = #expect(throws: LungfoldError.self, sourceLocation: sourceLocation) { try body() }
    return try #require(error, sourceLocation: sourceLocation)
}

/// Loads images alone at a size.
func loadImages(_ path: String, size: Int = 4, window: GreyWindow? = nil) throws -> SliceSet {
    try SliceLoader(imagesPath: path, size: size, window: window).load { _ in }
}

/// The public data set beside the package, when it is there.
let realData: String? = {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    let candidates = ["../shared", "../../shared"].map {
        folder.appendingPathComponent($0).standardized.path + "/data/covid-ct-100"
    }
    return candidates.first { FileManager.default.fileExists(atPath: $0) }
}()
