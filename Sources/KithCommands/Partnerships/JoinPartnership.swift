import ArgumentParser
import KithModel
import KithSite

/// `kith partnership join`: joins with a code, once it is clear what is joined.
struct JoinPartnership: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "join", abstract: "Joins a partnership with a code from its inviter.",
        usage: "kith partnership join CODE… [--yes] [--json]",
        discussion: """
            Shows who invites, and to what, before anything is joined. The code may be given with \
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
