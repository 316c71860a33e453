import ArgumentParser
import KithModel
import KithSite

/// `kith conflict`: what people have to decide, because software must not.
struct ConflictCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conflict", abstract: "What nobody has decided yet: find, decide, take back.",
        discussion: """
            Values of one field, records that do not go together, entries without effect. \
            'resolve' without an id goes through them one by one.
            """,
        subcommands: [
            ListConflicts.self, ShowConflict.self, ResolveConflict.self, UndoDecision.self,
            AssignConflict.self, NoteConflict.self, ResolveMany.self, ConflictDigest.self,
        ])
}

/// Which conflicts: the options of every command that lists some.
struct ConflictFilter: ParsableArguments {
    @Option(help: ArgumentHelp("safety-critical or routine.", valueName: "severity"))
    var severity: SeverityChoice?

    @Option(
        name: .customLong("kind"),
        help: ArgumentHelp(
            "Only of this kind (may be repeated): "
                + ConflictKind.allCases.map(\.word).joined(separator: ", ") + ".",
            valueName: "kind"))
    var kinds: [String] = []

    @Option(help: ArgumentHelp("Only in this partnership.", valueName: "p"))
    var partnership: String?

    @Option(
        name: [.customLong("under"), .customLong("for"), .customLong("resident")],
        help: ArgumentHelp("Only about this resident or record.", valueName: "record"))
    var under: String?

    @Option(help: ArgumentHelp("Only of this field.", valueName: "field"))
    var field: String?

    @Option(help: ArgumentHelp("Only what somebody of this name has taken on.", valueName: "name"))
    var owner: String?

    @Flag(help: "Only what nobody has taken on.")
    var unowned = false

    @Flag(help: "Only what should have been decided before today.")
    var overdue = false

    @Option(help: ArgumentHelp("Only what is open for longer: 12h, 7d, 4w.", valueName: "age"))
    var olderThan: String?

    @Flag(help: "Those in archived records too.")
    var archived = false

    /// The query that the options make.
    func query(on site: any Site, in context: CommandContext) async throws -> ConflictQuery {
        let kinds = try kinds.map { word in
            guard let kind = ConflictKind(word: word.lowercased()) else {
                throw UsageProblem(
                    "--kind has no '\(word.prefix(40))'; it takes one of: "
                        + ConflictKind.allCases.map(\.word).joined(separator: ", "))
            }
            return kind
        }
        return ConflictQuery(
            severity: severity?.policy, kinds: kinds, partnership: partnership,
            under: try await RecordReference.id(under, on: site), field: field, owner: owner,
            isUnowned: unowned, openedBefore: try olderThan.map { try Age.before($0, in: context) },
            dueBefore: overdue ? context.today : nil, includesArchived: archived)
    }
}

/// How long ago: `12h`, `7d`, `4w`.
enum Age {
    private static let units: [Character: Int64] = [
        "h": 3_600_000, "d": 86_400_000, "w": 7 * 86_400_000,
    ]

    /// The moment that long before now.
    static func before(_ text: String, in context: CommandContext) throws -> Instant {
        guard let unit = text.lowercased().last.flatMap({ units[$0] }),
            let count = Int64(text.dropLast()), (0...100_000).contains(count)
        else {
            throw UsageProblem(
                "--older-than '\(text.prefix(40))' is no age; give for example 12h, 7d or 4w")
        }
        return Instant(milliseconds: context.console.now().milliseconds - count * unit)
    }
}

extension CommandContext {
    /// The day that it is in the zone of the console, as a number.
    var day: Int { console.now().day(in: console.zone) }

    /// The same as a date.
    var today: PartialDate? {
        PartialDate(year: day / 10_000, month: day / 100 % 100, day: day % 100)
    }
}

/// In which order conflicts are listed.
enum ConflictOrder: String, ExpressibleByArgument, CaseIterable {
    case severity
    case age
    case owner
    case due
    case resident
    case partnership

    /// The list in this order; the site gives it by severity, then age.
    func sorted(_ conflicts: [ConflictView]) -> [ConflictView] {
        switch self {
        case .severity: conflicts
        case .age: conflicts.sorted { ($0.opened, $0.id) < ($1.opened, $1.id) }
        case .owner: stable(conflicts) { $0.owners.first ?? "\u{10FFFF}" }
        case .due: stable(conflicts) { $0.due?.lastDay ?? Int.max }
        case .resident: stable(conflicts) { $0.resident ?? "\u{10FFFF}" }
        case .partnership: stable(conflicts, by: \.partnership)
        }
    }

