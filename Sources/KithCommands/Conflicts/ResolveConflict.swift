import ArgumentParser
import KithModel
import KithSite

/// `kith conflict resolve`: decides between what somebody has read.
struct ResolveConflict: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "resolve",
        abstract: "Decides a conflict from options, or goes through all that are open.",
        usage: """
            kith conflict resolve [--severity S] [--under RECORD] …
            kith conflict resolve ID (--pick N | --value FIELD=VALUE… | --combine) \\
                --seen VERSION --reason TEXT [--attest --performer NAME …]
            """,
        discussion: """
            On a terminal it shows what stands and asks for what is left out; without an id it goes \
            through the list with one key a decision, each saved at once, and can be left anywhere. \
            What arrived after VERSION is not decided: the conflict then stays open, and the exit \
            status is 3.
            """)

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions
    @OptionGroup var writer: AuthorOptions
    @OptionGroup var performer: PerformerOptions
    @OptionGroup var seen: SeenOption
    @OptionGroup var filter: ConflictFilter

    @Argument(help: "The conflict's id, from 'kith conflict list'.")
    var id: String?

    @Option(
        help: ArgumentHelp(
            "The number of what is to stand, or its word ('same', 'keep').", valueName: "n"))
    var pick: String?

    @Option(
        name: .customLong("value"), parsing: .upToNextOption,
        help: ArgumentHelp(
            "A new value: FIELD=VALUE or FIELD.PART=VALUE; between records N.FIELD=VALUE.",
            valueName: "field=value"))
    var values: [String] = []

    @Flag(help: "Combine the texts in your editor.")
    var combine = false

    @Option(help: ArgumentHelp("Why; others read it.", valueName: "text"))
    var reason: String?

    @Flag(name: .customLong("dry-run"), help: "Only say what would come of it.")
    var isDryRun = false

    @Flag(name: .customLong("yes"), help: "Do not ask before saving.")
    var isSure = false

    var typed: TypedText? {
        guard !isDryRun, reason != nil || pick != nil || !values.isEmpty else { return nil }
        var lines: [String?] = [id.map { "conflict: \($0)" }, pick.map { "pick: \($0)" }]
        lines += values.map { $0 }
        lines += [seen.version.map { "seen: \($0)" }, reason.map { "reason: \($0)" }]
        return TypedText(name: id ?? "walk", lines: lines)
    }

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        let author = try writer.author(in: context)
        let clinician = try performer.author()
        guard [pick != nil, !values.isEmpty, combine].count(where: \.self) <= 1 else {
            throw UsageProblem("--pick, --value and --combine exclude each other; give one")
        }
        if let reason { _ = try PlainReason.checked(reason) }
        guard let id else { return try await walk(on: site, as: author, clinician, in: context) }
        let hasChoice = pick != nil || !values.isEmpty || combine
        guard hasChoice, reason != nil, seen.version != nil else {
            guard context.console.isInteractive else { throw missing(id) }
            return try await ask(id, on: site, as: author, clinician, in: context)
        }
        let conflict = try await KeptText.guarding(typed, in: context) {
            try await site.conflict(id)
        }
        return try await decide(conflict, on: site, as: author, clinician, in: context)
    }

    private func missing(_ id: String) -> UsageProblem {
        if seen.version == nil {
            return UsageProblem(
                "deciding needs --seen VERSION: read what stands with 'kith conflict show "
                    + "\(id.prefix(60))' and pass the version that it prints")
        }
        if reason == nil {
            return UsageProblem("deciding needs --reason TEXT, for those who read it later")
        }
        return UsageProblem("deciding needs --pick N, --value FIELD=VALUE or --combine")
    }

    // MARK: From options

    private func decide(
        _ conflict: ConflictView, on site: any Site, as author: Author, _ clinician: Author?,
        in context: CommandContext
    ) async throws -> ExitStatus {
        var combined: CombineEditor.Combined?
        let choice: Resolution.Choice
        if let pick {
            choice = Int(pick).map { .pick($0) } ?? .word(pick.lowercased())
        } else if combine {
            guard let edited = try CombineEditor(context: context).combine(conflict) else {
                context.note(["Nothing was left in the editor; nothing was changed."])
                return .failed
            }
            combined = edited
            choice = .value([.init(conflict.fieldName ?? "", edited.text)])
        } else {
            choice = .value(try await DecidedValue.parse(values, of: conflict, on: site))
        }
        let desk = ConflictDesk(site: site, author: author, context: context)
        var resolution = Resolution(
            conflict: conflict.id, choice: choice, seen: seen.version ?? conflict.version,
            reason: try PlainReason.checked(reason ?? ""), isAttested: performer.isAttested,
            performer: clinician)
        let isAsking = context.console.isInteractive && !isSure
        if isDryRun || isAsking {
            resolution.isPreview = true
            let preview = try await desk.keepingText(
                combined: combined, resolution, isDryRun: isDryRun
            ) { [resolution] in try await site.resolve(resolution, by: author)
            }
            if isDryRun, output.isJSON {
                try context.printJSON(preview)
                return .done
            }
            desk.show(preview: preview, onOutput: isDryRun)
            if isDryRun { return .done }
            guard context.confirms("Decide it so?") else {
                context.note(["Not decided; nothing was changed."])
                return .failed
            }
            resolution.isPreview = false
        }
        let final = resolution
        let outcome = try await desk.keepingText(combined: combined, final) {
            try await site.resolve(final, by: author)
        }
        combined?.discard()
        if output.isJSON { try context.printJSON(outcome) } else { desk.show(outcome) }
        return outcome.isOpen ? .needsPerson : .done
    }

    // MARK: On a terminal

    private func ask(
        _ id: String, on site: any Site, as author: Author, _ clinician: Author?,
        in context: CommandContext
    ) async throws -> ExitStatus {
        let desk = ConflictDesk(
            site: site, author: author, context: context, clinician: clinician, reason: reason)
        let conflict = try await KeptText.guarding(typed, in: context) {
            try await site.conflict(id)
        }
        switch try await desk.decide(conflict, step: nil) {
        case .decided(let isOpen): return isOpen ? .needsPerson : .done
        case .skipped, .back, .undone, .left:
            context.note(["Not decided; nothing was changed."])
            return .failed
        }
    }

    private func walk(
        on site: any Site, as author: Author, _ clinician: Author?, in context: CommandContext
    ) async throws -> ExitStatus {
        guard pick == nil, values.isEmpty, !combine, seen.version == nil else {
            throw UsageProblem("say which conflict; see 'kith conflict list'")
        }
        guard context.console.isInteractive else {
            throw UsageProblem(
                "going through the list needs a terminal; a script gives ID, --pick N, --seen "
                    + "VERSION and --reason TEXT, or uses 'kith conflict resolve-all'")
        }
        let desk = ConflictDesk(
            site: site, author: author, context: context, clinician: clinician, reason: reason)
        return try await ConflictWalk(desk: desk).run(filter.query(on: site, in: context))
    }
}

