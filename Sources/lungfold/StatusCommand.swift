import ArgumentParser
import LungfoldRun

/// `lungfold status`
struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Tells how far a study is: from any shell, while it runs or after.",
        discussion: """
            Jobs finished, running (rank, host, epoch, loss, speed, time left), failed and waiting. It \
            reads the study's folder and nothing else.

              lungfold status study
              lungfold status study --watch
              lungfold status study --json -
            """)

    @Argument(help: ArgumentHelp("The study's folder.", valueName: "DIR"))
    var directory: String

    @Option(
        help: ArgumentHelp("Write it as JSON to a file, - for standard output.", valueName: "F"))
    var json: String?

    @Flag(
        help: "Keep showing it until the run ends: in place on a terminal, elsewhere line by line."
    )
    var watch = false

    func validate() throws {
        if watch, json != nil {
            throw ValidationError("--watch shows, --json writes once: give one of them.")
        }
    }

    func run() throws {
        if watch { return try StatusWatch(RunDirectory(path: directory)).run() }
        let status = try StudyStatus(RunDirectory(path: directory))
        guard let json else { return Console.say(status.text) }
        try Console.deliver(JSON.encode(status), to: json)
    }
}
