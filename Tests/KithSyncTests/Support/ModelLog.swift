import Foundation
import KithModel
import KithProtocol

/// A log without a database: entries in the order in which they arrived, with forks. Nothing is
/// signed.
struct ModelLog: Sendable {
    /// One compartment of one partnership.
    struct Area: Hashable, Sendable {
        let partnership: PartnershipID
        let compartment: Compartment
    }

    private var arrived: [EntryHash] = []
    private var headers: [EntryHash: EntryHeader] = [:]
    /// Entries that something else builds on.
    private var inner: Set<EntryHash> = []

    var hashes: Set<EntryHash> { Set(headers.keys) }

    /// The entries of a site, in the order in which they came.
    func entries(in area: Area, by author: UInt8) -> [Position] {
        arrived.compactMap(position).filter {
            headers[$0.hash]?.area == area && $0.feed.author.bytes.first == author
        }
    }

    /// Writes entries at the end of a chain; `branch` sets apart what forks from the same entry.
    @discardableResult
    mutating func write(
        _ count: Int, in area: Area, by author: UInt8, after last: Position? = nil,
        branch: Int64 = 0
    ) -> [Position] {
        guard let site = SiteID(bytes: Array(repeating: author, count: 32)) else { return [] }
        let feed = FeedID(author: site, incarnation: 7, compartment: area.compartment)
        var positions: [Position] = []
        for _ in 0..<count {
            let previous = positions.last ?? last
            let header = EntryHeader(
                partnership: area.partnership, feed: feed,
                sequence: (previous?.sequence ?? 0) + 1, previous: previous?.hash, knows: [],
                recorded: Instant(milliseconds: branch),
                entryClass: area.compartment == .membership ? .membership : .record, parts: [])
            let hash = EntryHash(header: header.encoded())
            insert(header, hash)
            positions.append(Position(feed: feed, sequence: header.sequence, hash: hash))
        }
        return positions
    }

    private mutating func insert(_ header: EntryHeader, _ hash: EntryHash) {
        guard headers[hash] == nil else { return }
        headers[hash] = header
        arrived.append(hash)
        if let previous = header.previous { inner.insert(previous) }
    }

    /// Stores what fits, up to the first entry that does not.
    mutating func ingest(
        _ entries: [ReceivedEntry], allowed: Set<Area>
    ) -> (stored: Int, isMembershipChanged: Bool, refusal: String?) {
        var (stored, isMembershipChanged) = (0, false)
        for entry in entries {
            let hash = EntryHash(header: entry.header)
            guard let header = try? EntryHeader(decoding: entry.header),
                allowed.contains(header.area),
                header.previous.map({ headers[$0] != nil }) ?? true
            else { return (stored, isMembershipChanged, "an entry does not fit") }
            if headers[hash] == nil { stored += 1 }
            if header.area.compartment == .membership { isMembershipChanged = true }
            insert(header, hash)
        }
        return (stored, isMembershipChanged, nil)
    }

    func frontier(_ area: Area) -> [Position] {
        arrived.filter { !inner.contains($0) }.compactMap(position).filter {
            headers[$0.hash]?.area == area
        }
    }

    /// Entries of every branch of a feed at distances of 1, 2, 4, … from its end, and its first.
    func samples(of feed: FeedID, in area: Area, against leaves: [Position]) -> [Position] {
        let held = leaves.filter { headers[$0.hash] != nil }
        if !leaves.isEmpty, held.count == leaves.count { return held }
        return held
            + frontier(area).filter { $0.feed == feed }.flatMap { leaf in
                let chain = lineage(of: leaf.hash)
                let distances = (0..<62).map { 1 << $0 }.prefix { $0 < chain.count - 1 }
                return (distances.map { chain[$0] } + chain.suffix(1)).compactMap(position)
            }
    }

    /// What is not in the past of the positions given, in the order of arrival.
    func missing(from known: [Position], in area: Area) -> [EntryHash] {
        let held = Set(known.flatMap { lineage(of: $0.hash) })
        return arrived.filter { headers[$0]?.area == area && !held.contains($0) }
    }

    /// The order in which entries came here.
    func arrival(of hash: EntryHash) -> Int? { arrived.firstIndex(of: hash) }

    func received(_ hash: EntryHash) -> ReceivedEntry? {
        headers[hash].map { ReceivedEntry(header: $0.encoded(), signature: Data(), parts: []) }
    }

    /// An entry and all before it, latest first; empty when it is not here.
    private func lineage(of hash: EntryHash) -> [EntryHash] {
        var chain: [EntryHash] = []
        var next: EntryHash? = hash
        while let hash = next, let header = headers[hash] {
            chain.append(hash)
            next = header.previous
        }
        return chain
    }

    private func position(_ hash: EntryHash) -> Position? {
        headers[hash].map { Position(feed: $0.feed, sequence: $0.sequence, hash: hash) }
    }
}

extension EntryHeader {
    var area: ModelLog.Area {
        ModelLog.Area(partnership: partnership, compartment: feed.compartment)
    }
}
