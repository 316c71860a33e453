import Foundation
import GRDB
import KithModel
import KithProtocol

// Who did what. Most acts share their entry, and nearly all of them the people: those are read once.
extension StoreTransaction {
    /// An act; nil where there is none.
    func act(_ id: Int64) throws -> StoredAct? { try acts([id])[id] }

    /// Acts by their rows.
    func acts(_ ids: Set<Int64>) throws -> [Int64: StoredAct] {
        guard !ids.isEmpty else { return [:] }
        var found: [ActRow] = []
        try eachRow(ActRow.query, [Self.list(ids.sorted())]) { found.append(ActRow($0)) }
        let people = try people(
            Set(found.flatMap { [$0.committer, $0.performer].compactMap(\.self) }))
        let entries = try entries(Set(found.map(\.arrival)))
        var acts: [Int64: StoredAct] = [:]
        acts.reserveCapacity(found.count)
        for row in found {
            guard let committer = people[row.committer], let entry = entries[row.arrival] else {
                throw StoreError(
                    .damaged,
                    "what this site made of its log is damaged (an act without its author); run 'kith rebuild', which makes it anew"
                )
            }
            let carried = row.carried.flatMap { try? Carried(decoding: $0) }
            acts[row.id] = StoredAct(
                row: row.id, entry: entry, entryClass: row.entryClass, change: row.change,
                committer: committer, performer: row.performer.flatMap { people[$0] },
                event: row.event.flatMap { try? FieldValue(decoding: $0) }, reason: row.reason,
                carried: carried,
                carriedClass: try carried.flatMap { try entryClass(of: $0.entry) })
        }
        return acts
    }

    /// An act as its row has it.
    private struct ActRow {
        let id: Int64
        let entryClass: EntryClass
        let change: ChangeType?
        let committer: Int64
        let performer: Int64?
        let event: Data?
        let reason: String?
        let carried: Data?

        var arrival: Int64 { id >> 10 }

        static let query = """
            SELECT act.id, class, change, committer, performer, event, reason, carried
            FROM json_each(?) CROSS JOIN act ON act.id = json_each.value
            """

        init(_ row: CurrentRow) {
            id = row[0]
            entryClass = EntryClass(rawValue: row[1]) ?? .record
            change = (row[2] as Int?).flatMap(ChangeType.init(rawValue:))
            (committer, performer, event, reason, carried) = (
                row[3], row[4], row[5], row[6], row[7]
            )
        }
    }

    private func people(_ ids: Set<Int64>) throws -> [Int64: Person] {
        var people: [Int64: Person] = [:]
        try eachRow(
            """
            SELECT person.id, user, name, role, organisation
            FROM json_each(?) CROSS JOIN person ON person.id = json_each.value
            """, [Self.list(ids.sorted())]
        ) { row in
            people[row[0]] = Person(user: row[1], name: row[2], role: row[3], organisation: row[4])
        }
        return people
    }

    private func entries(_ arrivals: Set<Int64>) throws -> [Int64: StoredAct.Entry] {
        var entries: [Int64: StoredAct.Entry] = [:]
        try eachRow(
            """
            SELECT entry.arrival, entry.hash, recorded_ms, received_ms, depth, feed.author
            FROM json_each(?) CROSS JOIN entry ON entry.arrival = json_each.value
            CROSS JOIN chain ON chain.id = entry.chain CROSS JOIN feed ON feed.id = chain.feed
            """, [Self.list(arrivals.sorted())]
        ) { row in
            entries[row[0]] = StoredAct.Entry(
                site: try SiteID(blob: row[5]), hash: try EntryHash(blob: row[1]), arrival: row[0],
                depth: row[4], recorded: Instant(milliseconds: row[2]),
                received: Instant(milliseconds: row[3]))
        }
        return entries
    }

    /// The class of an entry of which a part was read; nil when it is not here.
    private func entryClass(of entry: EntryHash) throws -> EntryClass? {
        try number(
            """
            SELECT act.class FROM entry
            CROSS JOIN act ON act.id BETWEEN entry.arrival << 10 AND (entry.arrival << 10) + 1023
            WHERE hash = ? LIMIT 1
            """, [entry.blob]
        ).flatMap { EntryClass(rawValue: Int($0)) }
    }
}
