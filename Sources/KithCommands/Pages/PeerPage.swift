import KithModel
import KithSite

/// Peers as people read them.
struct PeerPage {
    private let context: CommandContext

    init(_ context: CommandContext) {
        self.context = context
    }

    /// A row for each peer, then what is wrong.
    func lines(_ peers: [PeerView]) -> [Line] {
        var table = Table([
            .init("Peer"), .init("Site", fixed: true), .init("Address"),
            .init("Last equal", fixed: true), .init("To send", number: true),
            .init("To get", number: true),
        ])
        for peer in peers {
            table.add([
                peer.name, peer.site.short, address(of: peer),
                context.time(peer.lastEqual, orElse: "never"), String(peer.entriesToSend),
                String(peer.lags.reduce(0) { $0 + $1.entriesToReceive }),
            ])
        }
        return table.lines(width: context.width) + peers.flatMap(lag) + problems(of: peers)
    }

    /// Where a peer and this site are apart, a line for each partnership in which they are.
    func lag(_ peer: PeerView) -> [Line] {
        peer.lags.filter { $0.isBehind || $0.blocked != nil }.flatMap { lag -> [Line] in
            var parts: [String] = []
            if lag.entriesToSend > 0 {
                let oldest = lag.oldestToSend.map { ", the oldest of \(context.time($0))" } ?? ""
                parts.append(
                    "\(lag.entriesToSend) to send (about \(Amount.bytes(Int64(lag.bytesToSend)))\(oldest))"
                )
            }
            if lag.entriesToReceive > 0 {
                let stated = lag.stated.map { ", as of \(context.time($0))" } ?? ""
                parts.append(
                    "\(lag.entriesToReceive) to get (about \(Amount.bytes(Int64(lag.bytesToReceive)))\(stated))"
                )
            }
            // A failed session is told below, once for the peer.
            if let blocked = lag.blocked, blocked != peer.lastProblem { parts.append(blocked) }
            guard !parts.isEmpty else { return [] }
            return Labelled("·", indent: 2, labelWidth: 2, look: .plain)
                .lines(
                    "\(peer.name), \(lag.partnership): \(parts.joined(separator: "; "))",
                    width: context.width)
        }
    }

    /// What went wrong with the peers of which something did.
    func problems(of peers: [PeerView]) -> [Line] {
        peers.flatMap { peer -> [Line] in
            guard
                let problem = peer.lastProblem
                    ?? (peer.isCertificateExpired ? "its certificate has expired" : nil)
            else { return [] }
            let when = peer.lastAttempt.map { " (tried \(context.time($0)))" } ?? ""
            return Labelled("!", indent: 0, labelWidth: 2, look: .alarm)
                .lines("\(peer.name): \(problem)\(when)", width: context.width)
        }
    }

    /// Sets something of a peer and says how it stands now.
    func set(
        _ change: PeerChange, on site: any Site, asJSON isJSON: Bool
    ) async throws -> ExitStatus {
        let peer = try await site.setPeer(change)
        if isJSON {
            try context.printJSON(peer)
        } else {
            context.print(
                peer.addresses.isEmpty
                    ? "\(peer.name) is not dialled: it has no address here."
                    : "\(peer.name) is at \(peer.addresses.joined(separator: ", ")); the nightly "
                        + "sync \(peer.isEnabled ? "dials" : "does not dial") it.")
        }
        return .done
    }

    private func address(of peer: PeerView) -> String {
        let first = peer.addresses.first ?? "dials us"
        let more = peer.addresses.count > 1 ? " +\(peer.addresses.count - 1)" : ""
        let mark = peer.partnerships.isEmpty ? " (former)" : peer.isEnabled ? "" : " (off)"
        return first + more + mark
    }
}
