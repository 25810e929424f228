import LungfoldImaging
import LungfoldStudy

/// What every rank needs to train: the study, where it is kept, and the slices.
struct SharedStudy: Sendable {
    let directory: RunDirectory
    let file: StudyFile
    let slices: SliceSet
    /// The geometry of the images' file, which predictions get too.
    let geometry: LabelVolumeWriter

    var study: Study { file.study }

    /// As bytes for the broadcast.
    func encoded() throws -> [UInt8] {
        let header = try JSON.encode(
            Header(path: directory.path, file: file, geometry: geometry))
        return Self.length(header.count) + header + slices.encoded()
    }

    init(
        directory: RunDirectory, file: StudyFile, slices: SliceSet, geometry: LabelVolumeWriter
    ) {
        self.directory = directory
        self.geometry = geometry
        self.file = file
        self.slices = slices
    }

    init(encoded bytes: [UInt8]) throws {
        let count = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
        let header: Header = try JSON.decode(
            from: Array(bytes.dropFirst(8).prefix(count)), subject: "the study from rank 0")
        self.init(
            directory: RunDirectory(path: header.path), file: header.file,
            slices: try SliceSet(encoded: Array(bytes.dropFirst(8 + count))),
            geometry: header.geometry)
    }

    private struct Header: Codable {
        var path: String
        var file: StudyFile
        var geometry: LabelVolumeWriter
    }

    private static func length(_ count: Int) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) }
    }
}

extension StudyRequest {
    /// Reads the slices and resolves the study: rank 0's part, before any training starts. Writes
    /// nothing.
    /// - Parameter notice: is told what was chosen for the user.
    /// - Throws: `LungfoldError` naming the file or option, the value and the rule.
    func resolve(notice: (String) -> Void) throws -> SharedStudy {
        for network in plan.networks {
            for task in plan.tasks { _ = try settings.description(of: network, task: task) }
        }
        let slices = try data.load(notice: notice)
        let directory = RunDirectory(path: output)
        let splits =
            try directory.splits(sliceCount: slices.count) ?? drawSplits(of: slices.count)
        let study = Study(
            protocol: plan.protocol, networks: plan.networks, tasks: plan.tasks,
            experiments: plan.experiments, folds: try folds(of: splits),
            settings: settings, selectOn: plan.selectOn, splits: splits)
        try study.check(sliceCount: slices.count)
        let digest = String(Digest.of(slices.encoded()), radix: 16)
        return SharedStudy(
            directory: directory,
            file: StudyFile(
                sliceCount: slices.count, dataDigest: digest,
                labelCounts: try inspect(notice), preparation: data.preparation, study: study),
            slices: slices, geometry: try LabelVolumeWriter(like: data.imagesPath))
    }

    private func drawSplits(of count: Int) throws -> [Split] {
        do {
            return try Study.splits(
                for: plan.protocol, sliceCount: count, seed: settings.seed)
        } catch let error as LungfoldError where error.kind == .badData {
            // Splits know no files.
            throw LungfoldError(
                error.kind, "\(data.imagesPath): \(error.subject)", error.problem,
                remedy: error.remedy)
        }
    }

    /// The folds asked for, of those that there are.
    private func folds(of splits: [Split]) throws -> [Int]? {
        let count = splits.count { $0.name != SplitPlan.holdoutName }
        guard plan.protocol != .holdout, count > 0 else { return [] }
        return try plan.folds.map {
            try OptionList.numbers($0, option: "--folds", allowed: 1...count)
        }
    }

    /// Says what the audit finds, which does not stop a study, and counts Table 1.
    private func inspect(_ notice: (String) -> Void) throws -> ClassCounts? {
        let inspection = try Inspection(
            imagesPath: data.imagesPath, labelsPath: data.labelsPath, lungsPath: data.lungsPath,
            window: data.window)
        for finding in inspection.findings { notice("note: \(finding)") }
        return inspection.classCounts
    }
}
