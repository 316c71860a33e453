import Foundation
import GRDB
public import KithModel
public import KithProtocol
import KithTrust
import Synchronization

// Erasure (D24): bodies go, skeletons and digests stay. The rules: Protocol/erasure.md.
extension StoreTransaction {
    /// Deletes what an erasure in effect names, from the log and from the state.
    func erase(
        _ erasure: Erasure, by eraser: ParsedEntry, at place: Place, partnership: Int64
    ) throws {
        for name in erasure.parts {
            guard let target = try self.place(of: name.entry), try isPast(target, of: place) else {
                continue
            }
            let (entry, _) = try storedEntry(target.arrival)
            guard entry.header.partnership == eraser.header.partnership,
                entry.header.feed.compartment == eraser.header.feed.compartment,
                entry.header.entryClass != .erasure,
                entry.header.parts.indices.contains(name.part),
                !entry.header.parts[name.part].body.isEmpty
            else { continue }
            try noteErased(name, by: eraser.hash)
            let part = RowID.part(arrival: target.arrival, name.part)
            try execute(
                """
                UPDATE partnership SET log_bytes = log_bytes - coalesce(
                    (SELECT length(body) FROM part WHERE id = ?), 0)
                WHERE id = ?
                """, [part, partnership])
            try execute("UPDATE part SET body = NULL WHERE id = ?", [part])
            try eraseState(of: name.part, in: entry, at: target, partnership: partnership)
        }
        try execute("DELETE FROM erasure_ahead WHERE entry = ?", [eraser.hash.blob])
        store.hasErased.withLock { $0 = true }
    }

    func noteErased(_ name: PartID, by erasure: EntryHash) throws {
        try execute(
            "INSERT OR REPLACE INTO erased (entry, part, erasure) VALUES (?, ?, ?)",
            [name.entry.blob, name.part, erasure.blob])
    }

    /// Keeps what erased a body until it has its place in the log.
    func keepAhead(_ erasure: ReceivedEntry) throws {
        let hash = EntryHash(header: erasure.header)
        guard try place(of: hash) == nil else { return }
        try execute(
            "INSERT OR IGNORE INTO erasure_ahead (entry, bytes) VALUES (?, ?)",
            [hash.blob, try erasure.encoded()])
    }

    /// Leaves the state as a replay of the log without the body makes it.
    private func eraseState(
        of part: Int, in entry: ParsedEntry, at place: Place, partnership: Int64
    ) throws {
        let waiting = try row(
            "SELECT reason FROM unread WHERE entry = ? AND part = ?", [place.arrival, part])
        if let waiting {
            guard waiting["reason"] != "key" else { return }
            try execute("DELETE FROM unread WHERE entry = ? AND part = ?", [place.arrival, part])
            let (left, _) = try storedEntry(place.arrival)
            try applyPart(
                part, of: left, at: place, readAt: place.arrival, isLate: true,
                isEffective: isEffective(place), partnership: partnership)
            return
        }
        try execute(
            "UPDATE act SET reason = NULL WHERE id = ?",
            [RowID.act(arrival: place.arrival, part: part)])
        let first = RowID.operation(
            arrival: place.arrival, index: entry.operation(part: part, 0).index)
        let end = first + Int64(OperationID.operationsPerPart)
        try execute(
            "UPDATE operation SET value = NULL, day = NULL WHERE \(Self.ofEntries)", [first, end])
        for row in try rows(
            "SELECT DISTINCT record FROM operation WHERE \(Self.ofEntries) AND field = ?3",
            [first, end, FieldNumber.parent])
        {
            try refreshParent(of: row["record"])
        }
    }

    /// Whether a body that is not here was erased.
    func isErased(_ name: PartID) throws -> Bool {
        try number(
            "SELECT 1 FROM erased WHERE entry = ? AND part = ?", [name.entry.blob, name.part])
            != nil
    }

