import ArgumentParser
import Foundation
import KithModel
import KithSite

/// `kith audit`: who did what here, and when.
struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Who looked at what and who changed what at this site.",
        subcommands: [ListAudit.self, ReviewBreakGlass.self])
}

/// `kith audit list`.
struct ListAudit: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists what was done, the newest first.",
        usage: """
            kith audit list [--since DATE] [--until DATE] [--user NAME] \\
                [--action ACTION] [--record ID] [--break-glass] [--limit N] \\
                [--csv | --json]
            """,
        discussion: """
            --record also finds what was done with records that belong to a resident. \
            --break-glass lists who took the right to read what their role does not include, why, \
            and what a review found. \
            'kith verify' checks that nothing was changed or taken out.
            """)

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions

    @Option(help: ArgumentHelp("From this day on, as 2026-11-24.", valueName: "date"))
    var since: String?

    @Option(help: ArgumentHelp("Before this day.", valueName: "date"))
    var until: String?

    @Option(help: ArgumentHelp("Part of a login or a name.", valueName: "name"))
    var user: String?

    @Option(help: ArgumentHelp("read, write, administer, exchange…", valueName: "action"))
    var action: String?

    @Option(help: ArgumentHelp("A record or a resident.", valueName: "id"))
    var record: String?

    @Flag(help: "Only who broke the glass, and what was found about it.")
    var breakGlass = false

    @Option(help: ArgumentHelp("At most so many (100).", valueName: "n"))
    var limit = 100

    @Flag(help: "Print comma-separated values.")
    var csv = false

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        guard !breakGlass || action == nil else {
            throw UsageProblem("--break-glass lists one kind of action; leave --action out")
        }
        guard !csv || !output.isJSON else { throw UsageProblem("give --csv or --json, not both") }
        let query = AuditQuery(
            since: try since.map { try day($0, for: "--since", in: context) },
            until: try until.map { try day($0, for: "--until", in: context) }, user: user,
            action: try action.map(checked), record: record, isBreakGlass: breakGlass,
            limit: limit)
        let items = try await site.audit(query)
        if output.isJSON {
            try context.printJSON(["audit": items])
        } else if breakGlass {
            let page = BreakGlassPage(context)
            if csv {
                context.printRaw(([BreakGlassPage.header] + items.map(page.cells)).map(CSV.line))
            } else {
                context.print(page.lines(items))
            }
        } else if csv {
            context.printRaw(([Self.header] + items.map(cells)).map(CSV.line))
        } else {
            var table = Table([
                .init("When", fixed: true), .init("Who"), .init("Did"), .init("What"),
            ])
            for item in items {
                table.add([
                    context.time(item.time), item.actor.name, item.action.rawValue, item.what,
                ])
            }
            context.print(
                items.isEmpty
                    ? ["Nothing was noted that matches."] : table.lines(width: context.width))
        }
        return .done
    }

    private static let header = [
        "number", "time", "login", "name", "role", "channel", "action", "what", "record",
        "resident",
    ]

    private func cells(_ item: AuditItem) -> [String] {
        [
            String(item.number), item.time.rfc3339, item.actor.user, item.actor.name,
            item.actor.role, item.channel.rawValue, item.action.rawValue, item.what,
            item.record?.description ?? "", item.resident?.description ?? "",
        ]
    }

    private func checked(_ word: String) throws -> AuditItem.Action {
        guard let action = AuditItem.Action(rawValue: word) else {
            let words = AuditItem.Action.allCases.map(\.rawValue)
            throw UsageProblem("--action is one of: \(words.joined(separator: ", "))")
        }
        return action
    }

    /// The beginning of a day where the reader is.
    private func day(
        _ text: String, for option: String, in context: CommandContext
    ) throws -> Instant {
        guard let date = PartialDate(text), let month = date.month, let day = date.day else {
            throw UsageProblem("\(option) is a day, for example 2026-11-24")
        }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = context.console.zone
        let parts = DateComponents(year: date.year, month: month, day: day)
        guard let start = calendar.date(from: parts) else {
            throw UsageProblem("\(option) is a day, for example 2026-11-24")
        }
        return Instant(start)
    }
}

/// Comma-separated values (RFC 4180, lines ended by LF), safe to open in a spreadsheet.
enum CSV {
    static func line(_ cells: [String]) -> String {
        cells.map(cell).joined(separator: ",")
    }

    static func cell(_ text: String) -> String {
        // A spreadsheet takes these for the beginning of a formula.
        let safe = text.first.map { "=+-@\t\r".contains($0) } ?? false ? "'" + text : text
        guard safe.contains(where: { ",\"\r\n".contains($0) }) else { return safe }
        return "\"" + safe.replacingOccurrences(of: "\"", with: "\"\"") + "\""
    }
}
