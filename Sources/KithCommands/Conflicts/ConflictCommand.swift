import ArgumentParser
import KithModel
import KithSite

/// `kith conflict`: fields of which several values stand.
struct ConflictCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conflict", abstract: "Values that nobody has decided between yet.",
        subcommands: [ListConflicts.self, ShowConflict.self, ResolveConflict.self])
}

/// `kith conflict list`.
struct ListConflicts: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists the open conflicts, safety-critical ones first.",
        usage: "kith conflict list [--severity S] [--under RECORD] [options]")

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions

    @Option(help: ArgumentHelp("safety-critical or routine.", valueName: "severity"))
    var severity: SeverityChoice?

    @Option(help: ArgumentHelp("Only in this partnership.", valueName: "p"))
    var partnership: String?

    @Option(
        name: [.customLong("under"), .customLong("for"), .customLong("resident")],
        help: ArgumentHelp("Only about this resident or record.", valueName: "record"))
    var under: String?

    @Flag(help: "Exit status 3 when there is any.")
    var failIfAny = false

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        let root = try await RecordReference.id(under, on: site)
        let conflicts = try await site.conflicts(
            ConflictQuery(severity: severity?.policy, partnership: partnership, under: root))
        if output.isJSON {
            try context.printJSON(["conflicts": conflicts])
        } else if conflicts.isEmpty {
            context.print("No conflicts are open.")
        } else {
            context.print(ConflictPage(context).list(conflicts))
        }
        return failIfAny && !conflicts.isEmpty ? .needsPerson : .done
    }
}

/// `kith conflict show`.
struct ShowConflict: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Shows every value of a conflict, and how to decide it.",
        usage: "kith conflict show ID [--json]")

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions

    @Argument(help: "The conflict's id, from 'kith conflict list'.")
    var id: String

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        let conflict = try await site.conflict(id)
        if output.isJSON {
            try context.printJSON(conflict)
        } else {
            let page = ConflictPage(context)
            context.print(page.lines(conflict) + page.commands(conflict))
        }
        return .done
    }
}
