import ArgumentParser
import KithModel
import KithSite

/// `kith recovery-kit`: makes a page to print, from which the site can be made again.
struct RecoveryKitCommand: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "recovery-kit",
        abstract: "Makes a page from which the site can be made again.",
        usage: "kith recovery-kit [FILE] [--passphrase-file FILE] [--json]",
        discussion: """
            Holds the site's keys under a passphrase, and where its partners are: print it and \
            lock it away. It holds no records: those come back from partners, or from a backup. \
            Make a new one when partners have changed. Without FILE it is printed here.
            """)

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions
    @OptionGroup var passphrase: PassphraseOption

    @Argument(help: "A file that does not exist yet.")
    var file: String?

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        let words = try passphrase.chosen(in: context)
        let kit = try await site.recoveryKit(passphrase: words)
        let page = RecoveryKitPage(context)
        if let file {
            try NewFile.write(page.text(kit), to: file)
            context.note([Line("Wrote the recovery kit to \(file): print it, and lock it away.")])
        }
        if output.isJSON {
            try context.printJSON(kit)
        } else if file == nil {
            context.print(page.lines(kit))
        }
        return .done
    }
}

/// `kith recover`: makes a site again on a new machine.
struct RecoverCommand: Runnable {
    static let configuration = CommandConfiguration(
        commandName: "recover", abstract: "Makes a site again from its recovery kit.",
        usage: "kith recover --home DIR PAGE [--passphrase-file FILE] [--json]",
        discussion: """
            PAGE is a file with the kit's numbered lines, as printed or typed; '-' reads them from \
            standard input. The site is the same as before, with an empty log: its partners \
            give back what they hold. With a backup, run 'kith restore FILE' afterwards. The old \
            machine must not run any more.
            """)

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions
    @OptionGroup var passphrase: PassphraseOption

    @Argument(help: ArgumentHelp("The page, or '-'.", valueName: "page"))
    var page: String

    func run(in context: CommandContext) async throws -> ExitStatus {
        let home = try place.path(in: context)
        guard page != "-" || passphrase.file != "-" else {
            throw UsageProblem("standard input cannot be both the page and the passphrase")
        }
        let code = RecoveryKitPage.code(
            in: page == "-"
                ? read(in: context) : try InputFile.text(of: page, atMost: RecoveryKitPage.limit))
        let words = try passphrase.known(in: context)
        let progress = ProgressLine(context.console)
        defer { progress.finish() }
        let report = try await context.opener.recover(
            kit: code, passphrase: words, home: home
        ) { progress.show($0) }
        progress.finish()
        if output.isJSON {
            try context.printJSON(report)
        } else {
            context.print(lines(report, context))
        }
        let isWhole = report.partners.allSatisfy { $0.problem == nil }
        let isSynced = SyncPage(context).tellProblems(report.sessions)
        return isWhole && isSynced ? .done : .needsPerson
    }

    private func read(in context: CommandContext) -> String {
        var lines: [String] = []
        while lines.count < 500, let line = context.console.readLine() { lines.append(line) }
        return lines.joined(separator: "\n")
    }

    private func lines(_ report: RecoveryReport, _ context: CommandContext) -> [Line] {
        let page = PartnershipPage(context)
        var lines: [Line] = [
            Line("Recovered ") + Line(report.site.name, .bold) + Line(" in \(report.site.home)."),
            Line("From a kit of \(context.time(report.made))."), "",
        ]
        for partner in report.partners {
            let outcome =
                partner.problem.map { "! \($0)" }
                ?? (partner.partnerships.isEmpty
                    ? "knows of no partnership with this site any more"
                    : "in \(partner.partnerships.joined(separator: ", "))")
            lines += page.labelled(partner.site.short, outcome)
        }
        if report.partners.isEmpty {
            lines += page.labelled(
                "Partners",
                "the kit is from before the first; pair with one by phone ('kith peer pair'), then "
                    + "'kith sync', and 'kith partnership offers' shows what this site is a member of"
            )
        }
        if !report.sessions.isEmpty { lines += [""] + SyncPage(context).lines(report.sessions) }
        if report.partners.contains(where: { $0.problem != nil }) {
            lines += ["", "Those that were not reached are tried again before each sync."]
        }
        return lines + ["", "Next: 'kith restore FILE' if there is a backup, then start kithd."]
    }
}
