import LungfoldStudy

extension Report {
    /// Whether a path relative to the run directory is that of a table, plot or event file that some
    /// study's report may have. What else lies there is somebody else's.
    public static func canWrite(_ path: String) -> Bool {
        let parts = path.split(separator: "/", maxSplits: 2).map(String.init)
        guard parts.count == 3, parts[0] == "report" else { return false }
        return switch parts[1] {
        case "tables": isName(parts[2], of: tables, kinds: ["csv", "md", "tex"])
        case "figures": isName(parts[2], of: plots, kinds: ["dat", "svg", "pdf"])
        case "tensorboard": isMeanEvents(parts[2])
        default: false
        }
    }

    /// The names of tables, without the network and task of those that are of one.
    private static let tables = Set(
        [
            "overview", "selection", "comparison", "comparison-folds", "confusion", "surfaces",
            "false-alarms", "burden", "slices", "jobs",
        ] + (1...7).flatMap { ["table\($0)", "table\($0)-folds"] })

    /// The same of plots.
    private static let plots: Set = [
        "accuracy", "burden", "curves", "folds", "lesion-size", "pairs",
    ]

    private static func isName(_ file: String, of names: Set<String>, kinds: [String]) -> Bool {
        guard let kind = kinds.first(where: { file.hasSuffix(".\($0)") }) else { return false }
        var name = file.dropLast(kind.count + 1)
        // Of those of one network and task: `curves-segnet-binary`.
        for known in [
            SegmentationTask.allCases.map(\.rawValue), NetworkKind.allCases.map(\.rawValue),
        ] {
            if let ending = known.first(where: { name.hasSuffix("-\($0)") }) {
                name = name.dropLast(ending.count + 1)
            }
        }
        return names.contains(String(name))
    }

    /// `segnet-binary-e4-mean/` and the one name that all event files have.
    private static func isMeanEvents(_ path: String) -> Bool {
        let parts = path.split(separator: "/").map(String.init)
        guard parts.count == 2, parts[1] == EventFile.name else { return false }
        let words = parts[0].split(separator: "-").map(String.init)
        return words.count == 4 && NetworkKind(rawValue: words[0]) != nil
            && SegmentationTask(rawValue: words[1]) != nil && words[2].hasPrefix("e")
            && Int(words[2].dropFirst()) != nil && words[3] == "mean"
    }
}
