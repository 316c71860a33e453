import Foundation
import GRDB
public import KithModel
import KithProtocol
import KithTrust

/// How far a peer and this site are apart in one partnership, by what each has stated (D30).
public struct StoredLag: Sendable {
    /// The partnership.
    public let partnership: PartnershipID
    /// Entries here that the peer has not stated to hold.
    public internal(set) var toSend = 0
    /// About how many bytes those take.
    public internal(set) var bytesToSend = 0
    /// When the oldest of them was written, by its author's clock.
    public internal(set) var oldestToSend: Instant?
    /// Entries that the peer has stated to hold and that are not here.
    public internal(set) var toReceive = 0
    /// About how many bytes those take, if they are like those that are here.
    public internal(set) var bytesToReceive = 0
    /// When the peer last stated where it stands, by its clock.
    public internal(set) var stated: Instant?
}

extension StoreTransaction {
    /// So many entries' bytes are counted; of more, it is reckoned from what the partnership holds.
    private static let countedEntries = 1_000

    /// How far a peer and this site are apart in everything that they share.
    public func lags(with peer: SiteID, now: Instant) throws -> [StoredLag] {
        var lags: [PartnershipID: StoredLag] = [:]
        for sharing in try sharings(with: peer, now: now) {
            let id = sharing.id
            var lag = lags[id.partnership] ?? StoredLag(partnership: id.partnership)
            let stated = try statedFrontier(of: peer, on: id)
            let unsent = try unsent(beyond: stated, in: sharing)
            lag.toSend += unsent.count
            lag.bytesToSend += unsent.bytes
            if let written = try unsent.oldest.flatMap(recorded) {
                lag.oldestToSend = lag.oldestToSend.map { min($0, written) } ?? written
            }
            let lacking = try entriesLacking(of: stated, in: id)
            lag.toReceive += lacking
            lag.bytesToReceive += try lacking * averageBytes(in: id.partnership)
            if let time = try statement(by: peer, on: id)?.time {
                lag.stated = lag.stated.map { max($0, time) } ?? time
            }
            lags[id.partnership] = lag
        }
        return lags.values.sorted { $0.partnership < $1.partnership }
    }

    private func recorded(_ arrival: Int64) throws -> Instant? {
        try number("SELECT recorded_ms FROM entry WHERE arrival = ?", [arrival])
            .map { Instant(milliseconds: $0) }
    }

    /// How many entries are not in the past of what a peer stated, about their bytes, and the arrival number
    /// of the oldest. Very many are not looked at one by one: pages ask for this while a first sync runs.
    private func unsent(
        beyond stated: [Position], in sharing: Sharing
    ) throws -> (count: Int, bytes: Int, oldest: Int64?) {
        let partnership = sharing.id.partnership
        let stretches = try stretches(missingFrom: stated, in: sharing.id)
        let count = stretches.reduce(0) { $0 + $1.count }
        if sharing.end == nil, count > Self.countedEntries {
            let first = try stretches.compactMap {
                try number(
                    "SELECT arrival FROM entry WHERE chain = ? AND sequence = ?",
                    [$0.chain, $0.after + 1])
            }.min()
            return (count, try count * averageBytes(in: partnership), first)
        }
        let arrivals = count == 0 ? [] : try missing(from: stated, in: sharing)
        let bytes =
            arrivals.count > Self.countedEntries
            ? try arrivals.count * averageBytes(in: partnership) : try byteCount(at: arrivals)
        return (arrivals.count, bytes, arrivals.first)
    }

    /// Bytes of an entry of a partnership, on average.
    private func averageBytes(in partnership: PartnershipID) throws -> Int {
        let row = try partnershipRow(partnership)
        let entries =
            try number(
                """
                SELECT sum(last_sequence - fork_sequence) FROM feed JOIN chain ON chain.feed = feed.id
                WHERE partnership = ?
                """, [row]) ?? 0
        let bytes = try number("SELECT log_bytes FROM partnership WHERE id = ?", [row]) ?? 0
        return entries == 0 ? 0 : Int(bytes / entries)
    }

    /// Entries up to some leaves that are not here: those that come after what is here of each feed.
    private func entriesLacking(of leaves: [Position], in id: CompartmentID) throws -> Int {
        try leaves.entries(beyond: frontier(id), isHeld: holds)
    }
}

/// Whether a member has signed that it holds what this site shows of some records.
public struct StoredReceipt: Sendable {
    /// The member.
    public let site: SiteID
    /// Its name.
    public let name: String
    /// Whether it holds all of it.
    public let holdsAll: Bool
    /// When it signed that, by its clock; the last of several compartments. Nil when it never signed any.
    public let stated: Instant?
}

extension StoreTransaction {
    /// What the other members who are in their compartments have signed to hold of some records, as these
    /// are here now; by name.
    ///
    /// What stands is looked at and not all that was ever said: whoever holds an entry holds all that its
    /// author had seen, which is everything that it supersedes.
    public func receipts(ofRecords rows: [Int64]) throws -> [StoredReceipt] {
        var ends: [CompartmentID: [Int64: Int64]] = [:]
        for row in try self.rows(
            """
            SELECT partnership.uuid, feed.compartment, chain.id AS chain,
                max(entry.sequence) AS sequence
            FROM (SELECT DISTINCT operation.id >> 22 AS arrival
                FROM json_each(?) CROSS JOIN operation ON operation.record = json_each.value
                WHERE operation.is_superseded = 0) AS said
            CROSS JOIN entry ON entry.arrival = said.arrival
            CROSS JOIN chain ON chain.id = entry.chain
            CROSS JOIN feed ON feed.id = chain.feed CROSS JOIN partnership ON partnership.id = feed.partnership
            GROUP BY chain.id
            """, [Self.list(rows)])
        {
            guard let compartment = Compartment(rawValue: row["compartment"]) else { continue }
            let id = CompartmentID(try PartnershipID(blob: row["uuid"]), compartment)
            ends[id, default: [:]][row["chain"]] = row["sequence"]
        }
        var receipts: [SiteID: StoredReceipt] = [:]
        for (id, ends) in ends.sorted(by: { $0.key < $1.key }) {
            for (site, name) in try othersIn(id) {
                let before = receipts[site]
                let held = try lineages(of: statedFrontier(of: site, on: id))
                let holdsAll = ends.allSatisfy { held[$0] ?? 0 >= $1 }
                let time = try statement(by: site, on: id)?.time
                receipts[site] = StoredReceipt(
                    site: site, name: name, holdsAll: holdsAll && before?.holdsAll != false,
                    stated: [time, before?.stated].compactMap(\.self).max())
            }
        }
        return receipts.values.sorted { ($0.name, $0.site) < ($1.name, $1.site) }
    }

    /// The members of a compartment, this site aside, with their names.
    private func othersIn(_ id: CompartmentID) throws -> [(SiteID, String)] {
        try rows(
            """
            SELECT site, name FROM standing JOIN member USING (partnership, site)
            WHERE partnership = ? AND role IS NOT NULL AND compartments & ? <> 0 AND site <> ?
            """,
            [
                try partnershipRow(id.partnership), Set([id.compartment]).bits, keys.site.blob,
            ]
        ).map { (try SiteID(blob: $0["site"]), $0["name"]) }
    }
}
