import KithModel
import KithSite

/// One screen of how a site stands: at most 24 lines, what needs a person first.
struct StatusPage {
    /// Rows of a list before it says how many more there are.
    private static let rows = 4
    /// A certificate is renewed long before this; then nobody renewed it.
    private static let certificateWarning: Int64 = 14 * 86_400_000
    /// Room that a database should have to grow in.
    private static let diskWarning: Int64 = 500_000_000

    private let context: CommandContext

    init(_ context: CommandContext) {
        self.context = context
    }

    /// The screen.
    func lines(_ status: StatusView) -> [Line] {
        var lines: [Line] = []
        let site = status.site
        let daemon = status.daemonRunning ? "kithd runs" : "kithd is not running"
        let name = DisplayWidth.cut(TerminalText.line(site.name), to: context.width - 40)
        lines.append(
            Line(name, .bold) + Line("  site \(site.site.short)  \(daemon)  kith \(site.version)"))
        lines += conflicts(status)
        lines += waiting(status)
        lines.append(Line("Partnerships", .bold))
        lines += partnerships(status.partnerships)
        lines.append(Line("Peers", .bold))
        lines += peers(status.peers)
        lines += machine(status)
        return lines.map { line in
            // A screen of fixed height has no room for lines that wrap.
            line.width <= context.width
                ? line : Line(DisplayWidth.cut(line.text, to: context.width))
        }
    }

