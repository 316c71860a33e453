import ArgumentParser
import Foundation
import KithSite

/// `kith sync`: one session with each peer, now.
struct SyncCommand: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync", abstract: "Syncs now with the named peers, or with all.",
        usage: "kith sync [PEER…] [--urgent] [--json]",
        discussion: """
            Exit status 1 when a session failed. With --json the report is on standard output, and
            standard error has a line whenever a session gets on: entries ("sent" of "toSend", "received" of
            "toReceive"), "bytesSent", "bytesReceived", and "secondsLeft" once that can be told.
            """)

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions

    @Flag(
        help:
            "Go on beyond what this site and the peer may move in a night or a second (sync.megabytes, sync.kilobits)."
    )
    var urgent = false

    @Argument(help: ArgumentHelp("Names or ids of peers.", valueName: "peer"))
    var peers: [String] = []

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        let progress = ProgressLine(context.console)
        defer { progress.finish() }
        let console = context.console
        let isJSON = output.isJSON
        let reports = try await site.sync(SyncRequest(peers, isUrgent: urgent)) {
            if isJSON { console.errors(Self.line($0)) } else { progress.show($0) }
        }
        progress.finish()
        if output.isJSON {
            try context.printJSON(["sessions": reports])
        } else if reports.isEmpty {
            context.print(
                "No peer has an address; 'kith peer add SITE --address HOST:PORT' gives one.")
        } else {
            context.print(SyncPage(context).lines(reports))
        }
        return SyncPage(context).tellProblems(reports) ? .done : .failed
    }

    /// How far a session is, as one line of JSON.
    static func line(_ progress: SyncProgress) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Plain members always encode; a line less would be no reason to stop a session.
        guard let bytes = try? encoder.encode(progress) else { return "" }
        return String(decoding: bytes, as: UTF8.self) + "\n"
    }
}
