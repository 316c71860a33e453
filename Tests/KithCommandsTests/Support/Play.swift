import KithCommands
import KithModel
import KithSite
import Synchronization
import Testing

/// Runs `kith` against a played site and keeps everything that it wrote.
struct Play {
    var site = PlayedSite()
    var answers: [String]?
    var environment = ["KITH_HOME": "/srv/elm"]
    var isTerminal = false
    var columns = 80
    var readings: [FHIRReading] = []
    /// What the person's editor does with a file.
    var editor: (@Sendable (String) -> Int32)?

    struct Result {
        let status: Int32
        let out: String
        let err: String
        let initialised: [String]
        let recovered: [String]
        let exports: [String]

        /// Whether standard error holds exactly one line that names the program.
        var isOneLine: Bool {
            err.hasPrefix("kith: ") && err.filter { $0 == "\n" }.count == 1 && err.hasSuffix("\n")
        }
    }

    func callAsFunction(_ arguments: String...) async -> Result { await run(arguments) }

    func run(_ arguments: [String]) async -> Result {
        let kept = Kept(answers ?? [])
        let opener = PlayedOpener(site: site, readings: readings, kept: kept)
        let console = Console(
            output: { kept.write(out: $0) }, errors: { kept.write(err: $0) },
            readLine: { kept.answer() }, readSecret: { kept.answer() },
            readKey: { kept.answer()?.first }, edit: { editor?($0) }, isInputTerminal: isTerminal,
            isOutputTerminal: isTerminal,
            isErrorTerminal: isTerminal, columns: columns, environment: environment, login: "jdoe",
            zone: Samples.zone, now: { Samples.now })
        let status = await KithProgram.run(arguments, opener: opener, console: console)
        return kept.state.withLock {
            Result(
                status: status, out: $0.out, err: $0.err, initialised: $0.initialised,
                recovered: $0.recovered, exports: $0.exports)
        }
    }
}

/// What a played console and opener keep.
final class Kept: Sendable {
    struct State {
        var out = ""
        var err = ""
        var answers: [String]
        var initialised: [String] = []
        var recovered: [String] = []
        var exports: [String] = []
    }

    let state: Mutex<State>

    init(_ answers: [String]) { state = Mutex(State(answers: answers)) }
    func write(out text: String) { state.withLock { $0.out += text } }
    func write(err text: String) { state.withLock { $0.err += text } }
    func answer() -> String? {
        state.withLock { $0.answers.isEmpty ? nil : $0.answers.removeFirst() }
    }
}

struct PlayedOpener: SiteOpener {
    let version = "9.9.9"
    let site: PlayedSite
    let readings: [FHIRReading]
    let kept: Kept

    func open(home: String) async throws -> any Site {
        guard home == "/srv/elm" else {
            throw SiteError(.home, "\(home) is not a site; 'kith init' makes one")
        }
        return site
    }

    func initialise(home: String, name: String, kind: String, ods: String?) async throws -> SiteView
    {
        kept.state.withLock { $0.initialised = [home, name, kind, ods ?? "-"] }
        return Samples.profile
    }

    func recover(
        kit: String, passphrase: String, home: String,
        progress: @escaping @Sendable (SyncProgress) -> Void
    ) async throws -> RecoveryReport {
        kept.state.withLock { $0.recovered = [kit, passphrase, home] }
        return RecoveryReport(
            site: Samples.profile, made: Samples.now,
            partners: [
                .init(
                    site: Samples.practice, addresses: ["gp.example.org:7443"],
                    partnerships: ["Elm and Patel"]),
                .init(
                    site: Samples.siteID(9), addresses: ["trust.example.org:7443"],
                    problem: "the address does not answer"),
            ], sessions: [Samples.session()])
    }

    func restore(backup: String, home: String) async throws -> BackupReport {
        BackupReport(
            file: backup, site: "Elm House", made: Samples.now, entries: 12, bytes: 4096,
            replaced: home + "/kith.sqlite.before-restore-1")
    }

    func readFHIR(_ paths: [String]) async throws -> [FHIRReading] { readings }
    func readContacts(_ paths: [String]) async throws -> [FHIRReading] { readings }

    func export(
        _ order: ExportOrder, from site: any Site, now: Instant
    ) async throws -> ExportedFile {
        kept.state.withLock { $0.exports.append("\(order)") }
        return ExportedFile(
            text: "BEGIN\n", counts: ["Patient": 2, "Flag": 1], undecided: 1,
            partnership: "Elm and \u{1B}[31mPatel", hasRestrictedLeft: true)
    }
}

/// Columns by an independent count: two for the blocks that East Asian terminals draw wide.
func columns(_ line: some StringProtocol) -> Int {
    line.unicodeScalars.reduce(0) { sum, scalar in
        switch scalar.value {
        case 0x0300...0x036F, 0x200D, 0xFE0F: sum
        case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFF00...0xFF60,
            0x1F300...0x1FAFF:
            sum + 2
        default: sum + 1
        }
    }
}

/// Checks that every line fits 80 columns and holds nothing that a terminal acts on.
func expectFits(_ text: String, _ location: SourceLocation = #_sourceLocation) {
    for line in text.split(separator: "\n", omittingEmptySubsequences: true) {
        #expect(columns(line) <= 80, "\(line)", sourceLocation: location)
    }
    let harmful = text.unicodeScalars.filter {
        ($0.value < 0x20 && $0.value != 0x0A) || (0x7F..<0xA0).contains($0.value)
            || (0x202A...0x202E).contains($0.value) || (0x2066...0x2069).contains($0.value)
    }
    #expect(harmful.isEmpty, "\(harmful)", sourceLocation: location)
}
