import ArgumentParser
import KithModel
import KithSite

/// `kith partnership invite`: makes a one-time code.
struct InviteToPartnership: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "invite", abstract: "Makes a one-time code with which a partner joins.",
        usage: """
            kith partnership invite PARTNERSHIP [--role R] [--compartments C,C] \\
                [--address HOST:PORT]… [--through RELAY] [--may-attest] \\
                [--until DATE] [--expires-hours N] [--qr | --no-qr] [--json]
            """,
        discussion: """
            Hand the code over in person, by phone or on paper: whoever has it can join until it \
            ends. The joiner reaches this site at the address while 'kithd' runs. With --through, a \
            joiner that does not reach this site leaves its request, sealed, at a member that is a \
            relay; this site takes it in when it next syncs with the relay.
            """)

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions

    @Argument(help: "The partnership's name or the beginning of its id.")
    var partnership: String

    @Option(
        help: ArgumentHelp(
            "steward, contributor, reviewer or relay (else steward for the first partner, then "
                + "contributor).", valueName: "role"))
    var role: RoleChoice?

    @Option(
        help: ArgumentHelp(
            "Some of relations,personal,clinical,restricted (else all that this site holds).",
            valueName: "list"))
    var compartments: String?

    @Option(
        name: .customLong("address"),
        help: ArgumentHelp(
            "Where the joiner reaches this site (else where 'kithd' listens).",
            valueName: "host:port"))
    var addresses: [String] = []

    @Option(
        help: ArgumentHelp(
            "A relay of the partnership, where the joiner may leave its request.",
            valueName: "relay"))
    var through: String?

    @Flag(help: "Let the joiner sign clinical decisions.")
    var mayAttest = false

    @Option(
        help: ArgumentHelp(
            "The last day of the agreement; sharing with the joiner ends with it (else never).",
            valueName: "date"))
    var until: String?

    @Option(help: ArgumentHelp("How long the code is good for, in hours.", valueName: "n"))
    var expiresHours = 168

    @Flag(
        inversion: .prefixedNo,
        help: "Print the code as a QR code too (else on a terminal only).")
    var qr: Bool?

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        guard (1...8760).contains(expiresHours) else {
            throw UsageProblem("--expires-hours takes 1 to 8760 (a year)")
        }
        let draft = InvitationDraft(
            partnership: partnership, role: role?.rawValue,
            compartments: try compartments.map { try CompartmentList.parse($0) },
            mayAttest: mayAttest,
            sharingEnds: try until.map { try AgreedDate.parse($0, in: context.console.zone) },
            addresses: try addresses.map { try Address.checked($0) }, relay: through,
            hours: expiresHours)
        let invitation = try await site.invite(draft)
        if output.isJSON {
            try context.printJSON(invitation)
            return .done
        }
        let page = PartnershipPage(context)
        var lines: [Line] = [Line("Invitation to ") + Line(invitation.partnership, .bold), ""]
        // The code is typed by people: its groups are never torn apart.
        lines += page.code(invitation.code ?? "").map { Line("    " + $0, .bold) }
        lines.append("")
        if qr ?? context.console.isOutputTerminal { lines += page.qr(invitation.code ?? "") }
        lines += page.grants(
            role: invitation.role, compartments: invitation.compartments,
            mayAttest: invitation.mayAttest,
            sharingEnds: invitation.sharingEnds, expires: invitation.expires)
        if !invitation.addresses.isEmpty {
            lines += page.labelled("Reached at", invitation.addresses.joined(separator: ", "))
        }
        if let relay = invitation.relay { lines += page.through(relay, invitation) }
        lines += ["", "The partner runs: kith partnership join CODE"]
        context.print(lines)
        return .done
    }
}
