import ArgumentParser
import LungfoldRun

/// How a command shows what it does.
struct ProgressOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How to show the run. live: a view that is redrawn in place. plain: a line when a job "
                + "starts and ends, and one a minute of a long job. json: a JSON object a line, as in "
                + "events.jsonl. none: warnings, errors, and where the result is. auto (study's "
                + "default): live on a terminal, plain elsewhere. train's default: plain.",
            valueName: "auto|live|plain|json|none"))
    var progress: ProgressMode?
}

extension ProgressMode: ExpressibleByArgument {}
