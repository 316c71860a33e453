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
        ])
        for peer in peers {
            table.add([
                peer.name, peer.site.short, address(of: peer),
                context.time(peer.lastEqual, orElse: "never"), String(peer.entriesToSend),
            ])
        }
        return table.lines(width: context.width) + problems(of: peers)
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
