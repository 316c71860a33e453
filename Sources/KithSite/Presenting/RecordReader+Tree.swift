import KithModel
import KithStore
import KithTrust

extension RecordReader {
    /// A record with everything under it; a resident with what is under those who were found to be
    /// the same person.
    func tree(_ query: TreeQuery) throws -> RecordTree {
        let root = try find(query.reference, kind: query.kind)
        let hasOthers =
            query.includesOthers && Vocabulary.kind(root.kind)?.name == "resident"
        let same = hasOthers ? try samePerson(as: root) : []
        let wanted = Vocabulary.kinds.filter { query.kinds?.contains($0.name) ?? true }
        let roots = [root.row] + same.map(\.row)
        let below = Dictionary(grouping: try transaction.tree(under: roots)) { $0.kind }
        var chosen: [Int64] = []
        var asked: [Int64] = []
        var more: [String: Int] = [:]
        for kind in wanted {
            let rows = (below[kind.number] ?? []).filter { !roots.contains($0.row) }
                .sorted { $0.firstAct > $1.firstAct }.map(\.row)
            asked += rows
            let shown = kind.isJournal ? rows.prefix(query.newest ?? .max) : rows[...]
            chosen += shown
            if rows.count > shown.count { more[kind.name] = rows.count - shown.count }
        }
        let journals = Set(wanted.filter(\.isJournal).map(\.number))
        let found = chosen.isEmpty ? [] : try transaction.records(RecordSelection(rows: chosen))
        let records =
            found.filter { !journals.contains($0.kind) }
            + found.reversed().filter { journals.contains($0.kind) }
        let mentions = hasOthers ? try mentions(of: [root] + same, wanted, query, &more) : []
        let order = Dictionary(
            uniqueKeysWithValues: Vocabulary.kinds.enumerated().map { ($1.number, $0) })
        let sorted = records.enumerated().sorted {
            (order[$0.element.kind] ?? .max, $0.offset) < (
                order[$1.element.kind] ?? .max, $1.offset
            )
        }.map(\.element)
        let views = try views([root] + same + sorted + mentions)
        let kept = { (view: RecordView) in query.includesArchived || !view.isArchived }
        let first = 1 + same.count
        return RecordTree(
            record: views[0], samePerson: Array(views[1..<first]),
            descendants: views[first..<(first + sorted.count)].filter(kept),
            mentions: views[(first + sorted.count)...].filter(kept), more: more,
            compartments: compartments(of: root.partnership),
            // Of what was asked for alone: that something else changed is not to be told by it.
            receipts: try transaction.receipts(ofRecords: roots + asked).map {
                VersionReceipt(
                    site: $0.site, name: $0.name, hasReceived: $0.holdsAll, signed: $0.stated)
            })
    }

    /// Journals of other records that name a resident: interactions, tasks, rounds.
    private func mentions(
        of residents: [StoredRecord], _ wanted: [RecordKind], _ query: TreeQuery,
        _ more: inout [String: Int]
    ) throws -> [StoredRecord] {
        var found: [StoredRecord] = []
        for kind in wanted {
            guard let field = kind.field(named: "resident") else { continue }
            for resident in residents {
                let selection = RecordSelection(
                    kinds: [kind.number], partnership: resident.partnership,
                    naming: (resident.id, field.number), newest: query.newest)
                let some = try transaction.records(selection)
                found += some.reversed()
                if some.count == query.newest {
                    let older = try transaction.count(selection) - some.count
                    if older > 0 { more[kind.name, default: 0] += older }
                }
            }
        }
        return found
    }

    /// The residents of the same partnership that people linked to one, directly or by others, by a
    /// verdict that stands alone and says "same".
    private func samePerson(as resident: StoredRecord) throws -> [StoredRecord] {
        let links = try transaction.records(
            RecordSelection(kindNamed: "samePerson", partnership: resident.partnership)
        ).map(presenter.view).filter(LinkedResidents.isStated)
        let group = LinkedResidents.group(of: resident.id, by: links)
        let others = group.subtracting([resident.id])
        guard !others.isEmpty else { return [] }
        return try transaction.records(
            RecordSelection(
                kinds: Vocabulary.kind(named: "resident").map { [$0.number] } ?? [],
                partnership: resident.partnership, ids: Array(others)))
    }

    private func compartments(of partnership: PartnershipID) -> [Compartment] {
        let members = presenter.partnerships[partnership]?.members ?? []
        let grant = members.first { $0.profile.site == presenter.site }?.grant
        return Compartment.granted.filter { grant?.holds($0) ?? false }
    }
}

/// Which residents are one person, by what people said.
package enum LinkedResidents {
    /// Whether a link stands and says "the same", with nobody disagreeing.
    static func isStated(_ link: RecordView) -> Bool {
        guard !link.isArchived, let verdict = link.field("verdict"), !verdict.candidates.isEmpty
        else { return false }
        return verdict.candidates.allSatisfy {
            if case .code(let code)? = $0.value { code.code == "same" } else { false }
        }
    }

    /// The two residents that a link is about; nil while there is doubt about the other.
    static func pair(_ link: RecordView) -> (RecordID, RecordID)? {
        guard let parent = link.parent, let other = link.field("other"),
            other.candidates.count == 1, case .reference(let id)? = other.candidates[0].value
        else { return nil }
        return (parent, id)
    }

    /// Everyone that links tie to a resident, with the resident.
    static func group(of resident: RecordID, by links: [RecordView]) -> Set<RecordID> {
        let pairs = links.compactMap(pair)
        var group: Set<RecordID> = [resident]
        var hasGrown = true
        while hasGrown {
            hasGrown = false
            for (one, other) in pairs where group.contains(one) != group.contains(other) {
                group.formUnion([one, other])
                hasGrown = true
            }
        }
        return group
    }
}