    /// The parts that erasures name which came ahead of their place in the log: each signed by an
    /// author that was ever granted to erase there, so that nobody who forwards leaves a body out.
    func proven(
        _ erasures: [ReceivedEntry], allowed: Set<CompartmentID>
    ) throws -> [PartID: ReceivedEntry] {
        var proven: [PartID: ReceivedEntry] = [:]
        for received in erasures {
            let parsed = try ParsedEntry(received)
            let header = parsed.header
            let erasure = try Erasure(of: parsed)
            guard allowed.contains(CompartmentID(header.partnership, header.feed.compartment))
            else { throw Refusal.contradiction("not a compartment of this session") }
            guard
                let root = try rootCertificate(
                    of: parsed, in: try partnershipRow(header.partnership))
            else { throw Refusal.unknownAuthor }
            _ = try VerifiedEntry(parsed, by: root.publicKey, cryptography)
            let grant = try rows(
                """
                SELECT role, compartments, may_attest, ends_ms FROM membership_act
                WHERE partnership = ? AND site = ? AND kind <> ? AND (kind <> ? OR is_in_effect)
                """,
                [
                    try partnershipRow(header.partnership), header.feed.author.blob,
                    ActKind.remove.rawValue, ActKind.elect.rawValue,
                ]
            ).map {
                Grant(row: $0) ?? Grant(role: .steward, compartments: [], mayAttest: false)
            }.reduce(nil as Grant?) { $0?.joined(with: $1) ?? $1 }
            guard grant?.mayWrite(.erasure, in: header.feed.compartment) ?? false else {
                throw Refusal.contradiction("its author was never to erase")
            }
            for name in erasure.parts where proven[name] == nil { proven[name] = received }
        }
        return proven
    }

    /// The entry that erased a body which is not here any more.
    func erasure(of name: PartID) throws -> ReceivedEntry {
        let found = try row(
            "SELECT erasure FROM erased WHERE entry = ? AND part = ?", [name.entry.blob, name.part])
        if let hash = try found.map({ try EntryHash(blob: $0["erasure"]) }),
            let erasure = try entry(thatErased: hash)
        {
            return erasure
        }
        throw StoreError(
            .damaged,
            "the log does not say what erased a value; keep a copy of the home, then restore the last backup"
        )
    }

    private func entry(thatErased hash: EntryHash) throws -> ReceivedEntry? {
        if let place = try place(of: hash) { return try storedEntry(place.arrival).0.received }
        return try row("SELECT bytes FROM erasure_ahead WHERE entry = ?", [hash.blob])
            .map { try ReceivedEntry(encoded: $0["bytes"]) }
    }

    /// What this database knows to be erased.
    package func erasedBodies() throws -> [ErasedBody] {
        var erasures: [EntryHash: ReceivedEntry?] = [:]
        return try rows(
            """
            SELECT erased.entry, erased.part, erased.erasure, author FROM erased
            LEFT JOIN entry ON entry.hash = erased.erasure
            LEFT JOIN chain ON chain.id = entry.chain LEFT JOIN feed ON feed.id = chain.feed
            """
        ).map { row in
            let hash = try EntryHash(blob: row["erasure"])
            // Of a damaged database the rest is of use: what it knows to be erased stays erased.
            let erasure = erasures[hash] ?? (try? entry(thatErased: hash))
            erasures[hash] = .some(erasure)
            return ErasedBody(
                name: PartID(entry: try EntryHash(blob: row["entry"]), part: row["part"]),
                hash: hash, erasure: erasure, isOwn: (row["author"] as Data?) == keys.site.blob)
        }
    }

    /// Goes on from a backup: in new feeds, with everything erased that the database in whose place it
    /// comes knew to be erased (D22, D24).
    package func goOn(fromBackupReplacing erased: [ErasedBody], now: Instant) throws {
        try execute("DELETE FROM meta WHERE name IN ('backup.site', 'backup.made')")
        try beginIncarnation(.restored, now: now)
        try eraseAgain(erased, now: now)
    }

    /// Erases what a database that this one takes the place of knew to be erased. What this site
    /// itself erased, and may not have told anyone, it erases again.
    private func eraseAgain(_ erased: [ErasedBody], now: Instant) throws {
        var own: [CompartmentID: [PartID]] = [:]
        for body in erased where try !isErased(body.name) {
            guard let place = try place(of: body.name.entry) else { continue }
            let (entry, _) = try storedEntry(place.arrival)
            guard entry.header.parts.indices.contains(body.name.part) else { continue }
            let id = CompartmentID(entry.header.partnership, entry.header.feed.compartment)
            if body.isOwn { own[id, default: []].append(body.name) }
            try noteErased(body.name, by: body.hash)
            if let erasure = body.erasure { try keepAhead(erasure) }
            try execute(
                "UPDATE part SET body = NULL WHERE id = ?",
                [RowID.part(arrival: place.arrival, body.name.part)])
            try eraseState(
                of: body.name.part, in: entry, at: place,
                partnership: try partnershipRow(id.partnership))
        }
        for (id, names) in own.sorted(by: { $0.key < $1.key })
        where try grant(of: keys.site, in: id.partnership)?.mayWrite(.erasure, in: id.compartment)
            ?? false
        {
            try erase(names, in: id, now: now)
        }
    }

