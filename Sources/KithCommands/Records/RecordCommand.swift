import ArgumentParser
import KithModel
import KithSite

/// `kith record`: any record of the vocabulary, by id.
struct RecordCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record", abstract: "Any record by its id: read, write, and its history.",
        subcommands: [GetRecord.self, SetRecord.self, ShowHistory.self])
}

/// `kith record get`.
struct GetRecord: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Shows a record of any kind with everything said in it.",
        usage: "kith record get ID [--json]")

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions

    @Argument(help: "The record's id or the beginning of it.")
    var id: String

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        let view = try await site.record(id, kind: nil)
        if output.isJSON {
            try context.printJSON(view)
        } else {
            context.print(RecordPage(context).lines(view))
        }
        return .done
    }
}

/// `kith record set`.
struct SetRecord: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Changes fields of a record of any kind.",
        usage: "kith record set ID FIELD=VALUE… [--seen VERSION] [options]")

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions
    @OptionGroup var act: ActOptions
    @OptionGroup var seen: SeenOption

    @Argument(help: "The record's id or the beginning of it.")
    var id: String

    @Argument(help: ArgumentHelp("FIELD=VALUE or FIELD.PART=VALUE.", valueName: "field=value"))
    var values: [String] = []

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        try await RecordChange(act: act, context: context).edit(
            id, kind: nil, values: values, seen: seen.version, asJSON: output.isJSON, on: site)
    }
}

/// `kith record history`.
struct ShowHistory: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Tells everything that was ever said in a record.",
        usage: "kith record history ID [--json]")

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions

    @Argument(help: "The record's id or the beginning of it.")
    var id: String

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        let items = try await site.history(id)
        if output.isJSON {
            try context.printJSON(["history": items])
        } else if items.isEmpty {
            context.print("Nothing was ever said in it.")
        } else {
            context.print(HistoryPage(context).lines(items))
        }
        return .done
    }
}
