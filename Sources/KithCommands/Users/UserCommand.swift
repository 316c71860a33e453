import ArgumentParser
import KithModel
import KithSite

/// `kith user`: who may use the web page.
struct UserCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user", abstract: "Accounts of the web page.",
        discussion: """
            An account belongs to one person, and signs in with a password and the six digits of \
            an authenticator app. Roles: reviewer (reads, comments, signs off), clinician (all \
            that, writes, and signs clinical decisions), care-staff (reads and writes), \
            administrator (accounts and how the site stands), auditor (who did what).
            """,
        subcommands: [
            ListUsers.self, AddUser.self, UserRights.self, DisableUser.self, EnableUser.self,
            ResetUser.self, UserCertificate.self,
        ])
}

/// `kith user list`.
struct ListUsers: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists the accounts.")

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        let users = try await site.users()
        if output.isJSON {
            try context.printJSON(["users": users])
        } else if users.isEmpty {
            context.print(
                "Nobody has an account yet; 'kith user add LOGIN --name NAME --roles ROLE' makes one."
            )
        } else {
            var table = Table([
                .init("Login"), .init("Name"), .init("Roles"), .init("Last signed in", fixed: true),
            ])
            for user in users {
                table.add([
                    user.login, user.name,
                    user.isDisabled ? "(disabled)" : user.roles.map(\.word).joined(separator: ", "),
                    context.time(user.signedIn, orElse: "never"),
                ])
            }
            context.print(table.lines(width: context.width))
        }
        return .done
    }
}

/// `kith user disable`.
struct DisableUser: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable", abstract: "Lets nobody sign in with an account; ends its sessions.")

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions
    @Argument(help: "The login.") var login: String

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        let report = try await site.changeUser(UserChange(login: login, act: .disable))
        try UserPage(context).show(
            report, output, "\(report.user.login) is disabled and signed out everywhere.")
        return .done
    }
}

/// `kith user enable`.
struct EnableUser: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "enable", abstract: "Lets a disabled account be used again.")

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions
    @Argument(help: "The login.") var login: String

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        let report = try await site.changeUser(UserChange(login: login, act: .enable))
        try UserPage(context).show(report, output, "\(report.user.login) can sign in again.")
        return .done
    }
}

/// `kith user reset`.
struct ResetUser: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset", abstract: "Makes a new password and a new code for the app.",
        usage: "kith user reset LOGIN [--json]",
        discussion: """
            For a forgotten password or a lost telephone. The old ones do not count any more, and \
            the account is signed out everywhere. Make sure that it is the person who asks.
            """)

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions
    @Argument(help: "The login.") var login: String

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        let report = try await site.changeUser(UserChange(login: login, act: .reset))
        try UserPage(context).show(report, output, "\(report.user.login) has a new password.")
        return .done
    }
}
