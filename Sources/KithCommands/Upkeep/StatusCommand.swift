import ArgumentParser
import KithSite

/// `kith status`: how things stand, on one screen.
struct StatusCommand: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Shows on one screen how the site stands.")

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        let status = try await site.status()
        if output.isJSON {
            try context.printJSON(status)
        } else {
            context.print(StatusPage(context).lines(status))
        }
        return .done
    }
}
