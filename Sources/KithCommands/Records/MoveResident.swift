import ArgumentParser
import KithModel
import KithSite

/// `kith resident move`: carries a resident's records over into another partnership.
struct MoveResident: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "move", abstract: "Moves one to another partnership, with who said what.",
        usage: "kith resident move RECORD --to PARTNERSHIP [--reason TEXT] [options]",
        discussion: """
            What stands in the records is written in the other partnership as its authors wrote it, \
            marked as carried over; what nobody has decided yet stays undecided. The record in the \
            old partnership is archived. Moving back undoes it.
            """)

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions
    @OptionGroup var writer: AuthorOptions

    @Argument(help: "Its id, the beginning of its id, or its title.")
    var record: String

    @Option(
        name: .customLong("to"),
        help: ArgumentHelp("The partnership to move to: its name or id.", valueName: "p"))
    var partnership: String

    @Option(help: ArgumentHelp("Why, for people.", valueName: "text"))
    var reason: String?

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        let report = try await site.moveResident(
            ResidentMove(resident: record, partnership: partnership, reason: reason),
            by: try writer.author(in: context))
        if output.isJSON {
            try context.printJSON(report)
        } else if report.isUnchanged {
            context.print("\(report.title) is in \(report.to) already; nothing was written.")
        } else {
            let count = report.records.values.reduce(0, +)
            context.print(
                "Moved \(report.title) to \(report.to), as \(report.resident.short): "
                    + "\(Amount.count(report.values, "value", "values")) of "
                    + "\(Amount.count(count, "record", "records")) carried over.")
            context.print("The record in \(report.from) is archived.")
        }
        return .done
    }
}
