import ArgumentParser
import KithModel
import KithSite

/// `kith partnership`: who shares what with whom.
struct PartnershipCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "partnership", abstract: "Partnerships, their members, and invitations.",
        subcommands: [
            CreatePartnership.self, ListPartnerships.self, ShowPartnership.self,
            InviteToPartnership.self, JoinPartnership.self, WithdrawJoinRequest.self,
            RevokeInvitation.self,
            AdmitMember.self, ListOffers.self, AcceptOffer.self,
            ChangeMember.self, RemoveMember.self, LeavePartnership.self, ElectSteward.self,
            QuotaCommand.self,
        ])
}

/// `kith partnership create`: founds one.
struct CreatePartnership: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Founds a partnership with this site as its steward.",
        usage: "kith partnership create NAME --purpose TEXT [--json]")

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions

    @Argument(help: "Its name, for example 'Elm House and Dr Patel'.")
    var name: String

    @Option(help: ArgumentHelp("Why the members share.", valueName: "text"))
    var purpose: String

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        let partnership = try await site.createPartnership(
            PartnershipDraft(
                name: try PlainWords.checked(name, for: "NAME"),
                purpose: try PlainWords.checked(purpose, for: "--purpose")))
        if output.isJSON {
            try context.printJSON(partnership)
            return .done
        }
        context.print([
            Line("Founded ") + Line(partnership.name, .bold) + Line(" (\(partnership.id.short)).")
        ])
        context.print(
            "Next: 'kith partnership invite \(partnership.id.short)' makes a code for a partner.")
        return .done
    }
}

/// `kith partnership list`.
struct ListPartnerships: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists the partnerships that this site is in.")

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        let partnerships = try await site.partnerships()
        if output.isJSON {
            try context.printJSON(["partnerships": partnerships])
            return .done
        }
        let page = PartnershipPage(context)
        context.print(
            partnerships.isEmpty
                ? ["No partnerships; 'kith partnership create' founds one."]
                : page.table(partnerships).lines(width: context.width)
                    + page.ended(partnerships))
        for waiting in try await site.waitingJoins() { context.print([""] + page.lines(waiting)) }
        return .done
    }
}

/// `kith partnership show`.
struct ShowPartnership: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Shows a partnership, its members and its invitations.")

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions

    @Argument(help: "Its name or the beginning of its id.")
    var reference: String

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        let partnership: PartnershipView
        do {
            partnership = try await site.partnership(reference)
        } catch let error where error is SiteError {
            guard let waiting = try await waitingJoin(at: site) else { throw error }
            if output.isJSON {
                try context.printJSON(waiting)
            } else {
                context.print(PartnershipPage(context).lines(waiting))
            }
            return .done
        }
        if output.isJSON {
            try context.printJSON(partnership)
        } else {
            context.print(PartnershipPage(context).lines(partnership))
        }
        return .done
    }

    /// The join request to the one partnership that is meant, where this site is not in it yet.
    private func waitingJoin(at site: any Site) async throws -> WaitingJoinView? {
        let wanted = reference.lowercased()
        let matches = try await site.waitingJoins().filter {
            $0.name.lowercased().hasPrefix(wanted)
                || (wanted.count >= 4 && $0.partnership.description.lowercased().hasPrefix(wanted))
        }
        return matches.count == 1 ? matches.first : nil
    }
}
