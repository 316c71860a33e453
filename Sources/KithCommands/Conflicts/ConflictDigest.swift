import ArgumentParser
import KithModel
import KithSite

/// `kith conflict digest`: what is overdue, new and open, for a mail or a printed page.
struct ConflictDigest: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "digest",
        abstract: "What is overdue, new and open, as plain text for a mail or a page.",
        usage: "kith conflict digest [--new-within AGE]",
        discussion: "Never coloured, at most 80 columns wide. Sorted by what should come first.")

    @OptionGroup var place: HomeOption

    @Option(help: ArgumentHelp("How far back 'new' goes: 24h unless said.", valueName: "age"))
    var newWithin = "24h"

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        let since = try Age.before(newWithin, in: context)
        let conflicts = try await site.conflicts(ConflictQuery())
        let profile = try await site.profile()
        let page = DigestPage(context: context, since: since)
        context.console.output(
            page.lines(conflicts, site: profile.name).map { $0.rendered(coloured: false) + "\n" }
                .joined())
        return .done
    }
}

/// The daily page.
struct DigestPage {
    let context: CommandContext
    let since: Instant

    /// The lines: a summary, then each conflict once, in the first section that it belongs to.
    func lines(_ conflicts: [ConflictView], site: String) -> [Line] {
        let now = context.console.now()
        let overdue = conflicts.filter { $0.isOverdue(on: context.day) }
        let rest = conflicts.filter { !$0.isOverdue(on: context.day) }
        let (new, old) = (rest.filter { $0.opened >= since }, rest.filter { $0.opened < since })
        let critical = conflicts.count { $0.severity == .safetyCritical }
        let free = conflicts.count(where: \.owners.isEmpty)
        var lines = wrapped("Undecided at \(site), \(context.time(now))")
        lines += wrapped(
            "\(conflicts.count) open, \(critical) of them safety-critical; \(overdue.count) "
                + "overdue; \(conflicts.count { $0.opened >= since }) new; \(free) without an owner."
        )
        for (title, some) in [("OVERDUE", overdue), ("NEW", new), ("OPEN", old)] where !some.isEmpty
        {
            lines += ["", Line("\(title) (\(some.count))")]
            lines += some.flatMap(entry)
        }
        if !conflicts.isEmpty {
            lines += ["", "To decide: kith conflict resolve. One alone: kith conflict show ID."]
        }
        return lines
    }

    private func entry(_ conflict: ConflictView) -> [Line] {
        let who = [conflict.resident, conflict.title].compactMap(\.self).filter { !$0.isEmpty }
        let about = who.first == who.last ? Array(who.prefix(1)) : who
        var words = [
            conflict.severity == .safetyCritical
                ? "SAFETY-CRITICAL: \(conflict.about)" : conflict.about,
            about.joined(separator: ", "), conflict.partnership,
            "open since \(context.time(conflict.opened))",
        ].filter { !$0.isEmpty }
        if conflict.isReopened { words.append("decided before") }
        words.append(
            conflict.owners.isEmpty
                ? "no owner" : "owner \(conflict.owners.joined(separator: " and "))")
        if let due = conflict.due { words.append("decide by \(due)") }
        return ["", Line("  \(conflict.id)")]
            + Wrapping.lines(words.joined(separator: "; "), width: context.width - 4).map {
                Line("    ") + Line($0)
            }
    }

    private func wrapped(_ text: String) -> [Line] {
        Wrapping.lines(text, width: context.width).map { Line($0) }
    }
}
