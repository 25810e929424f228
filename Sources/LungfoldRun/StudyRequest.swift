import LungfoldImaging
import LungfoldStudy

extension SliceLoader {
    /// Reads what the options say.
    /// - Parameter window: `LOW,HIGH`; nil to choose by the volume's range.
    /// - Throws: `LungfoldError` for a window that is none.
    public init(images: String, labels: String?, lungs: String?, window: String?, size: Int) throws
    {
        self.init(
            imagesPath: images, labelsPath: labels, lungsPath: lungs, size: size,
            window: try window.map(GreyWindow.init(option:)))
    }
}

extension SliceLoader {
    /// What the options do to the slices, as a study keeps it.
    var preparation: SlicePreparation {
        SlicePreparation(
            hasLungMask: lungsPath != nil, window: window.map { .init(low: $0.low, high: $0.high) })
    }
}

extension GreyWindow {
    /// Reads the value of `--window`: `LOW,HIGH`.
    init(option text: String) throws {
        let ends = text.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
        guard ends.count == 2, let low = ends[0], let high = ends[1] else {
            throw LungfoldError(
                .usage, "--window", "'\(text)' is not two numbers LOW,HIGH",
                remedy: "Give for instance --window -1000,400")
        }
        try self.init(checkedLow: low, high: high)
    }
}

/// Which jobs a study is to have, before the slices are known.
public struct StudyPlan: Hashable, Sendable {
    /// Which jobs there are.
    public var `protocol`: StudyProtocol
    /// The networks.
    public var networks: [NetworkKind]
    /// The tasks.
    public var tasks: [SegmentationTask]
    /// The experiments of each network.
    public var experiments: [NetworkKind: [Experiment]]
    /// The folds that are run, such as `1-3,5`; nil for all that there are.
    public var folds: String?
    /// The slices on which the best experiment is chosen.
    public var selectOn: SelectionData

    /// Makes a plan.
    public init(
        protocol: StudyProtocol, networks: [NetworkKind], tasks: [SegmentationTask],
        experiments: [NetworkKind: [Experiment]], folds: String?, selectOn: SelectionData
    ) {
        self.protocol = `protocol`
        self.networks = networks
        self.tasks = tasks
        self.experiments = experiments
        self.folds = folds
        self.selectOn = selectOn
    }
}

/// What `lungfold study` is asked for.
public struct StudyRequest: Sendable {
    /// The slices.
    public var data: SliceLoader
    /// The study's folder.
    public var output: String
    /// Which jobs.
    public var plan: StudyPlan
    /// What all jobs share.
    public var settings: TrainingSettings
    /// The value of `--threads`.
    public var threads: Int?

    /// Makes a request.
    public init(
        data: SliceLoader, output: String, plan: StudyPlan, settings: TrainingSettings,
        threads: Int?
    ) {
        self.data = data
        self.output = output
        self.plan = plan
        self.settings = settings
        self.threads = threads
    }
}

/// The experiments that the options ask for: from a file or the paper's, all or some.
public struct ExperimentChoice: Sendable {
    private let file: String?
    private let numbers: String?
    private let option: String

    /// - Parameters:
    ///   - file: a YAML file.
    ///   - numbers: a list such as `1-3,5`; nil for all.
    ///   - option: the option that the list comes from, for messages.
    public init(file: String?, numbers: String?, option: String = "--experiments") {
        self.file = file
        self.numbers = numbers
        self.option = option
    }

    /// The experiments of each of the networks.
    public func experiments(of networks: [NetworkKind]) throws -> [NetworkKind: [Experiment]] {
        let listed = try file.map { try ExperimentsFile(path: $0).load() } ?? [:]
        let lists = networks.map { ($0, listed[$0] ?? Experiment.paper($0)) }
        guard let numbers else { return Dictionary(uniqueKeysWithValues: lists) }
        let largest = lists.flatMap(\.1).map(\.number).max() ?? 1
        let chosen = try OptionList.numbers(numbers, option: option, allowed: 1...largest)
        return Dictionary(
            uniqueKeysWithValues: try lists.map { network, list in
                (network, try Experiment.choose(chosen, from: list, of: network, option: option))
            })
    }
}
