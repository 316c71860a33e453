import ArgumentParser
import KithSite

/// `kith conflict undo`: takes a decision back.
struct UndoDecision: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "undo", abstract: "Takes a decision back: what it replaced is open again.",
        usage: "kith conflict undo ID --reason TEXT [--attest --performer NAME …] [--yes]",
        discussion: """
            Nothing is unwritten: the values that were decided between are written again, each with \
            who first said it, and whoever took the decision back.
            """)

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions
    @OptionGroup var writer: AuthorOptions
    @OptionGroup var performer: PerformerOptions

    @Argument(help: "The id of the conflict that was decided.")
    var id: String

    @Option(help: ArgumentHelp("Why; others read it.", valueName: "text"))
    var reason: String

    @Flag(name: .customLong("dry-run"), help: "Only say what would come of it.")
    var isDryRun = false

    @Flag(name: .customLong("yes"), help: "Do not ask before saving.")
    var isSure = false

    var typed: TypedText? {
        isDryRun
            ? nil
            : TypedText(name: id, lines: ["take back: \(id)", "reason: \(reason)"])
    }

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        let author = try writer.author(in: context)
        var undo = ConflictUndo(
            conflict: id, reason: try PlainReason.checked(reason),
            isAttested: performer.isAttested, performer: try performer.author())
        let isAsking = context.console.isInteractive && !isSure
        if isDryRun || isAsking {
            undo.isPreview = true
            let preview = try await KeptText.guarding(typed, in: context) { [undo] in
                try await site.undoDecision(undo, by: author)
            }
            if isDryRun, output.isJSON {
                try context.printJSON(preview)
                return .done
            }
            let lines = lines(preview, "This would be taken back", in: context)
            if isDryRun {
                context.print(lines)
                return .done
            }
            context.note(lines)
            guard context.confirms("Take it back?") else {
                context.note(["Not taken back; nothing was changed."])
                return .failed
            }
            undo.isPreview = false
        }
        let final = undo
        let outcome = try await KeptText.guarding(typed, in: context) {
            try await site.undoDecision(final, by: author)
        }
        if output.isJSON {
            try context.printJSON(outcome)
        } else {
            context.print(lines(outcome, "Taken back", in: context))
        }
        return .done
    }

    private func lines(
        _ outcome: ResolutionOutcome, _ heading: String, in context: CommandContext
    ) -> [Line] {
        func labelled(_ label: String, _ texts: [String]) -> [Line] {
            texts.flatMap {
                Labelled(label, indent: 2, labelWidth: 14).lines($0, width: context.width)
            }
        }
        return context.heading("\(heading): \(outcome.about)")
            + labelled("was decided", outcome.replaces) + labelled("stands again", outcome.stands)
            + (outcome.isOpen
                ? [Line("Open again: 'kith conflict show \(outcome.conflict)'")]
                : ["Nothing is open there all the same."])
    }
}
