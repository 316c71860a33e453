import ArgumentParser
import KithModel
import KithSite

/// `kith conflict resolve`: decides between values that somebody has read.
struct ResolveConflict: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "resolve", abstract: "Decides a conflict, on a terminal or from options.",
        usage: """
            kith conflict resolve ID (--pick N | --value FIELD=VALUE…) \\
                --seen VERSION --reason TEXT [--attest --performer NAME …]
            """,
        discussion: """
            On a terminal it shows the values and asks for what is left out. Values that arrived \
            after VERSION are not decided by it: the conflict then stays open, and the exit \
            status is 3.
            """)

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions
    @OptionGroup var writer: AuthorOptions
    @OptionGroup var performer: PerformerOptions
    @OptionGroup var seen: SeenOption

    @Argument(help: "The conflict's id, from 'kith conflict list'.")
    var id: String

    @Option(help: ArgumentHelp("The number of the value that is to stand.", valueName: "n"))
    var pick: Int?

    @Option(
        name: .customLong("value"), parsing: .upToNextOption,
        help: ArgumentHelp(
            "A new value: FIELD=VALUE or FIELD.PART=VALUE.", valueName: "field=value"))
    var values: [String] = []

    @Option(help: ArgumentHelp("Why; others read it.", valueName: "text"))
    var reason: String?

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        let author = try writer.author(in: context)
        let clinician = try performer.author()
        guard pick == nil || values.isEmpty else {
            throw UsageProblem("--pick and --value exclude each other; give one")
        }
        if let reason { _ = try PlainReason.checked(reason) }
        let isAsking = seen.version == nil || reason == nil || (pick == nil && values.isEmpty)
        guard !isAsking || context.console.isInteractive else { throw missing() }
        let conflict = try await site.conflict(id)
        guard let kind = Vocabulary.kind(named: conflict.recordKind) else {
            throw UsageProblem(
                "this conflict needs a newer version of Kith; update Kith to decide it")
        }
        var choice: Resolution.Choice? = pick.map { .pick($0) }
        if !values.isEmpty {
            choice = .value(try await Assignments.parse(values, kind: kind, on: site))
        }
        try check(choice, of: conflict)
        var reason = reason
        if isAsking {
            guard let answer = try ask(conflict, choice: choice, in: context) else {
                context.note(["Not decided; nothing was changed."])
                return .failed
            }
            (choice, reason) = (answer.choice, answer.reason)
        }
        guard let choice, let reason else { throw missing() }
        let record = try await site.resolve(
            Resolution(
                conflict: conflict.id, choice: choice, seen: seen.version ?? conflict.version,
                reason: try PlainReason.checked(reason), isAttested: performer.isAttested,
                performer: clinician), by: author)
        return try report(record, conflict: conflict, in: context)
    }

    private func missing() -> UsageProblem {
        if seen.version == nil {
            return UsageProblem(
                "deciding needs --seen VERSION: read the values with 'kith conflict show "
                    + "\(id.prefix(60))' and pass the version that it prints")
        }
        if pick == nil, values.isEmpty {
            return UsageProblem("deciding needs --pick N or --value FIELD=VALUE")
        }
        return UsageProblem("deciding needs --reason TEXT, for those who read it later")
    }

    /// Refuses what could not decide this conflict, before anybody is asked anything.
    private func check(_ choice: Resolution.Choice?, of conflict: ConflictView) throws {
        if conflict.needsAttestation, !performer.isAttested {
            throw UsageProblem(
                "only a clinical decision settles this; add --attest --performer NAME "
                    + "--performer-role ROLE for the clinician who decided")
        }
        switch choice {
        case .pick(let number)?:
            // With --seen the numbers are those of an older view, which only the site knows.
            guard seen.version == nil || seen.version == conflict.version else { return }
            guard conflict.field.candidates.contains(where: { $0.number == number }) else {
                throw UsageProblem(
                    "--pick takes 1 to \(conflict.field.candidates.count); see 'kith conflict "
                        + "show \(conflict.id)'")
            }
        case .value(let assignments)?:
            let others = assignments.filter { $0.field.prefix { $0 != "." } != conflict.field.name }
            guard others.isEmpty else {
                throw UsageProblem(
                    "--value sets \(conflict.field.name) and nothing else; use 'kith record set' "
                        + "for \(others[0].field)")
            }
        case nil: break
        }
    }

    /// Shows the values and asks for what the options left out; nil when the person leaves.
    private func ask(
        _ conflict: ConflictView, choice: Resolution.Choice?, in context: CommandContext
    ) throws -> (choice: Resolution.Choice, reason: String)? {
        context.note(ConflictPage(context).lines(conflict))
        var choice = choice
        let count = conflict.field.candidates.count
        if choice == nil {
            let answer = context.ask(
                "Which value is to stand, 1 to \(count)? (Enter leaves it open)")
            guard let answer, let number = Int(answer),
                conflict.field.candidates.contains(where: { $0.number == number })
            else { return nil }
            choice = .pick(number)
        } else if !context.confirms("Decide it so?") {
            return nil
        }
        let reason = reason ?? context.ask("Why? (others read it)")
        guard let choice, let reason, !reason.isEmpty else { return nil }
        return (choice, reason)
    }

    private func report(
        _ record: RecordView, conflict: ConflictView, in context: CommandContext
    ) throws -> ExitStatus {
        let field = record.field(conflict.field.name)
        let isOpen = field?.isConflict ?? false
        if output.isJSON {
            try context.printJSON(record)
        } else {
            let words = isOpen ? "Written, but the conflict is still open" : "Decided"
            context.print([Line("\(words): \(conflict.field.label) of \(record.title)", .bold)])
            if let field {
                context.print(FieldLines(context).lines(for: field, of: record.kind, indent: 2))
            }
            if isOpen {
                context.print(
                    "Read the rest with 'kith conflict show \(conflict.id)' and decide again.")
            }
        }
        return isOpen ? .needsPerson : .done
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
