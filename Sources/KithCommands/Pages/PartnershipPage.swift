import KithModel
import KithSite

/// Partnerships, members and invitations as people read them.
struct PartnershipPage {
    private let context: CommandContext

    init(_ context: CommandContext) {
        self.context = context
    }

    /// A row for each partnership.
    func table(_ partnerships: [PartnershipView]) -> Table {
        var table = Table([
            .init("ID", fixed: true), .init("Name"), .init("Members", number: true),
            .init("Residents", number: true), .init("Holds"),
        ])
        for partnership in partnerships {
            table.add([
                partnership.id.short,
                partnership.name, String(partnership.members.count), Self.residents(partnership),
                Self.held(partnership),
            ])
        }
        return table
    }

    /// One partnership.
    func lines(_ partnership: PartnershipView) -> [Line] {
        var lines: [Line] = [Line(DisplayWidth.cut(partnership.name, to: context.width), .bold)]
        lines += labelled("Id", partnership.id.description)
        lines += labelled("Purpose", partnership.purpose)
        if let removal = partnership.ownRemoval {
            lines += labelled(
                removal.hasLeft ? "Left" : "Removed",
                (removal.hasLeft ? "" : "by \(removal.removedBy), ")
                    + "\(context.time(removal.removed)): no longer updated")
        }
        if partnership.isPrivate { lines += labelled("Private", "this site is its only member") }
        if partnership.isRelayed {
            lines += labelled(
                "This site relays",
                "\(Self.words(partnership.compartments)), and reads none of it")
        } else {
            lines += labelled("This site holds", Self.words(partnership.compartments))
            lines += labelled("Residents", String(partnership.residents))
        }
        lines += labelled(
            "Log here",
            Amount.bytes(partnership.logBytes)
                + (partnership.quotaBytes.map { " of at most \(Amount.bytes($0))" } ?? ""))
        let isEnding = partnership.members.contains { $0.sharingEnds != nil }
        var members = Table(
            [
                .init("Member"), .init("Site", fixed: true), .init("Role"), .init("Attests"),
                .init("Holds"),
            ] + (isEnding ? [.init("Shared until", fixed: true)] : []))
        for member in partnership.members {
            members.add(
                [
                    member.name + (member.isSelf ? " (this site)" : ""), member.site.short,
                    member.role, member.mayAttest ? "yes" : "no",
                    Self.words(member.compartments),
                ] + (isEnding ? [context.time(member.sharingEnds, orElse: "")] : []))
        }
        lines += [""] + members.lines(width: context.width)
        let gone = partnership.formerMembers.filter { !$0.isSelf }
        if !gone.isEmpty {
            lines.append("")
            for former in gone {
                let how = former.hasLeft ? "left" : "removed by \(former.removedBy)"
                lines += labelled(
                    "Former member", "\(former.name), \(how), \(context.time(former.removed))")
            }
        }
        return lines + letterboxes(partnership) + invitations(partnership)
    }

    /// What this site keeps as a relay, for each inviter.
    private func letterboxes(_ partnership: PartnershipView) -> [Line] {
        guard !partnership.letterboxes.isEmpty else { return [] }
        var table = Table([
            .init("Letterbox of"), .init("Join requests", number: true),
            .init("Size", number: true), .init("Until", fixed: true),
        ])
        for box in partnership.letterboxes {
            table.add([
                box.keeper, String(box.requests), Amount.bytes(box.bytes),
                context.time(box.expires),
            ])
        }
        return [""] + table.lines(width: context.width)
    }

    private func invitations(_ partnership: PartnershipView) -> [Line] {
        guard !partnership.invitations.isEmpty else { return [] }
        let isThrough = partnership.invitations.contains { $0.relay != nil }
        var invitations = Table(
            [
                .init("Invitation", fixed: true), .init("Role"), .init("Holds"),
                .init("Until", fixed: true),
            ]
                + (isThrough ? [.init("Through")] : []))
        for invitation in partnership.invitations {
            invitations.add(
                [
                    invitation.id, invitation.role, Self.words(invitation.compartments),
                    context.time(invitation.expires),
                ] + (isThrough ? [invitation.relay ?? ""] : []))
        }
        let untold = partnership.invitations.filter { $0.relay != nil && !$0.isAtRelay }
        return [""] + invitations.lines(width: context.width)
            + untold.flatMap {
                labelled("! \($0.id)", "its relay does not know of it: 'kith sync'")
            }
    }

    /// What a joiner is told before saying yes.
    func lines(_ preview: InvitationPreview) -> [Line] {
        var lines = labelled("Invited by", preview.inviterName)
        lines += labelled("Site id", preview.inviter.description)
        lines += labelled("To", preview.partnership)
        lines += labelled("For", preview.purpose)
        lines += grants(
            role: preview.role, compartments: preview.compartments,
            mayAttest: preview.mayAttest, sharingEnds: preview.sharingEnds, expires: preview.expires
        )
        if let relay = preview.relay {
            lines += labelled(
                "Through",
                "\(relay), where the join request waits, sealed: \(preview.inviterName) is not reached from here"
            )
        }
        return lines + agreement
    }

