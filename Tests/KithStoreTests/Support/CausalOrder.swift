import KithModel
import KithProtocol
import KithTestSupport

/// Entries with what each builds on, to be delivered in any order that respects it.
struct CausalOrder: Sendable {
    private let entries: [(entry: ReceivedEntry, hash: EntryHash, needs: [EntryHash])]

    init(_ entries: [ReceivedEntry]) throws {
        self.entries = try entries.map {
            let parsed = try ParsedEntry($0)
            return (
                $0, parsed.hash,
                parsed.header.knows.map(\.hash) + [parsed.header.previous].compactMap { $0 }
            )
        }
    }

    /// One of the orders, in batches of one to seven.
    func batches(using random: inout SeededGenerator) -> [[ReceivedEntry]] {
        var rest = entries
        var placed: Set<EntryHash> = []
        var batches: [[ReceivedEntry]] = [[]]
        var room = Int.random(in: 1...7, using: &random)
        while !rest.isEmpty {
            let ready = rest.indices.filter { rest[$0].needs.allSatisfy(placed.contains) }
            guard let chosen = ready.randomElement(using: &random) else {
                preconditionFailure("entries that build on what is not among them")
            }
            let next = rest.remove(at: chosen)
            placed.insert(next.hash)
            if room == 0 {
                batches.append([])
                room = Int.random(in: 1...7, using: &random)
            }
            room -= 1
            batches[batches.count - 1].append(next.entry)
        }
        return batches
    }
}
