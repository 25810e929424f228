import ArgumentParser
import LungfoldRun

/// How a command shows what it does.
struct ProgressOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How to show the run. auto: live on a terminal, plain elsewhere (train: plain). live: a view "
                + "that is redrawn in place. json: a JSON object a line, as in events.jsonl. none: "
                + "errors, and where the result is.",
            valueName: "auto|live|plain|json|none"))
    var progress: ProgressMode?
}

extension ProgressMode: ExpressibleByArgument {}
