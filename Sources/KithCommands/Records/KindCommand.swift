import ArgumentParser
import KithModel
import KithSite

/// The commands of one kind: `kith resident add`, `kith plan show`, …
struct KindCommand<Kind: KindName>: NamedCommand {
    static var name: String { Kind.kind.commandName }

    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: name,
            abstract: Kind.kind.about,
            discussion: FieldGuide(Kind.kind).text,
            subcommands: [
                AddRecord<Kind>.self, ListRecords<Kind>.self, ShowRecord<Kind>.self,
                EditRecord<Kind>.self, ArchiveRecord<Kind>.self,
            ] + (Kind.name == "resident" ? [MoveResident.self] : []))
    }
}

/// `kith KIND add`.
struct AddRecord<Kind: KindName>: SiteCommand {
    static var configuration: CommandConfiguration {
        let kind = Kind.kind
        let parent = kind.parents.isEmpty ? "" : " --for \(kind.parents[0].uppercased())"
        return CommandConfiguration(
            commandName: "add", abstract: "Adds one: \(kind.noun).",
            usage: "kith \(kind.commandName) add\(parent) FIELD=VALUE… [options]",
            discussion: FieldGuide(kind).text)
    }

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions
    @OptionGroup var act: ActOptions

    @Argument(help: ArgumentHelp("FIELD=VALUE or FIELD.PART=VALUE.", valueName: "field=value"))
    var values: [String] = []

    @Option(
        name: [.customLong("for"), .customLong("under"), .customLong("resident")],
        help: ArgumentHelp("What it is part of: an id or a title.", valueName: "record"))
    var parent: String?

    @Option(
        help: ArgumentHelp("Where it goes (else the only shared partnership).", valueName: "p"))
    var partnership: String?

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        let saved = try await RecordChange(act: act, context: context).add(
            Kind.kind, values: values, parent: parent, partnership: partnership, on: site)
        try context.report(saved, verb: "Added", asJSON: output.isJSON)
        return .done
    }
}

/// `kith KIND list`.
struct ListRecords<Kind: KindName>: SiteCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "list", abstract: "Lists \(Kind.kind.nouns).",
            usage: "kith \(Kind.kind.commandName) list [--search TEXT] [--under RECORD] [options]")
    }

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions

    @Option(
        help: ArgumentHelp("Only with this in the title, NHS number or room.", valueName: "text"))
    var search: String?

    @Option(
        name: [.customLong("under"), .customLong("for"), .customLong("resident")],
        help: ArgumentHelp("Only what is part of this, at any depth.", valueName: "record"))
    var under: String?

    @Option(help: ArgumentHelp("Only in this partnership.", valueName: "p"))
    var partnership: String?

    @Flag(name: .customLong("archived"), help: "List archived ones too.")
    var includesArchived = false

    @Flag(name: .customLong("all"), help: "List all, however many there are.")
    var isWhole = false

    /// How many are listed unless all are asked for: what somebody looks through.
    private static var shown: Int { 100 }

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        let kind = Kind.kind
        let root = try await RecordReference.id(under, on: site)
        let records = try await site.records(
            RecordQuery(
                kind: kind.name, partnership: partnership, under: root, search: search,
                includesArchived: includesArchived,
                limit: output.isJSON || isWhole ? nil : Self.shown + 1))
        if output.isJSON {
            try context.printJSON([kind.plural: records])
        } else if records.isEmpty {
            let isNarrowed = search != nil || under != nil || partnership != nil
            context.print(
                "No \(kind.nouns)\(isNarrowed ? " match" : "; 'kith \(kind.commandName) add' makes one")."
            )
        } else {
            context.print(
                ListPage(context).lines(
                    Array(records.prefix(isWhole ? .max : Self.shown)), kind: kind))
            if !isWhole, records.count > Self.shown {
                context.print(
                    "… and more: narrow it with --search or --under, or give --all")
            }
        }
        return .done
    }
}

/// `kith KIND show`.
struct ShowRecord<Kind: KindName>: SiteCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "show", abstract: "Shows one, with who said what and when.",
            usage: "kith \(Kind.kind.commandName) show RECORD [--json]")
    }

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions

    @Argument(help: "Its id, the beginning of its id, or its title.")
    var record: String

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        let tree = try await site.tree(
            TreeQuery(
                record, kind: Kind.name, newest: output.isJSON ? nil : ResidentPage.newest))
        if output.isJSON {
            try context.printJSON(TreeJSON(tree))
            return .done
        }
        switch Kind.name {
        case "plan":
            let resident = try await PlanResident.read(of: tree.record, on: site)
            context.print(
                PlanPage(context).lines(
                    tree, resident: resident, peers: try await site.peers()))
        case "resident":
            context.print(
                ResidentPage(context).lines(
                    tree, peers: try await site.peers(),
                    suspected: try await SuspectedDuplicates.of(tree.record, on: site)))
        default: context.print(RecordPage(context).lines(tree))
        }
        return .done
    }
}

/// `kith KIND edit`.
struct EditRecord<Kind: KindName>: SiteCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "edit", abstract: "Changes fields of one; an empty value clears.",
            usage: "kith \(Kind.kind.commandName) edit RECORD FIELD=VALUE… [options]",
            discussion: FieldGuide(Kind.kind).text)
    }

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions
    @OptionGroup var act: ActOptions
    @OptionGroup var seen: SeenOption

    @Argument(help: "Its id, the beginning of its id, or its title.")
    var record: String

    @Argument(help: ArgumentHelp("FIELD=VALUE or FIELD.PART=VALUE.", valueName: "field=value"))
    var values: [String] = []

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        try await RecordChange(act: act, context: context).edit(
            record, kind: Kind.kind, values: values, seen: seen.version, asJSON: output.isJSON,
            on: site)
    }
}

/// `kith KIND archive`.
struct ArchiveRecord<Kind: KindName>: SiteCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "archive", abstract: "Takes one out of daily view, or brings it back.",
            usage:
                "kith \(Kind.kind.commandName) archive RECORD [--restore] [--reason TEXT] [options]"
        )
    }

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions
    @OptionGroup var act: ActOptions
    @OptionGroup var seen: SeenOption

    @Argument(help: "Its id, the beginning of its id, or its title.")
    var record: String

    @Flag(name: .customLong("restore"), help: "Bring it back.")
    var isRestoring = false

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        try await RecordChange(act: act, context: context).edit(
            record, kind: Kind.kind, values: ["archived=\(isRestoring ? "no" : "yes")"],
            change: isRestoring ? .restore : .archive, seen: seen.version,
            asJSON: output.isJSON, on: site)
    }
}
