import ArgumentParser
import KithModel
import KithSite

/// `kith erase`: erases what was said in a record, here and at every partner.
struct EraseCommand: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "erase",
        abstract: "Erases what was said in a record, at every site, for good.",
        usage: """
            kith erase RECORD --reason TEXT [--version N] [--yes] [--json]
                   kith erase --list [--json]
            """,
        discussion: """
            For the end of retention or a court's order; what is wrong is corrected with 'edit'. \
            Everything in the record and in the records under it goes, or with --version only what \
            was said at once in that version ('kith record history' shows them). That it was \
            said, by whom and when, stays. Partners erase when they next sync; --list shows who has.
            """)

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions
    @OptionGroup var writer: AuthorOptions

    @Argument(help: "The record's id or a title that only it has.")
    var record: String?

    @Option(help: ArgumentHelp("Why.", valueName: "text"))
    var reason: String?

    @Option(help: ArgumentHelp("Only what was said in this version.", valueName: "n"))
    var version: Int64?

    @Flag(name: .customLong("list"), help: "List what was erased, and who has complied.")
    var isList = false

    @Flag(name: .customLong("yes"), help: "Erase without asking.")
    var isYes = false

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        if isList {
            guard record == nil, reason == nil, version == nil else {
                throw UsageProblem("--list takes no record, reason or version")
            }
            let erasures = try await site.erasures()
            if output.isJSON {
                try context.printJSON(["erasures": erasures])
            } else {
                context.print(ErasurePage(context).lines(erasures))
            }
            return .done
        }
        guard let record else { throw UsageProblem("say which record to erase") }
        guard let reason else { throw UsageProblem("an erasure needs a reason: add --reason TEXT") }
        let author = try writer.author(in: context)
        var draft = ErasureDraft(
            record: record, version: version, reason: reason, isPreview: true)
        let preview = try await site.erase(draft, by: author)
        let question =
            "Erase for good \(ErasurePage.what(preview)) of \(ShownText(line: preview.title).text), "
            + "at every site of \(ShownText(line: preview.partnership).text)?"
        guard try context.isAgreed(question, isYes: isYes) else { return .failed }
        draft.isPreview = false
        let report = try await site.erase(draft, by: author)
        if output.isJSON {
            try context.printJSON(report)
        } else {
            context.print(
                "Erased \(ErasurePage.what(report)). Partners erase when they next sync: "
                    + "see 'kith erase --list'.")
        }
        return .done
    }
}
