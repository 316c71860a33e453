import Foundation
import KithModel
import KithProtocol
import KithStore
import KithTrust

/// Puts conflicts into words and in order: safety-critical first, then the oldest.
struct ConflictLister {
    let transaction: StoreTransaction
    let entry: FieldEntry
    let version: Int64
    private let names: [PartnershipID: StoredPartnership]
    private let memo: ConflictMemo?

    /// Speaks of conflicts as a transaction sees them; `memo` knows what was found last.
    init(
        _ transaction: StoreTransaction, entry: FieldEntry, memo: ConflictMemo? = nil
    ) throws {
        self.transaction = transaction
        self.memo = memo
        self.entry = entry
        version = try transaction.version()
        names = Dictionary(
            uniqueKeysWithValues: try transaction.partnerships().map { ($0.id, $0) })
    }

    /// A conflict with what is needed to speak of it.
    struct Listed {
        let found: FoundConflict
        var view: ConflictView
        /// Whether all that it is about is archived, or part of what is.
        let isPutAway: Bool
    }

    /// The conflicts of a query, with the partnership and the record that it names looked up already.
    func list(
        _ query: ConflictQuery, in partnership: PartnershipID? = nil, under: RecordID? = nil,
        ofRecord row: Int64? = nil
    ) throws -> [Listed] {
        let kinds = query.kinds.isEmpty ? Set(ConflictKind.allCases) : Set(query.kinds)
        let findings = try findings(kinds, ofRecord: row)
        var found = findings.found
        // Of all that there are, so that an id is the same in every list.
        let names = ConflictNames(found)
        found = found.filter { conflict in
            (partnership == nil || conflict.key.partnership == partnership)
                && (query.severity == nil || conflict.severity == query.severity)
                && (query.openedBefore.map { conflict.opened < $0 } ?? true)
        }
        let titles = try titles(of: found)
        let cases = findings.cases
        let listed = found.compactMap { conflict -> Listed? in
            guard shows(conflict, titles, query, under) else { return nil }
            let view = view(conflict, titles, cases, id: names[conflict])
            guard query.field == nil || view.fieldName == query.field,
                !query.isUnowned || view.owners.isEmpty,
                query.owner.map({ wanted in view.owners.contains { Self.matches($0, wanted) } })
                    ?? true,
                query.dueBefore.map({ view.isOverdue(on: $0.firstDay) }) ?? true
            else { return nil }
            return Listed(
                found: conflict, view: view, isPutAway: isPutAway(conflict, titles))
        }
        // Places are sorted rather than what is listed, which is large.
        let ranks = listed.map { Self.rank($0.view) }
        return ranks.indices.sorted { ranks[$0] < ranks[$1] }.map { listed[$0] }
    }

    private func findings(
        _ kinds: Set<ConflictKind>, ofRecord row: Int64?
    ) throws -> ConflictMemo.Findings {
        func find() throws -> ConflictMemo.Findings {
            let cases = try ConflictCases(transaction)
            let finder = ConflictFinder(transaction: transaction, entry: entry)
            return ConflictMemo.Findings(
                found: try finder.find(kinds, ofRecord: row, cases), cases: cases)
        }
        guard let memo, row == nil, kinds.count == ConflictKind.allCases.count else {
            return try find()
        }
        return try memo.findings(transaction, find)
    }

    private static func matches(_ owner: String, _ wanted: String) -> Bool {
        owner.range(of: wanted, options: [.caseInsensitive, .diacriticInsensitive]) != nil
    }

    private static func rank(_ view: ConflictView) -> (Int, Instant, String) {
        (view.severity == .safetyCritical ? 0 : 1, view.opened, view.id)
    }

    /// The titles of every record that conflicts are about.
    func titles(of found: [FoundConflict]) throws -> TitleBook {
        var rows: Set<Int64> = []
        var ranks: [Int64: DisplayRank] = [:]
        for conflict in found {
            if let row = conflict.row { rows.insert(row) }
            rows.formUnion(conflict.members.compactMap(\.row))
            for value in conflict.values { ranks[value.live.operation] = value.rank }
        }
        return try TitleBook(transaction, rows: rows, ranks: ranks, entry: entry)
    }

