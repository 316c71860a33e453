import ArgumentParser
import KithSite

/// `kith rebuild`: replays the log into fresh state.
struct RebuildCommand: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "rebuild", abstract: "Makes all state afresh from the log, and compares.",
        discussion: "Exit status 3 when the fresh state differed from the old one.")

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions

    @Flag(name: .customLong("check"), help: "Only compare; the old state stays.")
    var isCheckOnly = false

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        let report = try await site.rebuild(checkOnly: isCheckOnly)
        if output.isJSON {
            try context.printJSON(report)
            return report.isEqual ? .done : .needsPerson
        }
        context.print(
            "Replayed \(Amount.count(report.entries, "entry", "entries")): the fresh state "
                + (report.isEqual ? "equals the old one." : "DIFFERS from the old one."))
        context.print(
            report.differences.flatMap {
                Labelled("-", indent: 3, labelWidth: 2).lines($0, width: context.width)
            })
        if report.isReplaced { context.print("The fresh state is in place.") }
        if !report.isEqual, !report.isReplaced {
            context.print("Run 'kith rebuild' without --check to put the fresh state in place.")
        }
        return report.isEqual ? .done : .needsPerson
    }
}
