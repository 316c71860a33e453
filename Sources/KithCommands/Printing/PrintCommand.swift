import ArgumentParser
import KithModel
import KithSite

/// `kith print`: pages for paper.
struct PrintCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "print", abstract: "Makes pages to print.",
        subcommands: [PrintPack.self, PrintSummary.self])
}

/// What both kinds of page take.
struct PrintOptions: ParsableArguments {
    @OptionGroup var place: HomeOption
    @OptionGroup var writer: AuthorOptions

    @Option(
        help: ArgumentHelp("A file that does not exist yet, instead of here.", valueName: "file"))
    var output: String?

    /// Writes pages where they were asked for.
    func write(_ text: String, in context: CommandContext) throws {
        guard let output else { return context.printRaw([String(text.dropLast())]) }
        try NewFile.write(text, to: output)
        context.note([Line("Wrote \(output): print it.")])
    }
}

/// `kith print pack`.
struct PrintPack: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "pack", abstract: "The transfer pack that goes along to hospital.",
        usage: "kith print pack RESIDENT [--output FILE]",
        discussion: """
            Everything that an ambulance crew needs, every undecided value marked and printed, with \
            who printed it and how current it is. A site that holds no clinical records prints none.
            """)

    @OptionGroup var options: PrintOptions
    var place: HomeOption { options.place }

    @Argument(help: "An id, the beginning of one, a name, an NHS number or a room.")
    var resident: String

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        let author = try options.writer.author(in: context)
        let tree = try await site.tree(
            TreeQuery(
                resident, kind: "resident", kinds: CareSheet.kinds(for: .transferPack), newest: 3))
        guard tree.compartments.contains(.clinical) else {
            throw SiteError(
                .refused,
                "this site holds no clinical records of \(TerminalText.line(tree.record.partnership)), so a pack from here would lack what matters; ask a site that does"
            )
        }
        let page = PackPage(context).pack(
            tree, peers: try await site.peers(), by: author, at: try await site.profile())
        try options.write(page, in: context)
        return .done
    }
}

/// `kith print summary`.
struct PrintSummary: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "summary", abstract: "Every resident, for the night the computers are down.",
        usage: "kith print summary [--partnership P] [--output FILE]")

    @OptionGroup var options: PrintOptions
    var place: HomeOption { options.place }

    @Option(help: ArgumentHelp("Only residents of this partnership.", valueName: "p"))
    var partnership: String?

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        let author = try options.writer.author(in: context)
        let residents = try await site.records(
            RecordQuery(kind: "resident", partnership: partnership))
        guard !residents.isEmpty else {
            context.print("No residents; 'kith resident add' makes one.")
            return .done
        }
        var trees: [RecordTree] = []
        var told: Set<RecordID> = []
        for resident in residents where !told.contains(resident.id) {
            let tree = try await site.tree(
                TreeQuery(
                    resident.id.description, kind: "resident",
                    kinds: CareSheet.kinds(for: .summary), newest: 3))
            told.formUnion([tree.record.id] + tree.samePerson.map(\.id))
            trees.append(tree)
        }
        let page = PackPage(context).summary(
            trees, peers: try await site.peers(), by: author, at: try await site.profile())
        try options.write(page, in: context)
        return .done
    }
}
