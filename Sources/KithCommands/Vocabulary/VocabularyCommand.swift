import ArgumentParser
import KithModel

/// `kith vocabulary`: what can be recorded, without a site.
struct VocabularyCommand: Runnable {
    static let configuration = CommandConfiguration(
        commandName: "vocabulary",
        abstract: "Says what can be recorded: kinds, fields, codes and their standards.",
        usage: "kith vocabulary [KIND] [--json | --markdown]")

    @OptionGroup var output: OutputOptions

    @Flag(name: .customLong("markdown"), help: "Print all of it as a page of documentation.")
    var isMarkdown = false

    @Argument(help: "A kind: its name, as in commands or JSON.")
    var kind: String?

    func run(in context: CommandContext) async throws -> ExitStatus {
        if isMarkdown {
            guard kind == nil, !output.isJSON else {
                throw UsageProblem("--markdown prints the whole vocabulary; give it alone")
            }
            context.printRaw(VocabularyMarkdown.lines)
            return .done
        }
        guard let name = kind else {
            if output.isJSON {
                try context.printJSON(VocabularyText(Vocabulary.kinds))
            } else {
                context.print(VocabularyPage(context).lines)
            }
            return .done
        }
        let found = try Self.find(name)
        if output.isJSON {
            try context.printJSON(VocabularyText.Kind(found))
        } else {
            context.print(VocabularyPage(context).lines(of: found))
        }
        return .done
    }

    private static func find(_ name: String) throws -> RecordKind {
        let wanted = name.lowercased()
        let match = Vocabulary.kinds.first {
            [$0.name, $0.commandName, $0.plural, $0.label, $0.pluralLabel]
                .contains { $0.lowercased() == wanted }
        }
        guard let match else {
            throw UsageProblem(
                "there is no kind of record called '\(name.prefix(60))'; see 'kith vocabulary'")
        }
        return match
    }
}
