import KithModel
import KithSite

/// How current what is shown is: when each partner's words last arrived, and who has provably received
/// ours (P5).
struct Currency {
    /// How long ago a partner was proven to be level with this site before people are told.
    static let lateHours: Int64 = 36

    /// The words for one partner, with a level that is also said in words.
    static func nodes(_ peers: [PeerView], in partnership: String?, _ visit: Visit) -> [Node] {
        peers.filter { partnership == nil || $0.partnerships.contains(partnership ?? "") }
            .map { node($0, visit) }
    }

    private static func node(_ peer: PeerView, _ visit: Visit) -> Node {
        let now = visit.now.milliseconds
        let age = peer.lastEqual.map { now - $0.milliseconds }
        let isLate = age.map { $0 > lateHours * 3_600_000 } ?? true
        let level = age == nil ? "never" : (isLate ? "late" : "current")
        let word =
            switch level {
            case "never": "Not heard from"
            case "late": "Not up to date"
            default: "Up to date"
            }
        return [
            "name": ShownText(line: peer.name).text, "level": level, "word": word,
            "isLate": isLate,
            "heard": peer.lastEqual.map {
                "their entries are complete up to \(visit.review.words($0))"
            } ?? "nothing of theirs has arrived yet",
            "received": received(peer, visit),
            "partnerships": peer.partnerships.map { ShownText(line: $0).text }
                .joined(separator: ", "),
        ]
    }

    /// What a partner has of what is here. How many entries it lacks is told to whoever may read them all:
    /// to others the number would tell how much is written where they may not read.
    private static func received(_ peer: PeerView, _ visit: Visit) -> String {
        let reads = visit.session?.user.compartments ?? []
        let lacked =
            Compartment.granted.allSatisfy(reads.contains)
            ? "\(peer.entriesToSend) entries" : "everything"
        return peer.entriesToSend == 0
            ? "they have received everything from here"
            : "they have not proved to hold \(lacked) from here"
    }

    /// Who has signed that they hold what is on the page, and who has not, a sentence each.
    static func receipts(_ receipts: [VersionReceipt], _ visit: Visit) -> [String] {
        let holders = receipts.filter(\.hasReceived).map { receipt in
            let name = ShownText(line: receipt.name).text
            return receipt.signed.map { "\(name) (signed \(visit.review.words($0)))" } ?? name
        }
        let others = receipts.filter { !$0.hasReceived }.map { ShownText(line: $0.name).text }
        return
            (holders.isEmpty
            ? [] : ["What is on this page is held by \(holders.joined(separator: ", "))."])
            + (others.isEmpty ? [] : ["Not yet signed for by \(others.joined(separator: ", "))."])
    }

    /// One sentence when something may be missing.
    static func warning(_ peers: [PeerView], in partnership: String?, _ visit: Visit) -> String? {
        let late = nodes(peers, in: partnership, visit).filter { $0["isLate"] as? Bool == true }
        guard !late.isEmpty else { return nil }
        let names = late.compactMap { $0["name"] as? String }.joined(separator: ", ")
        return
            "Not everything may be here: no complete exchange with \(names) in the last \(lateHours) hours."
    }
}