    private func conflicts(_ status: StatusView) -> [Line] {
        var lines: [Line] = []
        if status.safetyCriticalConflicts > 0 {
            let since = status.oldestConflict.map { ", the oldest since \(context.time($0))" } ?? ""
            let count = Amount.count(
                status.safetyCriticalConflicts, "SAFETY-CRITICAL CONFLICT",
                "SAFETY-CRITICAL CONFLICTS")
            lines.append(Line("!! \(count)\(since)", .alarm))
            lines.append(
                "   a person has to decide: 'kith conflict list --severity safety-critical'")
        }
        if status.routineConflicts > 0 {
            let count = Amount.count(
                status.routineConflicts, "routine conflict", "routine conflicts")
            let since =
                status.oldestRoutineConflict.map { ", oldest \(context.time($0))" } ?? ""
            lines.append("!  \(count)\(since): 'kith conflict list'")
        }
        let work = [
            (status.overdueConflicts, "overdue"), (status.unownedConflicts, "without an owner"),
        ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        if !work.isEmpty { lines.append(Line("   \(work.joined(separator: ", "))")) }
        if lines.isEmpty { lines.append("No conflicts are open.") }
        return lines
    }

    private func waiting(_ status: StatusView) -> [Line] {
        var lines: [Line] = []
        if status.partsWaiting > 0 {
            let count = Amount.count(status.partsWaiting, "part", "parts")
            lines.append("!  \(count) of entries cannot be read yet (a key or an entry is awaited)")
        }
        if status.entriesSetAside > 0 {
            let count = Amount.count(status.entriesSetAside, "entry is", "entries are")
            lines.append("!  \(count) kept but not applied: 'kith doctor' says why")
        }
        if status.offers > 0 {
            let count = Amount.count(status.offers, "partnership is", "partnerships are")
            lines.append("!  \(count) offered to this site: 'kith partnership offers'")
        }
        if status.unreviewedBreakGlass > 0 {
            let count = Amount.count(
                status.unreviewedBreakGlass, "break-glass act", "break-glass acts")
            lines.append("!  \(count) not reviewed: 'kith audit list --break-glass'")
        }
        return lines + overdue(status) + joins(status) + endings(status)
    }

    /// Join requests, at whichever of the three sites this is.
    private func joins(_ status: StatusView) -> [Line] {
        var lines: [Line] = []
        if let join = status.waitingJoins.first {
            let more =
                status.waitingJoins.count > 1 ? " (and \(status.waitingJoins.count - 1) more)" : ""
            let what = join.problem ?? "waits at \(join.relay) for \(join.inviterName)"
            lines.append(Line("!  join request \(join.id) to \(join.name)\(more): \(what)"))
        }
        let untold = status.partnerships.flatMap(\.invitations).filter {
            $0.relay != nil && !$0.isAtRelay
        }
        if let invitation = untold.first {
            lines.append(
                Line("!  \(invitation.relay ?? "") does not know of an invitation yet: 'kith sync'")
            )
        }
        let boxes = status.partnerships.flatMap(\.letterboxes)
        if !boxes.isEmpty {
            let requests = Amount.count(
                boxes.reduce(0) { $0 + $1.requests }, "join request waits", "join requests wait")
            let size = Amount.bytes(boxes.reduce(0) { $0 + $1.bytes })
            lines.append(
                Line(
                    "   \(Amount.count(boxes.count, "letterbox", "letterboxes")): \(requests), \(size)"
                ))
        }
        return lines
    }

    /// Reviews and other things whose day has passed.
    private func overdue(_ status: StatusView) -> [Line] {
        guard status.overdue > 0 else { return [] }
        let count = Amount.count(status.overdue, "thing is", "things are")
        let since = status.overdueSince.map { ", the oldest since \($0)" } ?? ""
        return [Line("!  \(count) overdue\(since): 'kith due'")]
    }

    /// Agreements that have ended or soon do, the first to end by name.
    private func endings(_ status: StatusView) -> [Line] {
        let now = context.console.now()
        let endings = status.partnerships.flatMap { partnership in
            partnership.endings(now: now).map { (partnership, $0.member, $0.ends) }
        }.sorted { $0.2 < $1.2 }
        guard let (partnership, member, ends) = endings.first else { return [] }
        let tense = ends <= now ? "has ended" : "ends"
        let who = member.isSelf ? partnership.name : "\(member.name) in \(partnership.name)"
        let more = endings.count > 1 ? " (and \(endings.count - 1) more: 'kith doctor')" : ""
        return [Line("!  sharing with \(who) \(tense), \(context.time(ends))\(more)")]
    }

    private func partnerships(_ partnerships: [PartnershipView]) -> [Line] {
        guard !partnerships.isEmpty else { return ["  none: 'kith partnership create' or 'join'"] }
        var table = Table([
            .init("Name"), .init("Members", number: true), .init("Residents", number: true),
            .init("Holds"),
        ])
        for partnership in partnerships.prefix(Self.rows) {
            table.add([
                partnership.name, String(partnership.members.count),
                PartnershipPage.residents(partnership), PartnershipPage.held(partnership),
            ])
        }
        return table.lines(width: context.width, indent: 2)
            + more(partnerships.count, see: "kith partnership list")
            + PartnershipPage(context).ended(partnerships)
    }

    private func peers(_ peers: [PeerView]) -> [Line] {
        guard !peers.isEmpty else { return ["  none"] }
        // Those with a problem first, then those that have been behind longest.
        let ordered = peers.enumerated().sorted {
            (
                $0.element.lastProblem == nil ? 1 : 0, $0.element.lastEqual?.milliseconds ?? 0,
                $0.offset
            )
                < (
                    $1.element.lastProblem == nil ? 1 : 0, $1.element.lastEqual?.milliseconds ?? 0,
                    $1.offset
                )
        }.map(\.element)
        var table = Table([
            .init("Name"), .init("Last equal", fixed: true), .init("To send", number: true),
            .init("Problem"),
        ])
        for peer in ordered.prefix(Self.rows) {
            table.add(
                [
                    peer.name, context.time(peer.lastEqual, orElse: "never"),
                    String(peer.entriesToSend),
                    peer.lastProblem.map { "! \($0)" }
                        ?? (peer.isCertificateExpired ? "its certificate has expired" : ""),
                ], peer.lastProblem == nil ? .plain : .alarm)
        }
        return table.lines(width: context.width, indent: 2)
            + ordered.prefix(Self.rows).flatMap(PeerPage(context).lag)
            + more(peers.count, see: "kith peer list")
    }

    private func machine(_ status: StatusView) -> [Line] {
        let isTight = status.diskFreeBytes < Self.diskWarning
        let now = context.console.now()
        let left = status.certificateEnds.milliseconds - now.milliseconds
        let isEnding = left < Self.certificateWarning
        return [
            Line("Log          ") + Line("\(Amount.count(status.entries, "entry", "entries"))"),
            Line("Disk         ")
                + Line(
                    "\(Amount.bytes(status.diskBytes)) used, "
                        + "\(Amount.bytes(status.diskFreeBytes)) free"
                        + (isTight ? "  ! make room soon" : ""), isTight ? .alarm : .plain),
            Line("Certificate  ")
                + Line(
                    "until \(context.time(status.certificateEnds))"
                        + (isEnding ? "  ! run kithd, which renews it" : ""),
                    isEnding ? .alarm : .plain),
        ] + trouble(status)
    }

    /// What a copied or restored database leaves behind; 'doctor' says what to do about it.
    private func trouble(_ status: StatusView) -> [Line] {
        var lines: [Line] = []
        if status.entriesDamaged > 0 {
            lines.append(
                Line(
                    "Damage       ! \(status.entriesDamaged) entries; 'kith sync' fetches them again",
                    .alarm))
        }
        if let rollback = status.rollback {
            lines.append(Line("Rollback     \(rollback.words)"))
            lines.append(
                Line(
                    "             since \(context.time(rollback.time)) in new feeds; nothing is lost"
                ))
        }
        if !status.forks.isEmpty {
            let names = Set(status.forks.map(\.name)).sorted().joined(separator: ", ")
            lines.append(
                Line(
                    DisplayWidth.cut(
                        TerminalText.line(
                            "Copies       ! two copies wrote: \(names); see 'kith doctor'"),
                        to: context.width), .alarm))
        }
        return lines
    }

    private func more(_ count: Int, see command: String) -> [Line] {
        count > Self.rows ? ["  … and \(count - Self.rows) more: '\(command)'"] : []
    }
}