    /// A join request that waits.
    func lines(_ waiting: WaitingJoinView) -> [Line] {
        var lines: [Line] = [
            Line("Join request to ")
                + Line(DisplayWidth.cut(waiting.name, to: context.width - 16), .bold)
        ]
        lines += labelled("Invitation", waiting.id)
        lines += labelled("Invited by", waiting.inviterName)
        lines += labelled("Waits at", "\(waiting.relay), since \(context.time(waiting.left))")
        lines += grants(
            role: waiting.role, compartments: waiting.compartments,
            mayAttest: waiting.mayAttest, sharingEnds: waiting.sharingEnds,
            expires: waiting.expires)
        return lines
            + labelled(
                "Next",
                waiting.problem
                    ?? "it is picked up when \(waiting.inviterName) next syncs with \(waiting.relay); this site then joins at its next sync, by itself at night"
            )
    }

    /// The relay that an invitation names.
    func through(_ relay: String, _ invitation: InvitationView) -> [Line] {
        labelled(
            "Through",
            invitation.isAtRelay
                ? "\(relay), which knows of it"
                : "\(relay), which was not reached; run 'kith sync' before the code is used there")
    }

    /// What somebody is told before accepting an offer.
    func lines(_ offer: OfferView) -> [Line] {
        labelled("Offered by", offer.siteName)
            + labelled("Site id", offer.site.description)
            + labelled("To", offer.name)
            + labelled("For", offer.purpose)
            + grants(
                role: offer.role, compartments: offer.compartments, mayAttest: offer.mayAttest,
                sharingEnds: offer.sharingEnds)
            + agreement
    }

    private var agreement: [Line] {
        labelled(
            "Agreement",
            "what this site writes in these compartments goes to every member who holds them, "
                + "and what they write comes here")
    }

    /// A row for each offer.
    func table(_ offers: [OfferView]) -> Table {
        var table = Table([
            .init("ID", fixed: true), .init("Name"), .init("Offered by"), .init("Role"),
            .init("Holds"),
        ])
        for offer in offers {
            table.add([
                offer.partnership.short, offer.name, offer.siteName, offer.role,
                Self.words(offer.compartments),
            ])
        }
        return table
    }

    /// What an invitation grants.
    func grants(
        role: String, compartments: [Compartment], mayAttest: Bool, sharingEnds: Instant?,
        expires: Instant? = nil
    ) -> [Line] {
        labelled("As", role + (mayAttest ? ", may sign clinical decisions" : ""))
            + labelled("With", Self.words(compartments))
            + (sharingEnds.map { labelled("Shared until", context.time($0)) } ?? [])
            + (expires.map { labelled("Code until", context.time($0)) } ?? [])
    }

    /// A label and a wrapped text beside it.
    func labelled(_ label: String, _ text: String) -> [Line] {
        Labelled(label, indent: 0, labelWidth: 16).lines(text, width: context.width)
    }

    /// A code broken between its groups.
    func code(_ code: String) -> [String] {
        var lines: [String] = []
        for group in TerminalText.line(code).split(separator: "-") {
            if let last = lines.last, last.count + 1 + group.count <= context.width - 8 {
                lines[lines.count - 1] += "-" + group
            } else {
                lines.append(String(group))
            }
        }
        // A hyphen at the end of a line says that the code goes on.
        return lines.enumerated().map { $0 < lines.count - 1 ? $1 + "-" : $1 }
    }

    /// A code for cameras. Without hyphens, which say nothing and make it larger.
    func qr(_ code: String) -> [Line] {
        guard let square = QRCode(code.filter { $0 != "-" }, columns: context.width) else {
            return ["(The code has too many addresses for a QR code of this width.)", ""]
        }
        return square.rows.map { Line($0, .ink) } + [""]
    }

    /// How many residents there are; at a relay nobody can say.
    static func residents(_ partnership: PartnershipView) -> String {
        partnership.isRelayed ? "-" : String(partnership.residents)
    }

    /// What this site holds; at a relay how much, as it can say no more of it; and where it is no
    /// member any more, that first.
    static func held(_ partnership: PartnershipView) -> String {
        if let removal = partnership.ownRemoval {
            return removal.hasLeft ? "left" : "removed"
        }
        return partnership.isRelayed
            ? "relays \(Amount.bytes(partnership.logBytes))" : words(partnership.compartments)
    }

    /// Partnerships that this site is no member of any more, in a line each: a table has no room for
    /// what that means.
    func ended(_ partnerships: [PartnershipView]) -> [Line] {
        partnerships.compactMap { partnership in
            partnership.ownRemoval.map { removal in
                let what = removal.hasLeft ? "left" : "removed"
                let text = "!  \(what), no longer updated: \(partnership.name)"
                return Line(DisplayWidth.cut(TerminalText.line(text), to: context.width))
            }
        }
    }

    /// Compartments in words.
    static func words(_ compartments: [Compartment]) -> String {
        let granted = compartments.filter { $0 != .membership }
        return granted.isEmpty ? "membership only" : granted.map(\.name).joined(separator: ", ")
    }
}
