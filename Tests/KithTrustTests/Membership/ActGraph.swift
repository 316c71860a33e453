import Foundation
import KithModel
import KithTrust

/// A small graph of membership acts and other entries, written by hand in tests.
final class ActGraph {
    /// One entry: what its author knew, and how far its author's feed was.
    struct Entry {
        let hash: EntryHash
        let author: SiteID
        let number: Int
        let past: Set<EntryHash>
        let depth: Int64
        var cut: Int?
    }

    struct Point: MembershipPoint {
        let entry: Entry
        let graph: [EntryHash: Entry]
        let compartment = Compartment.membership
        func knows(_ act: EntryHash) -> Bool { entry.past.contains(act) }
        func isWithin(cutOf act: EntryHash) -> Bool {
            graph[act]?.cut.map { entry.number <= $0 } ?? false
        }
    }

    private(set) var acts: [Membership.Act] = []
    private var entries: [EntryHash: Entry] = [:]
    private var last: [SiteID: EntryHash] = [:]
    private var salt: UInt8 = 0

    static func site(_ name: String) -> SiteID {
        SiteID(publicKeyDER: Array(name.utf8))
    }

    /// Writes an entry whose author knew its own earlier entries and everything before these.
    @discardableResult
    func entry(by author: String, knowing known: [EntryHash] = [], cut: Int? = nil) -> EntryHash {
        let site = Self.site(author)
        var past: Set<EntryHash> = []
        for hash in known + [last[site]].compactMap(\.self) {
            past.insert(hash)
            past.formUnion(entries[hash]?.past ?? [])
        }
        salt += 1
        let hash = EntryHash(header: Data([salt]))
        entries[hash] = Entry(
            hash: hash, author: site, number: number(of: author) + 1, past: past,
            depth: (past.compactMap { entries[$0]?.depth }.max() ?? 0) + 1, cut: cut)
        last[site] = hash
        return hash
    }

    /// How many entries a site has written.
    func number(of name: String) -> Int {
        last[Self.site(name)].flatMap { entries[$0]?.number } ?? 0
    }

    /// Writes an act; one that removes cuts the site's feed where it is now, or where it says.
    @discardableResult
    func act(
        by author: String, on site: String, _ content: Membership.Act.Content,
        knowing known: [EntryHash] = [], cut: Int? = nil
    ) -> EntryHash {
        let isRemoval: Bool
        switch content {
        case .change, .remove: isRemoval = true
        case .found, .admit, .elect: isRemoval = false
        }
        let end = isRemoval ? cut ?? number(of: site) : nil
        let hash = entry(by: author, knowing: known, cut: end)
        acts.append(
            Membership.Act(
                entry: hash, depth: entries[hash]?.depth ?? 0, author: Self.site(author),
                site: Self.site(site), content: content))
        return hash
    }

    /// The place of an entry.
    func point(_ hash: EntryHash) -> Point {
        guard let entry = entries[hash] else { preconditionFailure("no such entry") }
        return Point(entry: entry, graph: entries)
    }

    /// The acts judged together, handed over in any order.
    func membership(reversed: Bool = false) throws -> Membership {
        try Membership(acts: reversed ? acts.reversed() : acts) { point($0.entry) }
    }
}

extension Membership {
    /// What a site is granted by all the acts.
    func grant(_ name: String) throws -> Grant? { try grant(of: ActGraph.site(name)) }

    /// What the author of an entry was granted there.
    func grant(_ name: String, at point: ActGraph.Point) throws -> Grant? {
        try grant(of: ActGraph.site(name), at: point)
    }
}

extension Membership.Act.Content {
    static let steward = Self.admit(
        Grant(role: .steward, compartments: [.relations, .clinical], mayAttest: true))
    static let contributor = Self.admit(.contributing)
    static let removal = Self.remove(covers: [.membership, .relations, .clinical])
}

extension Grant {
    static let contributing = Grant(
        role: .contributor, compartments: [.relations, .clinical], mayAttest: false)
    static let commenting = Grant(role: .reviewer, compartments: [.relations], mayAttest: false)
}
