import ArgumentParser
import KithModel
import KithSite

/// `kith peer pair`: two people on the phone make their sites known to each other.
struct PairPeer: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "pair", abstract: "Makes two sites known to each other, over the phone.",
        usage: "kith peer pair [HOST:PORT]",
        discussion: """
            One of the two runs it without an address, while its 'kithd' runs: it waits for ten \
            minutes. The other gives the address at which the first is reached. Both are shown six \
            words and read them to each other: only when they are the same is nobody in between. \
            No script can do that, so it needs a terminal. Afterwards a steward takes the other \
            site into a partnership with 'kith partnership admit'.
            """)

    @OptionGroup var place: HomeOption

    @Argument(help: ArgumentHelp("Where the other site waits.", valueName: "host:port"))
    var address: String?

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        guard context.console.isInteractive else {
            throw UsageProblem("two people have to compare words; run this on a terminal")
        }
        let address = try address.map { try Address.checked($0) }
        var request = PairingRequest(address: address)
        while true {
            if address == nil {
                let own = try await site.profile().addresses.first ?? "HOST:PORT (of this site)"
                context.note([Line("Waiting. The partner runs: kith peer pair \(own)")])
            }
            let comparison = try await site.pair(request)
            context.note(lines(comparison, context))
            let isSame = context.confirms("Did you both read the same six words?")
            let outcome = try await site.decidePairing(
                PairingDecision(id: comparison.id, isSame: isSame))
            if let peer = outcome.peer {
                context.print(
                    "Paired with \(peer.name) (\(peer.site.short)). Next, where a steward is: "
                        + "'kith partnership admit \(peer.site.short)'.")
                return .done
            }
            guard address == nil, outcome.triesLeft > 0 else {
                context.note([
                    "Not paired; nothing was changed. If the words differ again, somebody may be",
                    "in between: pair by code, or carry the code there.",
                ])
                return .failed
            }
            context.note([
                Line(
                    "Not paired. Waiting again; "
                        + "\(Amount.count(outcome.triesLeft, "try", "tries")) left.")
            ])
            request.isAnotherTry = true
        }
    }

    private func lines(_ comparison: ComparisonView, _ context: CommandContext) -> [Line] {
        let kind = CodeSet.all["organisationKind"]?.concept(for: comparison.kind)?.display
        let page = PartnershipPage(context)
        return page.labelled("Calls itself", comparison.name)
            + page.labelled("Is, it says, a", kind ?? comparison.kind)
            + page.labelled("Site id", comparison.site.description)
            + ["", Line("    " + comparison.words.joined(separator: "  "), .bold), ""]
            + ["Read these words to each other, in this order."]
    }
}
