import ArgumentParser
import KithModel
import KithSite

/// `kith retention`: what has been kept long enough.
struct RetentionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retention",
        abstract: "How long records are kept, and whose are due. Nothing is erased by it.",
        subcommands: [ListRetention.self, SetRetention.self])
}

/// `kith retention list`.
struct ListRetention: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Residents whose records have been kept long enough.",
        usage: "kith retention list [--json]",
        discussion: """
            Care ended with the date of death, or with the last stay when every stay has an end. \
            Where people say different dates, the latest counts.
            """)

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        let items = try await site.retention()
        if output.isJSON {
            try context.printJSON(["retention": items])
            return .done
        }
        guard !items.isEmpty else {
            context.print("No resident's records are due.")
            return .done
        }
        var table = Table([
            .init("ID", fixed: true), .init("Resident"), .init("Partnership"),
            .init("Care ended", fixed: true), .init("Due since", fixed: true),
        ])
        for item in items {
            table.add([
                item.short, item.title, item.partnership, item.ended.description,
                item.due.description,
            ])
        }
        context.print(table.lines(width: context.width))
        context.print(
            "Next: look at each, then 'kith erase ID --reason TEXT' where nothing holds it.")
        return .done
    }
}

/// `kith retention set`.
struct SetRetention: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Sets for how many years a partnership's records are kept.",
        usage: "kith retention set PARTNERSHIP YEARS [--json]")

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions

    @Argument(help: "The partnership's name or the beginning of its id.")
    var partnership: String

    @Argument(help: "Years after the end of care, 1 to 100.")
    var years: Int

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        let changed = try await site.setRetention(
            RetentionChange(partnership: partnership, years: years))
        if output.isJSON {
            try context.printJSON(changed)
        } else {
            context.print(
                "Records of \(changed.name) are kept for "
                    + "\(Amount.count(changed.retentionYears, "year", "years")) after the end of care."
            )
        }
        return .done
    }
}