    private func stable<Key: Comparable>(
        _ conflicts: [ConflictView], by key: (ConflictView) -> Key
    ) -> [ConflictView] {
        conflicts.enumerated().map { ($0.offset, key($0.element), $0.element) }
            .sorted { ($0.1, $0.0) < ($1.1, $1.0) }.map(\.2)
    }
}

/// `kith conflict list`.
struct ListConflicts: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists what is open, safety-critical first.",
        usage: "kith conflict list [--severity S] [--kind K] [--under RECORD] [options]")

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions
    @OptionGroup var filter: ConflictFilter

    @Option(
        help: ArgumentHelp(
            "The order: \(ConflictOrder.allCases.map(\.rawValue).joined(separator: ", ")).",
            valueName: "order"))
    var sort = ConflictOrder.severity

    @Flag(help: "Exit status 3 when there is any.")
    var failIfAny = false

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        let conflicts = sort.sorted(
            try await site.conflicts(filter.query(on: site, in: context)))
        if output.isJSON {
            try context.printJSON(["conflicts": conflicts])
        } else if conflicts.isEmpty {
            context.print("No conflicts are open.")
        } else {
            context.print(ConflictPage(context).list(conflicts))
        }
        return failIfAny && !conflicts.isEmpty ? .needsPerson : .done
    }
}

/// `kith conflict show`.
struct ShowConflict: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Shows all that helps to decide a conflict, and how.",
        usage: "kith conflict show ID [--json]")

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions

    @Argument(help: "The conflict's id, from 'kith conflict list'.")
    var id: String

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        let conflict = try await site.conflict(id)
        if output.isJSON {
            try context.printJSON(conflict)
        } else {
            let page = ConflictPage(context)
            context.print(page.lines(conflict) + page.commands(conflict))
        }
        return .done
    }
}

/// `kith conflict assign`.
struct AssignConflict: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "assign", abstract: "Says whose a conflict is, and until when.",
        usage: "kith conflict assign ID [WHO] [--due DATE] [--note TEXT]",
        discussion: """
            Every site that holds the record sees it after the next sync. Anyone may be named: \
            who decides is another matter. An empty WHO or DATE takes it away.
            """)

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions
    @OptionGroup var writer: AuthorOptions

    @Argument(help: "The conflict's id, from 'kith conflict list'.")
    var id: String

    @Argument(help: "Who takes it on.")
    var who: String?

    @Option(help: ArgumentHelp("The day by which to decide.", valueName: "date"))
    var due: String?

    @Option(help: ArgumentHelp("What others should know.", valueName: "text"))
    var note: String?

    var typed: TypedText? {
        TypedText(
            name: id,
            lines: [
                "conflict: \(id)", who.map { "owner: \($0)" }, due.map { "due: \($0)" },
                note.map { "note: \($0)" },
            ])
    }

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        guard who != nil || due != nil || note != nil else {
            throw UsageProblem("nothing to say; give WHO, --due DATE or --note TEXT")
        }
        let author = try writer.author(in: context)
        let conflict = try await KeptText.guarding(typed, in: context) {
            try await site.work(
                on: ConflictWork(conflict: id, owner: who, due: due, note: note), by: author)
        }
        try context.report(conflict, asJSON: output.isJSON)
        return .done
    }
}

/// `kith conflict note`.
struct NoteConflict: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "note", abstract: "Notes on a conflict what was found out.",
        usage: "kith conflict note ID TEXT")

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions
    @OptionGroup var writer: AuthorOptions

    @Argument(help: "The conflict's id, from 'kith conflict list'.")
    var id: String

    @Argument(help: "The note.")
    var text: String

    var typed: TypedText? {
        TypedText(name: id, lines: ["conflict: \(id)", "note: \(text)"])
    }

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        let author = try writer.author(in: context)
        let conflict = try await KeptText.guarding(typed, in: context) {
            try await site.work(on: ConflictWork(conflict: id, note: text), by: author)
        }
        try context.report(conflict, asJSON: output.isJSON)
        return .done
    }
}

extension CommandContext {
    /// Says how the work on a conflict stands.
    fileprivate func report(_ conflict: ConflictView, asJSON isJSON: Bool) throws {
        if isJSON { return try printJSON(conflict) }
        let owner =
            conflict.owners.isEmpty ? "nobody yet" : conflict.owners.joined(separator: " and ")
        let due = conflict.due.map { ", to be decided by \($0)" } ?? ""
        let count = conflict.details?.notes.count ?? 0
        let notes = count > 0 ? ", \(Amount.count(count, "note", "notes"))" : ""
        print("\(conflict.id): taken on by \(owner)\(due)\(notes)")
    }
}
