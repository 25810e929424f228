import LungfoldStudy

/// `events.jsonl` of a study's folder. Tools live on it, training does not: where it cannot be written
/// the run goes on, says so once, and tries again with the next event. A disk that is really full ends
/// the run through the files that must be kept.
final class EventLog {
    private let path: String
    private var file: AppendFile?
    private var isFailing = false

    init(_ directory: RunDirectory) { path = directory.eventsFile }

    /// Adds an event; gives what is to be said where that failed for the first time.
    func append(_ event: StudyEvent) -> String? {
        do {
            let open = try file ?? AppendFile(path)
            file = open
            try open.append(event.json)
            isFailing = false
            return nil
        } catch {
            defer { isFailing = true }
            return isFailing ? nil : "\(error). The run goes on; events are missing there."
        }
    }
}
