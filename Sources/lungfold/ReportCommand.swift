import ArgumentParser
import LungfoldRun

/// `lungfold report`
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Writes a study's report again from its results, and prints the main table.",
        discussion: """
            Needs no MPI and no data; from the same results it writes the same bytes. Works while a \
            study runs, too: jobs that are not finished are shown as missing.

              lungfold report study
            """)

    @Argument(help: ArgumentHelp("The study's folder.", valueName: "DIR"))
    var directory: String

    func run() throws { try StudyReport(directory: RunDirectory(path: directory)).run() }
}
