import ArgumentParser

/// A command that can tell its name without the rest of its configuration, which may be long.
protocol NamedCommand: ParsableCommand {
    /// What is typed.
    static var name: String { get }
}

/// Finds the command that arguments name, before they are parsed.
///
/// ArgumentParser calls a word that is no command an "unexpected argument", and takes an option
/// only where it is declared. This says "unknown command", and lets `--home` and `--json` stand
/// before the subcommand too.
struct CommandPath {
    /// The words that name the command, `kith` first: what `--help` stands behind.
    private(set) var words = ["kith"]
    /// The arguments in the order that ArgumentParser wants.
    private(set) var arguments: [String] = []
    /// The command that they name, with its own arguments; nil where they do not lead to one.
    private(set) var leaf: (command: any ParsableCommand.Type, arguments: [String])?

    /// Options of ArgumentParser's own that need no command.
    private static let builtIn: Set<String> = [
        "--help", "-h", "--version", "--help-hidden", "help", "---completion",
        "--experimental-dump-help",
    ]

    /// Walks down from a root command.
    ///
    /// - Throws: `UsageProblem` when the arguments name no command.
    static func find(
        _ source: [String], root: any ParsableCommand.Type
    ) throws -> CommandPath {
        var path = CommandPath()
        var command = root
        var rest = source
        var moved: [String] = []
        while !command.configuration.subcommands.isEmpty {
            let help = "see '\(path.words.joined(separator: " ")) --help'"
            guard !rest.isEmpty else { throw missing(path.words, command, help: help) }
            let word = rest.removeFirst()
            if word == "--home" {
                guard !rest.isEmpty else { throw UsageProblem("--home needs a folder; \(help)") }
                moved += [word, rest.removeFirst()]
            } else if word.hasPrefix("--home=") || word == "--json" {
                moved.append(word)
            } else if builtIn.contains(word) || word.hasPrefix("--generate-completion-script") {
                path.arguments = Array(path.words.dropFirst()) + [word] + rest
                return path
            } else if word.hasPrefix("-") {
                throw UsageProblem("unknown option '\(word)' before a command; \(help)")
            } else {
                command = try subcommand(word, of: command, words: path.words)
                path.words.append(word)
            }
        }
        path.arguments = Array(path.words.dropFirst()) + moved + rest
        path.leaf = (command, moved + rest)
        return path
    }

    private static func missing(
        _ words: [String], _ command: any ParsableCommand.Type, help: String
    ) -> UsageProblem {
        guard words.count > 1 else { return UsageProblem("no command given; \(help)") }
        let names = command.configuration.subcommands.compactMap(name)
        return UsageProblem(
            "'\(words.joined(separator: " "))' needs one of: \(names.joined(separator: ", ")); \(help)"
        )
    }

    private static func name(of command: any ParsableCommand.Type) -> String? {
        (command as? any NamedCommand.Type)?.name ?? command.configuration.commandName
    }

    private static func subcommand(
        _ word: String, of command: any ParsableCommand.Type, words: [String]
    ) throws -> any ParsableCommand.Type {
        let subcommands = command.configuration.subcommands
        if let match = subcommands.first(where: { name(of: $0) == word }) {
            return match
        }
        let names = subcommands.compactMap(name)
        let near = names.filter { distance($0, String(word.prefix(40))) <= 2 }
        let guess = near.isEmpty ? "" : " (did you mean \(near.joined(separator: ", "))?)"
        let whole = (words.dropFirst() + [word]).joined(separator: " ")
        throw UsageProblem(
            "unknown command '\(whole)'\(guess); see '\(words.joined(separator: " ")) --help'")
    }

    /// How many letters have to change to make one word of the other.
    private static func distance(_ left: String, _ right: String) -> Int {
        var row = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var corner = row[0]
            row[0] = i + 1
            for (j, b) in right.enumerated() {
                let change = corner + (a == b ? 0 : 1)
                corner = row[j + 1]
                row[j + 1] = min(change, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[right.count]
    }
}
