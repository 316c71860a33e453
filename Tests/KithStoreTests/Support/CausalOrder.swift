import KithModel
import KithProtocol

/// SplitMix64: a failure names the seed that repeats it.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    init(seed: Int) { state = UInt64(seed) }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

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
    func batches(using random: inout SplitMix) -> [[ReceivedEntry]] {
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
