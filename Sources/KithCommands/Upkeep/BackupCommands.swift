import ArgumentParser
import Foundation
import KithSite

/// `kith backup`: writes a consistent copy of the database.
struct BackupCommand: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Writes a backup and checks it; kithd may go on running.",
        usage: "kith backup FILE [--with-identity [--passphrase-file FILE]] [--json]",
        discussion: """
            The backup holds everything that this site can read, in the clear: keep it where the \
            home itself would be safe. It holds no identity key: with --with-identity a recovery \
            kit is written beside it, under a passphrase, as FILE.kit.
            """)

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions
    @OptionGroup var passphrase: PassphraseOption

    @Argument(help: "A file that does not exist yet.")
    var file: String

    @Flag(name: .customLong("with-identity"), help: "Write a recovery kit beside it.")
    var isWithIdentity = false

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        guard isWithIdentity || passphrase.file == nil else {
            throw UsageProblem("a passphrase is only for --with-identity")
        }
        let words = try isWithIdentity ? passphrase.chosen(in: context) : nil
        let kit = file + ".kit"
        guard words == nil || !FileManager.default.fileExists(atPath: kit) else {
            throw UsageProblem("there is a file \(kit) already; choose another name")
        }
        let report = try await site.backUp(to: AbsolutePath.of(file))
        if let words {
            let page = RecoveryKitPage(context).text(
                try await site.recoveryKit(passphrase: words))
            try NewFile.write(page, to: kit)
            context.note([Line("Wrote the recovery kit to \(kit).")])
        }
        if output.isJSON {
            try context.printJSON(report)
        } else {
            context.print(
                "Backed up \(Amount.count(report.entries, "entry", "entries")) of \(report.site) "
                    + "to \(report.file) (\(Amount.bytes(report.bytes))), and checked them.")
        }
        return .done
    }
}

/// `kith restore`: puts a backup in the place of the database.
struct RestoreCommand: Runnable {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Puts a backup in the place of this site's database.",
        usage: "kith restore FILE [--yes] [--json]",
        discussion: """
            Stop kithd first. What this site wrote since the backup comes back from its partners \
            at the next sync; the replaced database is kept in the home.
            """)

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions

    @Argument(help: "A file that 'kith backup' wrote.")
    var file: String

    @Flag(name: .customLong("yes"), help: "Restore without asking.")
    var isYes = false

    func run(in context: CommandContext) async throws -> ExitStatus {
        let home = try place.path(in: context)
        guard try context.isAgreed("Replace the database of \(home)?", isYes: isYes) else {
            return .failed
        }
        let report = try await context.opener.restore(
            backup: AbsolutePath.of(file), home: home)
        if output.isJSON {
            try context.printJSON(report)
            return .done
        }
        context.print(
            "Restored \(report.site) as of \(context.time(report.made)) "
                + "(\(Amount.count(report.entries, "entry", "entries"))).")
        if let replaced = report.replaced {
            context.print("The database that was there is kept as \(replaced).")
        }
        context.print("Next: start kithd, then 'kith sync' brings back what partners hold.")
        return .done
    }
}

/// The daemon works in another folder than whoever asks it: paths go to it whole.
private enum AbsolutePath {
    static func of(_ path: String) -> String {
        path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }
}
