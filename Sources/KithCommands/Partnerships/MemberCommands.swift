import ArgumentParser
import KithModel
import KithSite

/// Which partnership, where there is more than one shared one.
struct PartnershipOption: ParsableArguments {
    @Option(
        name: .customLong("partnership"),
        help: ArgumentHelp(
            "Its name or the beginning of its id (else the only shared one).", valueName: "name"))
    var reference: String?
}

/// `kith partnership admit`: takes a peer into a partnership without a code.
struct AdmitMember: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "admit", abstract: "Admits a site that this one knows, without a code.",
        usage: """
            kith partnership admit SITE [--role R] [--compartments C,C] \\
                [--may-attest] [--until DATE] [--partnership NAME] [--json]
            """,
        discussion: """
            For a site that was paired with by phone ('kith peer pair'), or that shares another \
            partnership with this one. Its people see the offer, and accept it there.
            """)

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions
    @OptionGroup var partnership: PartnershipOption

    @Argument(help: "The site's name or the beginning of its site id.")
    var site: String

    @Option(
        help: ArgumentHelp(
            "steward, contributor, reviewer or relay (else steward for the first partner, then "
                + "contributor).", valueName: "role"))
    var role: RoleChoice?

    @Option(
        help: ArgumentHelp(
            "Some of relations,personal,clinical,restricted (else all that this site holds but "
                + "restricted).", valueName: "list"))
    var compartments: String?

    @Flag(help: "Let it sign clinical decisions.")
    var mayAttest = false

    @Option(
        help: ArgumentHelp(
            "The last day of the agreement; sharing ends with it (else never).",
            valueName: "date"))
    var until: String?

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        let draft = AdmissionDraft(
            role: role?.rawValue,
            compartments: try compartments.map { try CompartmentList.parse($0) },
            mayAttest: mayAttest,
            sharingEnds: try until.map { try AgreedDate.parse($0, in: context.console.zone) })
        let report = try await site.changeMembership(
            MembershipChange(
                partnership: partnership.reference, member: self.site, act: .admit(draft)))
        return try MembershipOutcome(context, output).show(
            report,
            done: "\(report.member) is a member of \(report.partnership.name). Its people accept "
                + "with 'kith partnership accept'.",
            waiting: "The admission is written, but takes no effect.")
    }
}

/// `kith partnership change`: puts another grant in the place of a member's.
struct ChangeMember: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "change", abstract: "Changes what a member may do and read.",
        usage: """
            kith partnership change SITE [--role R] [--compartments C,C] \\
                [--may-attest | --no-may-attest] [--until DATE|never] \\
                [--partnership NAME] [--json]
            """,
        discussion: """
            What is taken from a member is not sent to it from now on, and new entries are sealed \
            with keys that it does not have. What it already holds cannot be taken back.
            """)

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions
    @OptionGroup var partnership: PartnershipOption

    @Argument(help: "The member's name or the beginning of its site id.")
    var site: String

    @Option(help: ArgumentHelp("steward, contributor, reviewer or relay.", valueName: "role"))
    var role: RoleChoice?

    @Option(
        help: ArgumentHelp(
            "All that it is to hold: some of relations,personal,clinical,restricted.",
            valueName: "list"))
    var compartments: String?

    @Flag(inversion: .prefixedNo, help: "Whether it may sign clinical decisions.")
    var mayAttest: Bool?

    @Option(
        help: ArgumentHelp(
            "The last day of the agreement with it, or never.",
            valueName: "date"))
    var until: String?

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        guard role != nil || compartments != nil || mayAttest != nil || until != nil else {
            throw UsageProblem(
                "say what to change with --role, --compartments, --may-attest or --until")
        }
        let act = MembershipChange.Act.grant(
            role: role?.rawValue,
            compartments: try compartments.map { try CompartmentList.parse($0) },
            mayAttest: mayAttest,
            ends: try until.map { try AgreedDate.parseEnd($0, in: context.console.zone) })
        let report = try await site.changeMembership(
            MembershipChange(partnership: partnership.reference, member: self.site, act: act))
        return try MembershipOutcome(context, output).show(
            report, done: "\(report.member) has its new grant.",
            waiting: "The change is written, but a steward that ranks higher has said otherwise.")
    }
}