    private func shows(
        _ conflict: FoundConflict, _ titles: TitleBook, _ query: ConflictQuery,
        _ under: RecordID?
    ) -> Bool {
        let rows = rows(of: conflict)
        if let under, !rows.contains(where: { titles.isRecord($0, under: under) }) { return false }
        if query.includesArchived || conflict.kind == .archivedAndEdited { return true }
        return !isPutAway(conflict, titles)
    }

    private func rows(of conflict: FoundConflict) -> [Int64] {
        (conflict.row.map { [$0] } ?? []) + conflict.members.compactMap(\.row)
    }

    private func isPutAway(_ conflict: FoundConflict, _ titles: TitleBook) -> Bool {
        let rows = rows(of: conflict)
        return !rows.isEmpty && rows.allSatisfy(titles.isPutAway)
    }

    /// A conflict without its details.
    func view(
        _ conflict: FoundConflict, _ titles: TitleBook, _ cases: ConflictCases, id: String
    ) -> ConflictView {
        let kind = conflict.row.flatMap(titles.kind)
        let field = conflict.key.field.flatMap { kind?.field($0) }
        let name = conflict.key.field.map { field?.name ?? "field\($0)" }
        let work = cases[conflict.key]
        let resident = conflict.row.flatMap(titles.resident)
        let head = conflict.row.flatMap { titles.heads[$0] }
        return ConflictView(
            id: id, kind: conflict.kind,
            severity: conflict.severity,
            partnership: names[conflict.key.partnership]?.name ?? conflict.key.partnership.short,
            partnershipID: conflict.key.partnership,
            compartment: conflict.key.compartment, record: head?.id, recordKind: kind?.name ?? "",
            title: conflict.row.map(titles.title) ?? title(ofEntry: conflict),
            resident: resident.map(titles.title),
            about: conflict.key.field.map { field?.label ?? "Field \($0)" } ?? conflict.kind.label,
            fieldName: name, values: values(conflict, field, titles), opened: conflict.opened,
            isReopened: conflict.isReopened, owners: work.owners,
            due: work.dues.min { $0.lastDay < $1.lastDay },
            version: version,
            needsAttestation: (conflict.kind.isOfField || conflict.kind == .archivedAndEdited)
                && kind?.isDecision == true)
    }

    private func values(
        _ conflict: FoundConflict, _ field: FieldDefinition?, _ titles: TitleBook
    ) -> [String] {
        guard conflict.kind.isOfField else {
            return conflict.members.map { member in
                let title = member.row.map(titles.title) ?? ""
                return title.isEmpty ? member.why : "\(title) (\(member.why))"
            }
        }
        return conflict.distinctValues.map { words($0.live.value, of: field) }
    }

    /// A value in words, or why there are none.
    func words(_ bytes: Data?, of field: FieldDefinition?) -> String {
        guard let bytes else { return "(\(Absence.erased.words))" }
        guard let value = try? FieldValue(decoding: bytes) else {
            return "(\(Absence.needsNewerVersion.words))"
        }
        return entry.words(for: value, of: field)
    }

    /// Whose entries they are.
    private func title(ofEntry conflict: FoundConflict) -> String {
        guard let detail = conflict.key.other?.detail else { return "" }
        switch conflict.kind {
        case .fork:
            let site = detail.split(separator: " ").first.flatMap { SiteID(text: String($0)) }
            return site.map { name(of: $0, in: conflict.key.partnership) } ?? ""
        case .setAside:
            return "Entry \(detail.prefix(8))"
        default: return ""
        }
    }

    /// What members call a site.
    func name(of site: SiteID, in partnership: PartnershipID) -> String {
        let known = names[partnership]
        return known?.members.first { $0.profile.site == site }?.profile.name
            ?? known?.formerMembers.first { $0.profile.site == site }?.profile.name ?? site.short
    }

    /// The members of a partnership that may attest.
    func attesters(in partnership: PartnershipID) -> [String] {
        (names[partnership]?.members ?? []).filter(\.grant.mayAttest).map(\.profile.name)
    }
}
