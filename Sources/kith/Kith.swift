import Foundation
import KithCommands
import KithControl
import KithExchange
import KithModel
import KithSite

/// The command line of a site.
@main
enum Kith {
    static func main() async {
        // Whatever is made is for this user alone.
        umask(0o077)
        exit(await KithProgram.main(HomeOpener()))
    }
}

/// Opens a site through the daemon when it runs, else in this process (D33).
struct HomeOpener: SiteOpener {
    let version = LocalSite.programVersion

    func open(home: String) async throws -> any Site {
        try Home(path: home).check()
        if let daemon = try ControlClient(home: Home(path: home).path, version: version) {
            return daemon
        }
        return try await LocalSite.open(home: home)
    }

    func close(_ site: any Site) async {
        if let local = site as? LocalSite { await local.close() }
    }

    func initialise(
        home: String, name: String, kind: String, ods: String?
    ) async throws -> SiteView {
        try await LocalSite.initialise(home: home, name: name, kind: kind, ods: ods)
    }

    func recover(
        kit: String, passphrase: String, home: String,
        progress: @escaping @Sendable (SyncProgress) -> Void
    ) async throws -> RecoveryReport {
        try await LocalSite.recover(
            kit: kit, passphrase: passphrase, home: home, progress: progress)
    }

    func restore(backup: String, home: String) async throws -> BackupReport {
        try await LocalSite.restore(backup: backup, home: home)
    }

    func readFHIR(_ paths: [String]) async throws -> [FHIRReading] {
        let files = FHIRFiles()
        let reader = FHIRReader()
        return files.find(paths).map { reader.read($0, from: files).forCommands }
    }

    func readContacts(_ paths: [String]) async throws -> [FHIRReading] {
        let files = FHIRFiles(extensions: ["vcf", "csv"])
        let reader = ContactExchange()
        return files.find(paths).map { reader.read($0, from: files).forCommands }
    }

    func export(
        _ order: ExportOrder, from site: any Site, now: Instant
    ) async throws -> ExportedFile {
        switch order {
        case .fhir(let residents, let partnership, let includesRestricted):
            let made = try await FHIRExport(site).bundle(
                ExportRequest(
                    residents: residents, partnership: partnership,
                    includesRestricted: includesRestricted), now: now)
            return ExportedFile(
                text: made.text, counts: made.resources, undecided: made.undecided,
                partnership: made.partnership, hasRestrictedLeft: made.hasRestrictedLeft)
        case .contacts(let format, let partnership):
            let made = try await ContactExchange().export(
                format == .csv ? .csv : .vcard, from: site, partnership: partnership)
            return ExportedFile(
                text: made.text, counts: made.records, undecided: made.undecided,
                partnership: made.partnership)
        case .calendar(let partnership):
            let made = try await CalendarExport(site).calendar(partnership: partnership, now: now)
            return ExportedFile(
                text: made.text, counts: ["events": made.events], undecided: made.undecided,
                partnership: made.partnership)
        }
    }
}

extension ImportReading {
    /// The same for the commands, which know no file formats.
    fileprivate var forCommands: FHIRReading {
        FHIRReading(
            file: file, records: records, mapped: mapped, unmapped: unmapped,
            problem: problem?.description)
    }
}
