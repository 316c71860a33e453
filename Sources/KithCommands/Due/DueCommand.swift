import ArgumentParser
import KithSite

/// `kith due`: what is late, and what will be.
struct DueCommand: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "due", abstract: "Lists what is or will be due, late things first.",
        usage: "kith due [--within DAYS] [--resident RESIDENT] [--json]",
        discussion: """
            Reviews, follow-ups, tasks, ends of stays and agreements, by the days that records name \
            ('kith vocabulary KIND' says which); the assessment and the agreed plan within seven \
            working days of coming to the home or back from hospital; contacts that nobody has \
            spoken to for 90 days. Where people say different days, the earliest counts. What is \
            archived, closed or done is not listed, nor what is part of it.

            JSON: {"due": [{"record", "short", "kind", "title", "field", "what", "date", \
            "overdueDays", "isContested", "dates", "resident", "residentTitle", "who", \
            "partnership", "remark"}]}.
            """)

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions

    @Option(help: ArgumentHelp("What is due in so many days too (0 to 3660).", valueName: "days"))
    var within = 14

    @Option(
        name: [.customLong("resident"), .customLong("for")],
        help: ArgumentHelp("Only what concerns this resident.", valueName: "resident"))
    var resident: String?

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        let items = try await site.due(DueQuery(within: within, resident: resident))
        if output.isJSON {
            try context.printJSON(["due": items])
        } else {
            context.print(DuePage(context).lines(items, within: within))
        }
        return .done
    }
}