/// The value that options give for a conflict.
enum DecidedValue {
    /// Assignments to the contested field, or to a field of one of the records.
    static func parse(
        _ values: [String], of conflict: ConflictView, on site: any Site
    ) async throws -> [RecordEdit.Assignment] {
        guard conflict.kind.isOfField else {
            return try values.map {
                let (name, text) = try Assignments.split($0)
                return RecordEdit.Assignment(name, text)
            }
        }
        guard let kind = Vocabulary.kind(named: conflict.recordKind) else {
            throw UsageProblem(
                "this conflict needs a newer version of Kith; update Kith to decide it")
        }
        let assignments = try await Assignments.parse(values, kind: kind, on: site)
        let others = assignments.filter {
            $0.field.prefix { $0 != "." } != conflict.fieldName ?? ""
        }
        guard others.isEmpty else {
            throw UsageProblem(
                "--value sets \(conflict.fieldName ?? "the field") and nothing else; use "
                    + "'kith record set' for \(others[0].field)")
        }
        return assignments
    }
}

/// The reason of a decision: may be long, never empty.
enum PlainReason {
    /// The reason without spaces around it.
    static func checked(_ reason: String) throws -> String {
        let text = reason.trimmingSpaces
        guard !text.isEmpty else {
            throw UsageProblem("--reason is empty; say why, for those who read it later")
        }
        return text
    }
}
