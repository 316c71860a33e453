import ArgumentParser
import Foundation
import KithModel
import KithSite

/// What an account's person is and may do.
struct RightsOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Some of the roles, with commas.", valueName: "roles"))
    var roles: String?

    @Option(
        help: ArgumentHelp("What they may read, with commas; none.", valueName: "compartments"))
    var compartments: String?

    @Option(
        help: ArgumentHelp("What they are, as it stands in entries.", valueName: "words"))
    var title: String?

    /// The roles that were named.
    func chosenRoles() throws -> [WebRole]? {
        try roles?.split(separator: ",").map { word in
            let word = String(word).trimmingSpaces.lowercased()
            guard let role = WebRole.allCases.first(where: { $0.word == word }) else {
                let known = WebRole.allCases.map(\.word).joined(separator: ", ")
                throw UsageProblem("--roles has no '\(word)'; it takes some of: \(known)")
            }
            return role
        }
    }

    /// The compartments that were named.
    func chosenCompartments() throws -> [Compartment]? {
        try compartments.map { $0 == "none" ? [] : try CompartmentList.parse($0) }
    }

    /// The title that was given.
    func chosenTitle() throws -> String? {
        try title.map { try PlainWords.checked($0, for: "--title") }
    }
}

/// `kith user add`.
struct AddUser: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Makes an account.",
        usage: """
            kith user add LOGIN --name NAME --roles ROLE[,ROLE] [--title WORDS] \\
                [--compartments C,C] [--json]
            """,
        discussion: """
            Prints a password that the person replaces when they first sign in, and a code that \
            they read into an authenticator app. Both are shown this once. Without --compartments \
            all are read but restricted.
            """)

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions
    @OptionGroup var rights: RightsOptions

    @Argument(help: "What they type to sign in, for example mary.okafor.")
    var login: String

    @Option(help: ArgumentHelp("The person's name.", valueName: "name"))
    var name: String

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        guard let roles = try rights.chosenRoles(), !roles.isEmpty else {
            let known = WebRole.allCases.map(\.word).joined(separator: ", ")
            throw UsageProblem("an account needs --roles, some of: \(known)")
        }
        let report = try await site.changeUser(
            UserChange(
                login: login,
                act: .add(
                    name: try PlainWords.checked(name, for: "--name"),
                    title: try rights.chosenTitle(), roles: roles,
                    compartments: try rights.chosenCompartments())))
        try UserPage(context).show(report, output, "Made the account \(report.user.login).")
        return .done
    }
}

/// `kith user roles`.
struct UserRights: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "roles", abstract: "Sets what an account's person is and may do.",
        usage: """
            kith user roles LOGIN [--roles ROLE[,ROLE]] [--compartments C,C] \\
                [--title WORDS] [--json]
            """)

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions
    @OptionGroup var rights: RightsOptions
    @Argument(help: "The login.") var login: String

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        let (title, roles, compartments) = (
            try rights.chosenTitle(), try rights.chosenRoles(), try rights.chosenCompartments()
        )
        guard title != nil || roles != nil || compartments != nil else {
            throw UsageProblem("nothing is to be set; give --roles, --compartments or --title")
        }
        let report = try await site.changeUser(
            UserChange(
                login: login, act: .rights(title: title, roles: roles, compartments: compartments)))
        try UserPage(context).show(report, output, "Set the rights of \(report.user.login).")
        return .done
    }
}

/// `kith user certificate`.
struct UserCertificate: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "certificate", abstract: "Issues a certificate for a person's browser.",
        usage: """
            kith user certificate LOGIN FILE.p12 [--passphrase-file FILE] [--json]
            kith user certificate LOGIN --revoke [--json]
            """,
        discussion: """
            Where web.browsers is 'certificate', only browsers that hold one get in, besides \
            password and code. The person imports the file with the passphrase; then remove it. \
            --revoke takes back all that the account has.
            """)

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions
    @OptionGroup var passphrase: PassphraseOption

    @Argument(help: "The login.") var login: String
    @Argument(help: "A file that does not exist yet.") var file: String?

    @Flag(name: .customLong("revoke"), help: "Take back all certificates of the account.")
    var isRevoked = false

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        guard isRevoked != (file != nil) else {
            throw UsageProblem("give the file to write, or --revoke")
        }
        if isRevoked {
            let report = try await site.changeUser(
                UserChange(login: login, act: .revokeCertificates))
            try UserPage(context).show(
                report, output, "\(report.user.login) has no certificates any more.")
            return .done
        }
        let words = try passphrase.chosen(in: context)
        var report = try await site.changeUser(
            UserChange(login: login, act: .certificate(passphrase: words)))
        if let file, let bytes = report.certificate { try NewFile.write(bytes, to: file) }
        report.certificate = nil
        try UserPage(context).show(
            report, output,
            "Wrote a certificate of \(report.user.login) to \(file ?? ""): import it in their "
                + "browser, then remove the file.")
        return .done
    }
}
