import ArgumentParser
import KithSite

/// `kith audit review`: says what was found about a break-glass act of somebody else.
struct ReviewBreakGlass: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "review", abstract: "Says what was found about a break-glass act.",
        usage: "kith audit review NUMBER --finding TEXT [--json]",
        discussion: """
            Ask whoever broke the glass first. A review is an item of the audit too, and stays; \
            nobody reviews what they did themselves.
            """)

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions

    @Argument(help: "The number of the act, from 'kith audit list --break-glass'.")
    var number: Int64

    @Option(help: ArgumentHelp("What was found.", valueName: "text"))
    var finding: String

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        let item = try await site.reviewBreakGlass(
            BreakGlassReview(
                act: number, finding: try PlainWords.checked(finding, for: "--finding")))
        if output.isJSON {
            try context.printJSON(item)
        } else {
            context.print("Item \(number) of the audit is reviewed (item \(item.number)).")
        }
        return .done
    }
}
