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

    /// A line for each fellow member of a partnership that the record is shared in, and who has signed that
    /// it holds what is read here.
    func lines(
        _ peers: [PeerView], partnership: String, receipts: [VersionReceipt] = []
    ) -> [Line] {
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
        } + received(receipts)
    }

    private func received(_ receipts: [VersionReceipt]) -> [Line] {
        let holders = receipts.filter(\.hasReceived).map { receipt in
            receipt.name + (receipt.signed.map { " (signed \(context.time($0)))" } ?? "")
        }
        let others = receipts.filter { !$0.hasReceived }.map(\.name)
        var sentences: [String] = []
        if !holders.isEmpty {
            sentences.append("This version is held by \(holders.joined(separator: ", ")).")
        }
        if !others.isEmpty {
            sentences.append("Not yet signed for by \(others.joined(separator: ", ")).")
        }
        guard !sentences.isEmpty else { return [] }
        return Wrapping.lines(
            TerminalText.line(sentences.joined(separator: " ")), width: context.width
        ).map { Line($0, .plain) }
    }

    private func words(_ peer: PeerView) -> (String, isStale: Bool) {
        guard let last = peer.lastEqual else {
            return ("never met; nothing of theirs is here", true)
        }
        let age = context.console.now().milliseconds - last.milliseconds
        return ("had and gave everything at \(context.time(last))", age > Self.stale)
    }
}
