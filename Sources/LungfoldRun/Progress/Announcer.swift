import Dispatch
import Foundation
import LungfoldCluster
import LungfoldStudy
import Synchronization

/// Everything that a run tells, on rank 0: to the terminal, in the way that was chosen, and to
/// `events.jsonl`. A thread of its own writes, so that a terminal or disk that is slow holds up nobody.
final class Announcer: Sendable {
    private struct Core: Sendable {
        var presenter: any Presenter
        var generation: Int?
        var view: (@Sendable () -> StudyView)?
        /// Whether the run's end has been told.
        var hasEnded = false
        var isClosed = false
    }

    /// The log, and what happened before its folder was known.
    private struct Log {
        var file: EventLog?
        var isOpen = false
        var early: [StudyEvent] = []
    }

    private let core: Mutex<Core>
    private let log = Mutex(Log())
    private let queue = DispatchQueue(label: "announcer")

    /// Begins to tell, and takes over what the console is given.
    init(_ mode: ProgressMode, terminal: Terminal, patience: Double = 60) {
        let presenter: any Presenter =
            switch mode.resolved(for: terminal) {
            case .live: LivePresenter(terminal)
            case .json: JSONPresenter()
            case .none: QuietPresenter()
            case .plain, .auto: PlainPresenter(patience: patience)
            }
        core = Mutex(Core(presenter: presenter))
        if let interval = presenter.interval { refresh(every: interval) }
        Console.listen { [weak self] in self?.take($0, $1) }
    }

    /// The run has a number, a folder for its events where it is a study's, and something to view.
    func open(
        _ directory: RunDirectory?, generation: Int?, view: @escaping @Sendable () -> StudyView
    ) {
        queue.async { [self] in
            core.withLock {
                $0.generation = generation
                $0.view = view
            }
            let early = log.withLock { log in
                log.file = directory.map(EventLog.init)
                log.isOpen = true
                defer { log.early = [] }
                return log.early
            }
            for var event in early {
                event.generation = generation
                keep(event)
            }
        }
    }

    /// Tells of an event.
    func tell(_ event: StudyEvent) {
        queue.async { [self] in
            if event.event == .runEnded { core.withLock { $0.hasEnded = true } }
            keep(event)
            core.withLock { $0.presenter.show(event) }
        }
    }

    /// Draws the last view and waits until everything is told; the console is itself again. A terminal
    /// or disk that takes nothing any more holds the end up for ten seconds.
    func close() {
        Console.listen(nil)
        let isTold = DispatchSemaphore(value: 0)
        queue.async { [self] in
            defer { isTold.signal() }
            core.withLock { core in
                guard !core.isClosed else { return }
                core.isClosed = true
                core.presenter.end(core.view?())
                core.view = nil
            }
        }
        _ = isTold.wait(timeout: .now() + 10)
    }

    /// Takes in a line that another part of the program has put on standard error; waits a moment for
    /// last words to be kept, since the process is about to end.
    func overhear(_ text: String, _ kind: Diagnostics.Kind) {
        let isKept = DispatchSemaphore(value: 0)
        queue.async { [self] in
            let isOver = core.withLock { core in
                core.presenter.makeWay()
                return core.hasEnded
            }
            if !isOver {
                let event = stamped(
                    StudyEvent(kind == .warning ? .warning : .error, text: text))
                keep(event)
                core.withLock { $0.presenter.show(event) }
            }
            isKept.signal()
        }
        if kind == .lastWords { _ = isKept.wait(timeout: .now() + 1) }
    }

    // MARK: On the queue

    private func take(_ kind: Console.Kind, _ text: String) {
        queue.async { [self] in
            var event: StudyEvent?
            switch kind {
            case .line, .note: event = stamped(StudyEvent(.note, text: text))
            case .warning: event = stamped(StudyEvent(.warning, text: text))
            case .result, .conclusion: break
            }
            if let event { keep(event) }
            core.withLock { $0.presenter.say(kind, text, event) }
        }
    }

    private func refresh(every interval: Double) {
        queue.asyncAfter(deadline: .now() + interval) { [weak self] in
            guard let self else { return }
            let isClosed = core.withLock { core in
                if let view = core.view?(), !core.isClosed { core.presenter.refresh(view) }
                return core.isClosed
            }
            if !isClosed { refresh(every: interval) }
        }
    }

    private func stamped(_ event: StudyEvent) -> StudyEvent {
        var event = event
        event.generation = core.withLock { $0.generation }
        return event
    }

    private func keep(_ event: StudyEvent) {
        guard event.event != .progress else { return }
        let complaint = log.withLock { log -> String? in
            if let file = log.file { return file.append(event) }
            if !log.isOpen { log.early.append(event) }
            return nil
        }
        if let complaint { core.withLock { $0.presenter.say(.warning, complaint, nil) } }
    }
}
