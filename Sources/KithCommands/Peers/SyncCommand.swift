import ArgumentParser
import KithSite

/// `kith sync`: one session with each peer, now.
struct SyncCommand: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync", abstract: "Syncs now with the named peers, or with all.",
        usage: "kith sync [PEER…] [--json]",
        discussion: "Exit status 1 when a session failed.")

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions

    @Argument(help: ArgumentHelp("Names or ids of peers.", valueName: "peer"))
    var peers: [String] = []

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        let progress = ProgressLine(context.console)
        defer { progress.finish() }
        let reports = try await site.sync(peers) { progress.show($0) }
        progress.finish()
        if output.isJSON {
            try context.printJSON(["sessions": reports])
        } else if reports.isEmpty {
            context.print(
                "No peer has an address; 'kith peer add SITE --address HOST:PORT' gives one.")
        } else {
            context.print(SyncPage(context).lines(reports))
        }
        return SyncPage(context).tellProblems(reports) ? .done : .failed
    }
}
