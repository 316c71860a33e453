import ArgumentParser
import KithSite

/// `kith conflict resolve-all`: decides routine conflicts alike.
struct ResolveMany: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "resolve-all",
        abstract: "Decides many conflicts of routine fields alike; a dry run first.",
        usage: """
            kith conflict resolve-all --field FIELD --prefer-site SITE --reason TEXT \\
                [--older-than AGE] [--under RECORD] [--at-most N] [--yes --seen VERSION]
            """,
        discussion: """
            Without --yes it only says what would come of it. Wherever SITE said one thing, that \
            stands; where it said nothing or several things, the conflict stays open. If one of \
            those that match is safety-critical, nothing at all is decided.
            """)

    /// Rows of the dry run that are shown.
    private static let rows = 20

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions
    @OptionGroup var writer: AuthorOptions
    @OptionGroup var seen: SeenOption

    @Option(
        name: .customLong("field"),
        help: ArgumentHelp(
            "Conflicts of this field: FIELD or KIND.FIELD (may be repeated).", valueName: "field"))
    var fields: [String] = []

    @Option(help: ArgumentHelp("The member whose value is to stand.", valueName: "site"))
    var preferSite: String

    @Option(help: ArgumentHelp("Only what is open for longer: 12h, 7d, 4w.", valueName: "age"))
    var olderThan: String?

    @Option(help: ArgumentHelp("Only in this partnership.", valueName: "p"))
    var partnership: String?

    @Option(help: ArgumentHelp("Only about this resident or record.", valueName: "record"))
    var under: String?

    @Option(help: ArgumentHelp("The most to decide at once; 1000 unless said.", valueName: "n"))
    var atMost = 1000

    @Option(help: ArgumentHelp("Why; others read it.", valueName: "text"))
    var reason: String

    @Flag(name: .customLong("yes"), help: "Save it; with --seen from the dry run.")
    var isSure = false

    var typed: TypedText? {
        guard isSure else { return nil }
        var lines: [String?] = fields.map { "field: \($0)" }
        lines += [
            "prefer-site: \(preferSite)", olderThan.map { "older-than: \($0)" },
            partnership.map { "partnership: \($0)" }, under.map { "under: \($0)" },
            seen.version.map { "seen: \($0)" }, "reason: \(reason)",
        ]
        return TypedText(name: "resolve-all", lines: lines)
    }

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        guard !fields.isEmpty else {
            throw UsageProblem("say which fields with --field; never all at once")
        }
        guard (1...1_000_000).contains(atMost) else {
            throw UsageProblem("--at-most takes a number from 1 to 1,000,000")
        }
        guard !isSure || seen.version != nil else {
            throw UsageProblem(
                "run it without --yes first, and pass the version that it prints with --seen")
        }
        let author = try writer.author(in: context)
        let since = try olderThan.map { try Age.before($0, in: context) }
        let reason = try PlainReason.checked(reason)
        let report = try await KeptText.guarding(typed, in: context) {
            try await site.resolveMany(
                BulkResolution(
                    fields: fields, preferredSite: preferSite, openedBefore: since,
                    partnership: partnership, under: try await RecordReference.id(under, on: site),
                    seen: isSure ? seen.version : nil, limit: atMost, reason: reason,
                    isPreview: !isSure), by: author)
        }
        if output.isJSON {
            try context.printJSON(report)
        } else {
            context.print(lines(report, in: context))
        }
        return report.skipped.isEmpty ? .done : .needsPerson
    }

    private func lines(_ report: BulkReport, in context: CommandContext) -> [Line] {
        let count = Amount.count(report.items.count, "conflict", "conflicts")
        var lines: [Line] = []
        if report.isWritten {
            lines.append(Line("\(count) decided.", .bold))
        } else {
            var table = Table([
                .init("Conflict", fixed: true), .init("About"), .init("Would stand"),
                .init("Instead of"),
            ])
            for item in report.items.prefix(Self.rows) {
                table.add([
                    item.conflict, item.about, item.stands, item.replaces.joined(separator: " / "),
                ])
            }
            lines += table.lines(width: context.width)
            if report.items.count > Self.rows {
                lines.append("… and \(report.items.count - Self.rows) more (--json lists all)")
            }
            lines.append(Line("\(count) would be decided; nothing was changed.", .bold))
        }
        if !report.skipped.isEmpty {
            lines += Wrapping.lines(
                "\(Amount.count(report.skipped.count, "conflict stays", "conflicts stay")) open: the "
                    + "site said nothing there, or several things.", width: context.width
            ).map { Line($0) }
        }
        if !report.isWritten {
            lines.append("To save it, run the same with: --yes --seen \(report.version)")
        }
        return lines
    }
}
