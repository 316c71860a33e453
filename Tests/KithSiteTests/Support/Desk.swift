import Foundation
import KithCommands
import KithModel
import KithSite
import Synchronization
import Testing

/// Somebody who works at a site with `kith`, in this process.
struct Desk: Sendable {
    let site: LocalSite

    /// Runs a command that has to succeed; gives what it printed.
    @discardableResult func run(
        _ arguments: [String], at location: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let (status, out, err) = await tried(arguments)
        #expect(
            status == 0, "\(arguments.prefix(3).joined(separator: " ")): \(err)",
            sourceLocation: location)
        return out
    }

    /// Runs a command; gives its exit status and what it printed.
    func tried(_ arguments: [String]) async -> (status: Int32, out: String, err: String) {
        let printed = Printed()
        let console = Console(
            output: { text in printed.out.withLock { $0 += text } },
            errors: { text in printed.err.withLock { $0 += text } },
            environment: ["KITH_HOME": "/site", "KITH_USER_NAME": "Night Nurse"], login: "nurse",
            zone: .current, now: { Instant(Date()) })
        let status = await KithProgram.run(arguments, opener: Opener(site: site), console: console)
        return (status, printed.out.withLock { $0 }, printed.err.withLock { $0 })
    }

    /// Runs a command that prints a record as JSON.
    func record(_ arguments: [String]) async throws -> RecordView {
        let out = try await run(arguments + ["--json"])
        return try JSONDecoder().decode(RecordView.self, from: Data(out.utf8))
    }

    private final class Printed: Sendable {
        let out = Mutex("")
        let err = Mutex("")
    }
}

/// Opens the one site, and can do nothing else.
private struct Opener: SiteOpener {
    struct Unused: Error {}

    let version = "9.9.9"
    let site: LocalSite

    func open(home: String) async throws -> any Site { site }
    func initialise(home: String, name: String, kind: String, ods: String?) async throws -> SiteView
    {
        throw Unused()
    }
    func recover(
        kit: String, passphrase: String, home: String,
        progress: @escaping @Sendable (SyncProgress) -> Void
    ) async throws -> RecoveryReport {
        throw Unused()
    }
    func restore(backup: String, home: String) async throws -> BackupReport { throw Unused() }
    func readFHIR(_ paths: [String]) async throws -> [FHIRReading] { throw Unused() }
    func readContacts(_ paths: [String]) async throws -> [FHIRReading] { throw Unused() }
    func export(
        _ order: ExportOrder, from site: any Site, now: Instant
    ) async throws -> ExportedFile { throw Unused() }
}
