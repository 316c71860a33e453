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
        let sent = sessions.values.reduce(0) { $0 + $1.sent }
        let toSend = sessions.values.reduce(0) { $0 + $1.toSend }
        let received = sessions.values.reduce(0) { $0 + $1.received }
        let whom = sessions.count == 1 ? progress.peer : "\(sessions.count) peers"
        let sending = toSend > 0 ? "\(sent) of \(toSend)" : "\(sent)"
        show(subject: whom, "Syncing with \(whom): sent \(sending), received \(received)")
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
