import ArgumentParser
import KithSite

/// Who writes, for whom, why and about when: the options of every command that writes records.
struct ActOptions: ParsableArguments {
    @OptionGroup var writer: AuthorOptions
    @OptionGroup var performer: PerformerOptions

    @Option(help: ArgumentHelp("Why, for people.", valueName: "text"))
    var reason: String?

    @Option(
        help: ArgumentHelp(
            "When it happened, if not now: a date, or a day and time.", valueName: "when"))
    var event: String?
}

/// The version of the view that an edit is based on.
struct SeenOption: ParsableArguments {
    @Option(
        name: .customLong("seen"),
        help: ArgumentHelp(
            "The version that you read, from 'show --json'; what came later stays.",
            valueName: "version"))
    var version: Int64?
}
