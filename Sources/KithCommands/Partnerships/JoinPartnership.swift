import ArgumentParser
import KithModel
import KithSite

/// `kith partnership join`: joins with a code, once it is clear what is joined.
struct JoinPartnership: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "join", abstract: "Joins a partnership with a code from its inviter.",
        usage: "kith partnership join CODE… [--yes] [--json]",
        discussion: """
            Shows who invites, and to what, before anything is joined. Where the inviter is not reached \
            and the code names a relay, the join request waits there, sealed, until the inviter's site \
            next syncs with the relay; this site then joins at a sync of its own. The code may be given with \
            spaces between its groups; '-' reads it from standard input, where other users of \
            this machine do not see it.
            """)

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions

    @Argument(help: ArgumentHelp("The code, or '-'.", valueName: "code"))
    var groups: [String]

    @Flag(name: .customLong("yes"), help: "Join without asking.")
    var isYes = false

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        let isFromInput = groups == ["-"]
        guard isYes || (context.console.isInteractive && !isFromInput) else {
            throw UsageProblem(
                isFromInput
                    ? "a code from standard input leaves no way to ask; add --yes to join"
                    : "joining needs a yes and there is no terminal to ask on; add --yes")
        }
        let code = isFromInput ? readCode(in: context) : groups.joined(separator: "-")
        guard !code.isEmpty else {
            throw UsageProblem("the code is empty; give the code that the inviter got")
        }
        let preview = try await site.previewInvitation(code)
        let page = PartnershipPage(context)
        let lines = page.lines(preview)
        if output.isJSON || !isYes { context.note(lines) } else { context.print(lines) }
        guard isYes || context.confirms("Join?") else {
            context.note(["Not joined; nothing was changed."])
            return .failed
        }
        if preview.relay != nil {
            let left = try await site.leaveJoinRequest(code)
            if output.isJSON {
                try context.printJSON(left)
            } else {
                context.print(page.lines(left))
            }
            return .done
        }
        let progress = ProgressLine(context.console)
        defer { progress.finish() }
        let report = try await site.join(code) { progress.show($0) }
        progress.finish()
        return try JoinOutcome(context, output).show(report)
    }

    private func readCode(in context: CommandContext) -> String {
        var lines: [String] = []
        // A code is a few lines at most: what never ends is not one.
        while lines.count < 50, let line = context.console.readLine() { lines.append(line) }
        return lines.joined(separator: "-").trimmingSpaces
    }
}

/// `kith partnership withdraw`: takes back a join request.
struct WithdrawJoinRequest: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "withdraw", abstract: "Takes back a join request that waits at a relay.",
        usage: "kith partnership withdraw INVITATION [--json]",
        discussion: """
            Where the inviter has picked the request up already, this site stays admitted there until \
            a steward removes it.
            """)

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions

    @Argument(help: "The id of its invitation, or the beginning of it, from 'kith status'.")
    var invitation: String

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        let withdrawn = try await site.withdrawJoinRequest(invitation)
        if output.isJSON {
            try context.printJSON(withdrawn)
        } else {
            context.print(
                "The join request \(withdrawn.id) to \(withdrawn.name) is taken back.")
        }
        return .done
    }
}

/// Says what joining brought.
struct JoinOutcome {
    private let context: CommandContext
    private let output: OutputOptions

    init(_ context: CommandContext, _ output: OutputOptions) {
        self.context = context
        self.output = output
    }

    func show(_ report: JoinReport) throws -> ExitStatus {
        if output.isJSON {
            try context.printJSON(report)
        } else {
            context.print([
                Line("Joined ") + Line(report.partnership.name, .bold)
                    + Line(" (\(report.partnership.members.count) members).")
            ])
            context.print(SyncPage(context).lines([report.sync]))
        }
        return SyncPage(context).tellProblems([report.sync]) ? .done : .failed
    }
}
