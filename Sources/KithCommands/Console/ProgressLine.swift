import KithModel
import KithSite
import Synchronization

/// Says on standard error how far long work is: one line that is rewritten on a terminal, a line
/// every few seconds elsewhere, so that a log of a night stays short.
final class ProgressLine: Sendable {
    private let console: Console
    private let state = Mutex(State())

    private struct State {
        var last: Instant?
        var subject = ""
        /// How far each session is, by the peer's name: several run at once.
        var sessions: [String: SyncProgress] = [:]
        var isDirty = false
    }

    init(_ console: Console) {
        self.console = console
    }

    /// Shows how far a session is; of several, how far they are together.
    func show(_ progress: SyncProgress) {
        let sessions = state.withLock { state in
            state.sessions[progress.peer] = progress
            return state.sessions
        }
        func sum(_ part: (SyncProgress) -> Int) -> Int { sessions.values.map(part).reduce(0, +) }
        let whom = sessions.count == 1 ? progress.peer : "\(sessions.count) peers"
        let left = sessions.values.compactMap(\.secondsLeft).max()
        let parts = [
            "sent \(Self.part(sum(\.sent), of: sum(\.toSend)))",
            "received \(Self.part(sum(\.received), of: sum(\.toReceive)))",
            Amount.bytes(Int64(sum(\.bytesSent) + sum(\.bytesReceived))),
            left.flatMap(Self.rest),
        ].compactMap(\.self)
        show(subject: whom, "Syncing with \(whom): \(parts.joined(separator: ", "))")
    }

    private static func part(_ done: Int, of all: Int) -> String {
        all > done ? "\(done) of \(all)" : "\(done)"
    }

    /// How long it may still take; nil where it is not worth saying.
    private static func rest(_ seconds: Int) -> String? {
        switch seconds {
        case ..<5: nil
        case ..<90: "\((seconds + 9) / 10 * 10) s left"
        case ..<5400: "\((seconds + 30) / 60) min left"
        default: "\((seconds + 1800) / 3600) h left"
        }
    }

    /// Shows how far an import is.
    func show(_ progress: ImportProgress) {
        show(subject: "import", "Importing: \(progress.done) of \(progress.total) records")
    }

    /// Takes the line away again; call it before anything else is printed.
    func finish() {
        state.withLock { state in
            if state.isDirty { console.errors("\r\u{1B}[K") }
            state.isDirty = false
        }
    }

    private func show(subject: String, _ text: String) {
        let now = console.now()
        let line = DisplayWidth.cut(
            TerminalText.line(text), to: min(console.columns, CommandContext.widest) - 1)
        state.withLock { state in
            let pause: Int64 = console.isErrorTerminal ? 100 : 5000
            if subject == state.subject, let last = state.last,
                (0..<pause).contains(now.milliseconds - last.milliseconds)
            {
                return
            }
            state.subject = subject
            state.last = now
            if console.isErrorTerminal {
                console.errors("\r\u{1B}[K" + line)
                state.isDirty = true
            } else {
                console.errors(line + "\n")
            }
        }
    }
}
