import Foundation
import KithCommands
import KithControl
import KithExchange
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
        return files.find(paths).map { found in
            let reading = reader.read(found, from: files)
            return FHIRReading(
                file: reading.file, records: reading.records, mapped: reading.mapped,
                unmapped: reading.unmapped, problem: reading.problem?.description)
        }
    }
}
