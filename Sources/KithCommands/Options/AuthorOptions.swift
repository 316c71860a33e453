import ArgumentParser
import KithSite

/// Who writes: from options, the environment, or the login.
struct AuthorOptions: ParsableArguments {
    @Option(
        name: .customLong("as"),
        help: ArgumentHelp("Who writes (or KITH_USER_NAME; else your login).", valueName: "name"))
    var name: String?

    @Option(
        name: .customLong("role"),
        help: ArgumentHelp(
            "In which role (or KITH_USER_ROLE; else administrator).", valueName: "role"))
    var role: String?

    /// The person at the keyboard.
    func author(in context: CommandContext) throws -> Author {
        try context.user(name: name, role: role)
    }
}

/// Whose act it was, when not that of whoever types it.
struct PerformerOptions: ParsableArguments {
    @Flag(
        name: .customLong("attest"),
        help: "Write it as a clinical decision (class 'decision').")
    var isAttested = false

    @Option(
        name: .customLong("performer"),
        help: ArgumentHelp("Who did or decided it, if somebody else.", valueName: "name"))
    var performer: String?

    @Option(
        name: .customLong("performer-role"),
        help: ArgumentHelp("That person's role.", valueName: "role"))
    var performerRole: String?

    /// The person named, if one is.
    func author() throws -> Author? {
        guard let performer else {
            guard performerRole == nil else {
                throw UsageProblem("--performer-role needs --performer NAME as well")
            }
            return nil
        }
        return Author(
            user: "", name: try PlainWords.checked(performer, for: "--performer"),
            role: try performerRole.map { try PlainWords.checked($0, for: "--performer-role") }
                ?? "")
    }
}

extension CommandContext {
    /// The person at the keyboard: what options say, else the environment, else the login.
    func user(name: String? = nil, role: String? = nil) throws -> Author {
        func given(_ option: String?, _ variable: String) -> String? {
            if let option { return option }
            let value = console.environment[variable] ?? ""
            return value.isEmpty ? nil : value
        }
        return Author(
            user: console.login,
            name: try PlainWords.checked(
                given(name, "KITH_USER_NAME") ?? console.login, for: "--as"),
            role: try PlainWords.checked(
                given(role, "KITH_USER_ROLE") ?? "administrator", for: "--role"))
    }
}