    /// The parts of a record whose bodies are here: all, or those of one entry by its arrival.
    public func parts(ofRecord row: Int64, version: Int64?) throws -> [PartID] {
        try rows(
            """
            SELECT entry.hash, act.id & 1023 AS part FROM act
            CROSS JOIN entry ON entry.arrival = act.id >> 10
            CROSS JOIN part ON part.id = act.id
            WHERE act.record = ? AND class <> ? AND body IS NOT NULL
                AND (?3 IS NULL OR entry.arrival = ?3)
            ORDER BY act.id
            """, [row, EntryClass.erasure.rawValue, version]
        ).map { PartID(entry: try EntryHash(blob: $0["hash"]), part: $0["part"]) }
    }

    /// What was erased in a record, and why, in the order of arrival here.
    public func erasures(ofRecord row: Int64) throws -> [StoredAct] {
        try rows(
            "SELECT id FROM act WHERE record = ? AND class = ? ORDER BY id",
            [row, EntryClass.erasure.rawValue]
        ).compactMap { try act($0["id"]) }
    }

    /// Every erasure in the log, the newest first.
    public func erasures() throws -> [StoredErasure] {
        try rows(
            """
            SELECT arrival, uuid, compartment, author,
                EXISTS (SELECT 1 FROM revoked WHERE revoked.entry = arrival)
                OR EXISTS (SELECT 1 FROM set_aside WHERE set_aside.entry = arrival) AS is_void
            FROM entry CROSS JOIN chain ON chain.id = entry.chain CROSS JOIN feed ON feed.id = chain.feed
            CROSS JOIN partnership ON partnership.id = feed.partnership
            WHERE hash IN (SELECT erasure FROM erased) ORDER BY arrival DESC
            """
        ).compactMap { row -> StoredErasure? in
            guard let compartment = Compartment(rawValue: row["compartment"]) else { return nil }
            let arrival: Int64 = row["arrival"]
            let (entry, place) = try storedEntry(arrival)
            let id = CompartmentID(try PartnershipID(blob: row["uuid"]), compartment)
            let said = try self.rows(
                "SELECT id FROM act WHERE id >= ? AND id < ? ORDER BY id",
                [RowID.act(arrival: arrival, part: 0), RowID.act(arrival: arrival + 1, part: 0)]
            ).compactMap { try act($0["id"]) }
            return StoredErasure(
                entry: entry.hash, id: id, author: try SiteID(blob: row["author"]),
                recorded: entry.header.recorded, parts: try Erasure(of: entry).parts.count,
                records: said.count, act: said.first,
                holders: try holders(of: place, in: id))
        }
    }

    /// The members that hold a compartment, and whether each has stated that it holds an entry.
    private func holders(of place: Place, in id: CompartmentID) throws -> [SiteID: Bool] {
        let sites = try rows(
            """
            SELECT site FROM standing
            WHERE partnership = ? AND role IS NOT NULL AND compartments & ? <> 0
            """, [try partnershipRow(id.partnership), Set([id.compartment]).bits]
        ).map { try SiteID(blob: $0["site"]) }
        return Dictionary(
            uniqueKeysWithValues: try sites.map {
                ($0, try $0 == keys.site || hasStated(place, by: $0, on: id))
            })
    }
}

/// A body that some database knows to be erased.
package struct ErasedBody: Sendable {
    let name: PartID
    /// The entry that erased it, and that as it travels, where it is there.
    let hash: EntryHash
    let erasure: ReceivedEntry?
    /// Whether the site of that database wrote it.
    let isOwn: Bool
}

/// An erasure as the store knows it.
public struct StoredErasure: Sendable {
    /// The entry.
    public let entry: EntryHash
    /// Where.
    public let id: CompartmentID
    /// Which site.
    public let author: SiteID
    /// When, by its clock.
    public let recorded: Instant
    /// How many parts it names.
    public let parts: Int
    /// How many records it says that it touches, as far as this site can read.
    public let records: Int
    /// Who did it, and why; nil when this site cannot read that.
    public let act: StoredAct?
    /// Who holds the compartment, and whether each has signed that it erased.
    public let holders: [SiteID: Bool]
}
