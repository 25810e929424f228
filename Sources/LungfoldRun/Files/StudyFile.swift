import Foundation
import LungfoldStudy

/// What `study.json` holds: everything that the study's results depend on.
public struct StudyFile: Codable, Hashable, Sendable {
    /// The version of this layout.
    public var format = 1
    /// The number of slices.
    public var sliceCount: Int
    /// A digest of all slices as the networks see them, in hexadecimal.
    public var dataDigest: String
    /// The pixel counts of the four labels at the label file's own resolution, for Table 1.
    public var labelCounts: ClassCounts?
    /// What the options did to the slices; nil in folders of versions that did not keep it.
    public var preparation: SlicePreparation?
    /// The study.
    public var study: Study

    /// Describes a study on slices.
    public init(
        sliceCount: Int, dataDigest: String, labelCounts: ClassCounts?,
        preparation: SlicePreparation?, study: Study
    ) {
        self.sliceCount = sliceCount
        self.dataDigest = dataDigest
        self.labelCounts = labelCounts
        self.preparation = preparation
        self.study = study
    }

    /// A digest of all of it, in hexadecimal.
    var digest: String { get throws { Digest.text(of: try JSON.encode(self)) } }

    /// Where this study differs from another: `settings.epochs is 2 there and 3 now`, in a fixed
    /// order; empty for the same study.
    public func differences(from other: StudyFile) throws -> [String] {
        let (there, now) = (try leaves(), try other.leaves())
        return Set(there.keys).union(now.keys).sorted().compactMap { key in
            guard there[key] != now[key] else { return nil }
            return "\(key) is \(there[key] ?? "missing") there and \(now[key] ?? "missing") now"
        }
    }

    /// The single values by their paths. The preparation is not among them: slices that it made
    /// different have another digest, and older folders lack it.
    private func leaves() throws -> [String: String] {
        var file = self
        file.preparation = nil
        let object = try JSONSerialization.jsonObject(with: Data(JSON.encode(file)))
        var leaves: [String: String] = [:]
        func visit(_ value: Any, _ path: String) {
            switch value {
            case let object as [String: Any]:
                for (key, value) in object {
                    visit(value, path.isEmpty || path == "study" ? key : "\(path).\(key)")
                }
            case let list as [Any] where list.contains { $0 is [String: Any] }:
                for (index, value) in list.enumerated() { visit(value, "\(path)[\(index + 1)]") }
            case let list as [Any]: leaves[path] = list.map { "\($0)" }.joined(separator: ",")
            default: leaves[path] = "\(value)"
            }
        }
        visit(object, "")
        return leaves
    }
}
