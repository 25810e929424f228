import LungfoldCluster
import LungfoldImaging
import LungfoldStudy

/// A way to show a run. Called by one thread at a time.
protocol Presenter: Sendable {
    /// Seconds between two refreshes; nil for none.
    var interval: Double? { get }
    /// Something happened to a job or to the run.
    mutating func show(_ event: StudyEvent)
    /// Something is said.
    /// - Parameter event: the same for tools; nil where it is not for them.
    mutating func say(_ kind: Console.Kind, _ text: String, _ event: StudyEvent?)
    /// So it stands now.
    mutating func refresh(_ view: StudyView)
    /// The run is over, or nearly; nothing more moves.
    mutating func end(_ view: StudyView?)
    /// Somebody else has written to the terminal.
    mutating func makeWay()
}

extension Presenter {
    var interval: Double? { nil }
    mutating func refresh(_ view: StudyView) {}
    mutating func end(_ view: StudyView?) {}
    mutating func makeWay() {}
}

/// A line when a job starts and ends, and now and then one of a long job.
struct PlainPresenter: Presenter {
    /// The least time between two lines of one running job; 0 for a line an epoch.
    var patience = 60.0
    private var lastLines: [String: ContinuousClock.Instant] = [:]

    init(patience: Double = 60) { self.patience = patience }

    mutating func show(_ event: StudyEvent) {
        guard let line = event.line else { return }
        switch event.event {
        case .warning: Console.put(.warning, line)
        case .epochFinished, .progress:
            if isDue(event) { Console.put(.line, line) }
        case .jobStarted:
            lastLines[event.job ?? ""] = .now
            Console.put(.line, line)
        default: Console.put(.line, line)
        }
    }

    func say(_ kind: Console.Kind, _ text: String, _ event: StudyEvent?) {
        Console.put(kind, text)
    }

    private mutating func isDue(_ event: StudyEvent) -> Bool {
        if patience == 0 { return event.event == .epochFinished }
        let isLast = event.event == .epochFinished && event.epoch == event.epochs
        let job = event.job ?? ""
        guard !isLast, .now - (lastLines[job] ?? .now) >= .seconds(patience) else { return false }
        lastLines[job] = .now
        return true
    }
}

/// What `events.jsonl` gets, on standard output; warnings on standard error too.
struct JSONPresenter: Presenter {
    func show(_ event: StudyEvent) {
        guard event.event != .progress else { return }
        Console.put(.line, String(decoding: event.json, as: UTF8.self))
        if event.event == .warning, let line = event.line { Console.put(.warning, line) }
    }

    func say(_ kind: Console.Kind, _ text: String, _ event: StudyEvent?) {
        if let event { show(event) }
        if kind == .warning { Console.put(kind, text) }
    }
}

/// Errors, warnings, and where the report is.
struct QuietPresenter: Presenter {
    func show(_ event: StudyEvent) {
        guard [.warning, .jobFailed].contains(event.event), let line = event.line else { return }
        Console.put(.warning, line)
    }

    func say(_ kind: Console.Kind, _ text: String, _ event: StudyEvent?) {
        if kind == .warning || kind == .conclusion { Console.put(kind, text) }
    }
}

/// The view that is redrawn in place, and what scrolls above it: what failed, what was noted, and at
/// the end the table. Everything else is in the view.
struct LivePresenter: Presenter {
    let interval: Double? = 1
    private let terminal: Terminal
    /// Whether standard error ends on the same terminal, so that it has to keep clear of the view.
    private let sharesErrors: Bool
    private var screen = Screen()
    private var messages: [String] = []
    private var latest: StudyView?
    private var isStopping = false

    init(_ terminal: Terminal) {
        self.terminal = terminal
        sharesErrors = terminal.path(of: 2) != nil
    }

    mutating func show(_ event: StudyEvent) {
        guard let line = event.line else { return }
        switch event.event {
        case .jobFailed, .jobInterrupted: messages.append(line)
        // A single training has no table at its end.
        case .jobFinished where event.generation == nil: messages.append(line)
        case .warning: say(.warning, line, nil)
        default: return
        }
    }

    mutating func say(_ kind: Console.Kind, _ text: String, _ event: StudyEvent?) {
        switch kind {
        case .note, .warning:
            guard sharesErrors else { return Console.put(kind, text) }
            messages.append(Console.errorLine(kind, text))
        case .line, .result, .conclusion: messages.append(text)
        }
        // Before the first job and after the last there is no refresh to wait for.
        if latest == nil || kind == .conclusion { draw() }
    }

    mutating func refresh(_ view: StudyView) {
        guard view.jobs > 0 else { return }  // no queue has begun
        latest = view
        draw()
    }

    mutating func end(_ view: StudyView?) {
        latest = view ?? latest
        draw()
        makeWay()
    }

    mutating func makeWay() {
        screen.leave()
        // The process may end before the next frame.
        let lines = messages.map { $0 + "\n" }.joined()
        messages = []
        if !lines.isEmpty {
            try? WholeFile.write(Array(lines.utf8), toOpen: 1, name: "standard output")
        }
    }

    private mutating func draw() {
        if StopSignals.hasArrived, !isStopping {
            // The terminal has echoed ^C, or mpirun has said that it hands on the signal.
            isStopping = true
            makeWay()
        }
        let size = terminal.size()
        let frame = screen.frame(latest?.lines(size) ?? [], messages: messages, size: size)
        messages = []
        // A terminal that is gone is no error.
        if !frame.isEmpty {
            try? WholeFile.write(Array(frame.utf8), toOpen: 1, name: "standard output")
        }
    }
}
