import ArgumentParser
import KithSite

/// The command line program, from arguments to exit status.
public enum KithProgram {
    /// Runs with the arguments and the console of this process; gives the exit status.
    public static func main(_ opener: any SiteOpener) async -> Int32 {
        await run(
            Array(CommandLine.arguments.dropFirst()), opener: opener, console: .standard())
    }

    /// Runs with given arguments (without the program's name) and console.
    public static func run(
        _ arguments: [String], opener: any SiteOpener, console: Console
    ) async -> Int32 {
        let context = CommandContext(console: console, opener: opener)
        var status: ExitStatus
        do {
            let path = try CommandPath.find(arguments, root: KithCommand.self)
            status = try await perform(path, in: context)
        } catch {
            status = tell(error, in: context)
        }
        if let problem = console.outputProblem() {
            complain(
                "standard output cannot be written (\(problem)); the result is cut", in: context)
            if status == .done { status = .failed }
        }
        return status.rawValue
    }

    private static func perform(
        _ path: CommandPath, in context: CommandContext
    ) async throws -> ExitStatus {
        // To parse from the root, ArgumentParser first reads every command there is. Only what does not
        // simply run needs that: help, and errors, which name the whole command.
        if let (command, arguments) = path.leaf,
            let runnable = try? command.parseAsRoot(arguments) as? any Runnable
        {
            return try await runnable.run(in: context)
        }
        let command: any ParsableCommand
        do {
            command = try KithCommand.parseAsRoot(path.arguments)
            if !(command is any Runnable) {
                // Only ArgumentParser's own commands are left, such as `help`: they print by throwing.
                var own = command
                try own.run()
            }
        } catch {
            return explain(error, path: path, in: context)
        }
        guard let command = command as? any Runnable else { return .done }
        return try await command.run(in: context)
    }

    /// Prints help, or turns what ArgumentParser has to say into one line.
    private static func explain(
        _ error: any Error, path: CommandPath, in context: CommandContext
    ) -> ExitStatus {
        if KithCommand.exitCode(for: error) == .success {
            let text = KithCommand.fullMessage(for: error, columns: CommandContext.widest)
            let isVersion = text == KithCommand.versionMark
            context.console.output((isVersion ? "kith \(context.opener.version)" : text) + "\n")
            return .done
        }
        var message = KithCommand.message(for: error)
            .split(separator: "\n").joined(separator: " ").trimmingSpaces
        while message.hasSuffix(".") { message.removeLast() }
        if message.isEmpty { message = "these arguments do not go together" }
        // "Unknown option", "Missing value": in the middle of a line it begins small.
        message = message.prefix(1).lowercased() + message.dropFirst()
        complain("\(message); see '\(path.words.joined(separator: " ")) --help'", in: context)
        return .usage
    }

    private static func tell(_ error: any Error, in context: CommandContext) -> ExitStatus {
        switch error {
        case let problem as UsageProblem:
            complain(problem.message, in: context)
            return .usage
        case let problem as SiteError:
            complain(problem.description, in: context)
            return ExitStatus(rawValue: problem.exitStatus) ?? .failed
        case is CancellationError:
            complain("interrupted; run the command again", in: context)
            return .failed
        default:
            // The name of the type helps whoever gets the report; its content may hold a record.
            complain(
                "something went wrong that Kith did not expect (\(type(of: error))); "
                    + "run 'kith doctor', and report this if it finds nothing", in: context)
            return .failed
        }
    }

    private static func complain(_ message: String, in context: CommandContext) {
        context.console.errors("kith: \(TerminalText.line(message))\n")
    }
}
