import LungfoldEngine
import LungfoldStudy

/// What the study's settings mean to the engine.
extension TrainingSettings {
    /// The network that these settings describe.
    /// - Throws: `EngineError` naming the size that is out of range.
    package func network(_ kind: NetworkKind, task: SegmentationTask) throws -> NetworkDescription {
        try NetworkDescription.named(
            kind.rawValue, classes: task.classCount, depth: depth, filters: filters)
    }

    /// How the engine is to compute.
    package func engineOptions(threads: Int) -> EngineOptions {
        EngineOptions(
            threads: threads, convolution: convolution == .winograd ? .winograd : .direct)
    }
}