/// `kith partnership remove`: ends a membership, or votes for that.
struct RemoveMember: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Removes a member.",
        usage: "kith partnership remove SITE [--yes] [--partnership NAME] [--json]",
        discussion: """
            What the member wrote stays. It is told, and gets nothing from now on; what it already \
            holds cannot be taken back. A steward that ranks higher than this site is removed when \
            more than half of the other stewards say so.
            """)

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions
    @OptionGroup var partnership: PartnershipOption

    @Argument(help: "The member's name or the beginning of its site id.")
    var site: String

    @Flag(name: .customLong("yes"), help: "Remove without asking.")
    var isYes = false

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        guard try context.isAgreed("Remove \(self.site)?", isYes: isYes) else { return .failed }
        let report = try await site.changeMembership(
            MembershipChange(partnership: partnership.reference, member: self.site, act: .remove))
        return try MembershipOutcome(context, output).show(
            report, done: "\(report.member) is not a member any more.",
            waiting: "Your vote is written; \(report.member) goes when most of the other stewards "
                + "have voted.")
    }
}

/// `kith partnership leave`: ends this site's own membership.
struct LeavePartnership: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "leave", abstract: "Leaves a partnership; what is here stays readable.",
        usage: "kith partnership leave [--yes] [--partnership NAME] [--json]")

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions
    @OptionGroup var partnership: PartnershipOption

    @Flag(name: .customLong("yes"), help: "Leave without asking.")
    var isYes = false

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        guard try context.isAgreed("Leave the partnership?", isYes: isYes) else { return .failed }
        let report = try await site.changeMembership(
            MembershipChange(partnership: partnership.reference, member: nil, act: .remove))
        return try MembershipOutcome(context, output).show(
            report,
            done: "Left \(report.partnership.name). Its records stay readable here, as of now.",
            waiting: "Leaving is written.")
    }
}

/// `kith partnership elect`: votes for a steward.
struct ElectSteward: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "elect", abstract: "Votes for a member as a steward.",
        usage: "kith partnership elect SITE [--partnership NAME] [--json]",
        discussion: """
            For a partnership whose stewards are gone. The member becomes a steward when more than \
            half of all members that write have voted for it.
            """)

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions
    @OptionGroup var partnership: PartnershipOption

    @Argument(help: "The member's name or the beginning of its site id.")
    var site: String

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        let report = try await site.changeMembership(
            MembershipChange(partnership: partnership.reference, member: self.site, act: .elect))
        return try MembershipOutcome(context, output).show(
            report, done: "\(report.member) is a steward now.",
            waiting: "Your vote is written; more than half of the members that write are needed.")
    }
}

/// `kith partnership revoke`: ends an invitation.
struct RevokeInvitation: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Ends an invitation that nobody has used.",
        usage: "kith partnership revoke INVITATION [--json]")

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions

    @Argument(help: "Its id, or the beginning of it, from 'kith partnership show'.")
    var invitation: String

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        let ended = try await site.revokeInvitation(invitation)
        if output.isJSON {
            try context.printJSON(ended)
        } else {
            context.print("The invitation \(ended.id) to \(ended.partnership) is ended.")
        }
        return .done
    }
}

/// Says what came of a change of membership.
struct MembershipOutcome {
    private let context: CommandContext
    private let output: OutputOptions

    init(_ context: CommandContext, _ output: OutputOptions) {
        self.context = context
        self.output = output
    }

    func show(
        _ report: MembershipReport, done: String, waiting: String
    ) throws -> ExitStatus {
        if output.isJSON {
            try context.printJSON(report)
        } else {
            context.print(report.isInEffect ? done : waiting)
            context.print("The other members learn of it when they sync.")
        }
        return .done
    }
}

extension CommandContext {
    /// Whether a person agrees to what cannot be undone; without a terminal only `--yes` does.
    func isAgreed(_ question: String, isYes: Bool) throws -> Bool {
        if isYes { return true }
        guard console.isInteractive else {
            throw UsageProblem("this needs a yes and there is no terminal to ask on; add --yes")
        }
        if confirms(question) { return true }
        note(["Nothing was changed."])
        return false
    }
}
