import ArgumentParser
import Foundation
import KithModel
import KithSite

/// `kith init`: makes a site.
struct InitCommand: Runnable {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Makes a new site in an empty or missing folder.",
        usage: """
            kith init --home DIR --name NAME --kind KIND [--ods CODE] \\
                [--recovery-kit FILE [--passphrase-file FILE]] [--json]
            """,
        discussion: "KIND is one of: \(kinds.concepts.map(\.word).joined(separator: ", ")).")

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions
    @OptionGroup var passphrase: PassphraseOption

    @Option(help: "What people call the site.")
    var name: String

    @Option(help: "What kind of organisation it is.")
    var kind: String

    @Option(help: ArgumentHelp("Its ODS code, if it has one.", valueName: "code"))
    var ods: String?

    @Option(
        name: .customLong("recovery-kit"),
        help: ArgumentHelp("Write a recovery kit there, to print.", valueName: "file"))
    var kit: String?

    private static var kinds: CodeSet {
        guard let set = CodeSet.all["organisationKind"] else {
            preconditionFailure("the vocabulary has no code set organisationKind")
        }
        return set
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let home = try place.path(in: context)
        let name = try PlainWords.checked(name, for: "--name")
        guard let kind = Self.kinds.concept(for: kind) else {
            let words = Self.kinds.concepts.map(\.word).joined(separator: ", ")
            throw UsageProblem("--kind '\(self.kind)' is not known; it takes one of: \(words)")
        }
        let code = try ods.map { text in
            guard let code = ODSCode(text) else {
                throw UsageProblem(
                    "--ods '\(text)' is not an ODS code; it has three to ten letters and digits, "
                        + "for example A81001")
            }
            return code.description
        }
        guard kit != nil || passphrase.file == nil else {
            throw UsageProblem("a passphrase is only for --recovery-kit FILE")
        }
        let words = try kit.map { file in
            guard !FileManager.default.fileExists(atPath: file) else {
                throw UsageProblem("there is a file \(file) already; choose another name")
            }
            return try passphrase.chosen(in: context)
        }
        let site = try await context.opener.initialise(
            home: home, name: name, kind: kind.code, ods: code)
        if let kit, let words {
            try await RecoveryKitPage(context).write(to: kit, under: words, home: home)
        }
        if output.isJSON {
            try context.printJSON(site)
            return .done
        }
        context.print([
            Line("Made the site ") + Line(site.name, .bold) + Line(" in \(site.home)."),
            Line("Site id: \(site.site)"), "",
            kit.map { Line("The recovery kit is in \($0): print it, and lock the page away.") }
                ?? "Print a recovery kit: 'kith recovery-kit FILE' writes one.",
            "", "Next: 'kith partnership create NAME --purpose TEXT' to found a partnership, or",
            "      'kith partnership join CODE' with a code from a partner.",
        ])
        return .done
    }
}
