import KithModel
import KithSite

/// How current what is read here can be: when each partner was last proved to hold the same.
struct CurrencyLines {
    /// After how long without word of a partner a reader is warned.
    static let stale: Int64 = 24 * 60 * 60 * 1000

    private let context: CommandContext

    init(_ context: CommandContext) {
        self.context = context
    }

    /// A line for each fellow member of a partnership that the record is shared in.
    func lines(_ peers: [PeerView], partnership: String) -> [Line] {
        let fellows = peers.filter { $0.partnerships.contains(partnership) }
        guard !fellows.isEmpty else {
            return [Line("Kept at this site alone: no partner shares it.", .dim)]
        }
        return fellows.flatMap { peer -> [Line] in
            let (words, isStale) = words(peer)
            return Wrapping.lines(
                TerminalText.line("\(isStale ? "!! " : "")\(peer.name): \(words)"),
                width: context.width
            ).map { Line($0, isStale ? .alarm : .plain) }
        }
    }

    private func words(_ peer: PeerView) -> (String, isStale: Bool) {
        guard let last = peer.lastEqual else {
            return ("never met; nothing of theirs is here", true)
        }
        let age = context.console.now().milliseconds - last.milliseconds
        return ("had and gave everything at \(context.time(last))", age > Self.stale)
    }
}
