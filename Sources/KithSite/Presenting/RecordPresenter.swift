import Foundation
package import KithModel
import KithProtocol
package import KithStore
import KithTrust

/// Makes what people see of a record out of what the store holds: policy is applied here, when
/// reading, and nowhere else (D9).
package struct RecordPresenter {
    let version: Int64
    let site: SiteID
    let partnerships: [PartnershipID: StoredPartnership]
    let entry: FieldEntry
    /// What people call the records that are referred to.
    var titles: [RecordID: Called] = [:]
    /// Whether parts of a partnership's compartment are here that cannot be read yet.
    let hasUnread: Bool
    /// What this site is granted in each partnership; nothing where it is, or never was, no member.
    private let standings: [PartnershipID: (grant: Grant?, isFormer: Bool)]
    private let said = Said()

    /// What a record is called.
    struct Called {
        let title: String
        /// Its kind's name; nil for one that is none, or stands where its kind does not.
        let kind: String?
    }

    /// Where things come from, by the row of the act: all that one save changed comes from one.
    private final class Said {
        var known: [Int64: ProvenanceView] = [:]
    }

    /// Takes what views need besides the record: names, the version, what waits.
    package init(_ transaction: StoreTransaction, entry: FieldEntry) throws {
        version = try transaction.version()
        site = transaction.site
        partnerships = Dictionary(
            uniqueKeysWithValues: try transaction.partnerships().map { ($0.id, $0) })
        standings = partnerships.mapValues { [site = transaction.site] partnership in
            (
                partnership.members.first { $0.profile.site == site }?.grant,
                partnership.formerMembers.contains { $0.profile.site == site }
            )
        }
        self.entry = entry
        hasUnread = try !transaction.waiting().unread.isEmpty
    }

    /// The views of records, with the titles of what they refer to in one more read.
    package func views(
        _ records: [StoredRecord], _ transaction: StoreTransaction
    ) throws -> [RecordView] {
        var named = Set(records.lazy.flatMap(\.operations).compactMap(\.reference))
        var presenter = self
        for record in records where named.contains(record.id) {
            let view = view(record)
            presenter.titles[record.id] = Called(
                title: view.title, kind: Self.kind(record.kind, in: record.compartment)?.name)
            named.remove(record.id)
        }
        presenter.titles.merge(try titles(of: named, transaction)) { own, _ in own }
        return records.map(presenter.view)
    }

    /// The view of a record. A kind that stands in another compartment than its own is not shown as
    /// that kind: nothing clinical can be smuggled into what more people read.
    package func view(_ record: StoredRecord) -> RecordView {
        let kind = Self.kind(record.kind, in: record.compartment)
        let byField = Self.byField(record.operations)
        let isOld = isNoLongerUpdated(record)
        // What this site is not sent any more may be recorded by now: that it is not here says nothing.
        let absence: Absence = isOld ? .notShared : hasUnread ? .unreadable : .notRecorded
        var fields = (kind?.fields ?? []).map { field in
            let said = byField.first { $0.first?.field == field.number } ?? []
            return view(field, said, in: record, orElse: absence)
        }
        for said in byField {
            guard let number = said.first?.field, kind?.field(number) == nil else { continue }
            fields.append(unknownField(number, said, in: record))
        }
        return RecordView(
            id: record.id, short: record.id.short, kind: kind?.name ?? "kind \(record.kind)",
            title: title(of: kind) { field in
                (fields.first { $0.name == field.name }?.candidates ?? []).map(Standing.init)
            }, partnership: name(of: record.partnership),
            partnershipID: record.partnership, compartment: record.compartment,
            parent: record.parent, parentTitle: record.parent.flatMap { titles[$0]?.title },
            isArchived: isArchived(fields), version: version,
            isNoLongerUpdated: isOld, fields: fields,
            created: provenance(record.created, in: record.partnership),
            changed: provenance(record.changed, in: record.partnership))
    }

    /// The operations of each field, as they follow each other in a record.
    private static func byField(_ operations: [StoredOperation]) -> [ArraySlice<StoredOperation>] {
        var slices: [ArraySlice<StoredOperation>] = []
        var start = 0
        for place in operations.indices where operations[place].field != operations[start].field {
            slices.append(operations[start..<place])
            start = place
        }
        if start < operations.count { slices.append(operations[start...]) }
        return slices
    }

    /// The kind of a record, where it stands in the kind's own compartment.
    static func kind(_ number: UInt32, in compartment: Compartment) -> RecordKind? {
        Vocabulary.kind(number).flatMap { $0.compartment == compartment ? $0 : nil }
    }

    /// The candidates of a field: equal values are one, with everyone who said so.
    func candidates(
        _ operations: some Collection<StoredOperation>, of field: FieldDefinition?,
        in partnership: PartnershipID
    ) -> [(view: CandidateView, operations: [StoredOperation])] {
        var groups: [(value: Data?, operations: [StoredOperation])] = []
        let ranked =
            operations.count > 1 ? operations.sorted { $0.rank > $1.rank } : Array(operations)
        for operation in ranked {
            if let index = groups.firstIndex(where: { $0.value == operation.value }) {
                groups[index].operations.append(operation)
            } else {
                groups.append((operation.value, [operation]))
            }
        }
        return groups.enumerated().map { number, group in
            let standing = standing(group.value, of: field)
            let said = group.operations.sorted { $0.act.arrival < $1.act.arrival }
            return (
                CandidateView(
                    number: number + 1, value: standing.value, words: standing.words,
                    absence: standing.absence,
                    isAuthorRemoved: group.operations.allSatisfy { !$0.isEffective },
                    provenance: said.map { provenance($0.act, in: partnership) }),
                group.operations
            )
        }
    }

    /// A value that stands in a field, or why it cannot be shown.
    struct Standing {
        let value: FieldValue?
        let words: String
        let absence: Absence?
    }

    /// Reads the bytes of a value that stands.
    func standing(_ bytes: Data?, of field: FieldDefinition?) -> Standing {
        guard let bytes else { return Standing(.erased) }
        guard let value = try? FieldValue(decoding: bytes) else {
            return Standing(.needsNewerVersion)
        }
        // Of a record that the field is not meant for, its title would be a way to read what one may not.
        if case .reference(let id) = value, case .reference(let kinds)? = field?.type,
            let called = titles[id], called.kind.map(kinds.contains) == true
        {
            return Standing(value: value, words: called.title, absence: nil)
        }
        return Standing(value: value, words: entry.words(for: value, of: field), absence: nil)
    }

    private func view(
        _ field: FieldDefinition, _ operations: ArraySlice<StoredOperation>,
        in record: StoredRecord, orElse absence: Absence
    ) -> FieldView {
        let found = candidates(operations, of: field, in: record.partnership).map(\.view)
        if let only = found.first, found.count == 1, only.value == .cleared {
            return FieldView(
                name: field.name, label: field.label, policy: field.policy, candidates: found,
                absence: .cleared)
        }
        return FieldView(
            name: field.name, label: field.label, policy: field.policy, candidates: found,
            absence: found.isEmpty ? absence : nil)
    }

    private func unknownField(
        _ number: UInt32, _ operations: ArraySlice<StoredOperation>, in record: StoredRecord
    ) -> FieldView {
        let found = candidates(operations, of: nil, in: record.partnership).map(\.view)
        return FieldView(
            name: "field\(number)", label: "Field \(number) (needs a newer version)",
            policy: .safetyCritical, candidates: found, absence: nil)
    }

    /// What people call a record, by the values that stand in the fields of its title.
    func title(
        of kind: RecordKind?, _ standing: (FieldDefinition) throws -> [Standing]
    ) rethrows -> String {
        guard let kind else { return "needs a newer version of Kith" }
        let named = try kind.title.compactMap { kind.field(named: $0) }
            .map { (field: $0, standing: try standing($0)) }
        let all = named.flatMap(\.standing)
        if !all.isEmpty, all.allSatisfy({ $0.absence == .erased }) {
            return "\(kind.label) (erased)"
        }
        let parts = named.compactMap { field, standing -> String? in
            let said = standing.filter { $0.value != .cleared }.map(\.words)
            guard let first = said.first else { return nil }
            return field.policy == .safetyCritical ? said.joined(separator: " / ") : first
        }
        return parts.isEmpty ? kind.label : parts.joined(separator: ", ")
    }

    private func isArchived(_ fields: [FieldView]) -> Bool {
        // With a conflict about it, a record is not put out of sight.
        guard let field = fields.first(where: { $0.name == "archived" }) else { return false }
        return !field.candidates.isEmpty
            && field.candidates.allSatisfy { $0.value == .boolean(true) }
    }

    /// Whether this site is not granted the record's compartment any more, so that nothing new comes.
    private func isNoLongerUpdated(_ record: StoredRecord) -> Bool {
        guard let own = standings[record.partnership] else { return false }
        return own.grant.map { !$0.holds(record.compartment) } ?? own.isFormer
    }

    func name(of partnership: PartnershipID) -> String {
        partnerships[partnership]?.name ?? partnership.short
    }

    func provenance(_ act: StoredAct, in partnership: PartnershipID) -> ProvenanceView {
        if let known = said.known[act.row] { return known }
        let view = view(act, in: partnership)
        said.known[act.row] = view
        return view
    }

    private func view(_ act: StoredAct, in partnership: PartnershipID) -> ProvenanceView {
        let known = partnerships[partnership]
        let profile =
            known?.members.first { $0.profile.site == act.site }?.profile
            ?? known?.formerMembers.first { $0.profile.site == act.site }?.profile
        let siteName = profile?.name ?? act.site.short
        return ProvenanceView(
            site: act.carried?.author ?? act.site,
            siteName: act.carried?.authorName ?? siteName,
            committer: Author(act.committer), performer: act.performer.map(Author.init),
            // What is written again may not pass for more than it was.
            change: act.change, entryClass: min(act.entryClass, act.carriedClass ?? act.entryClass),
            event: act.event.map { value in
                if case .instant(let instant) = value { return instant.rfc3339 }
                return entry.words(for: value, of: nil)
            },
            recorded: act.carried?.recorded ?? act.recorded, received: act.received,
            version: act.arrival, reason: act.reason, entry: act.carried?.entry ?? act.entry,
            carried: act.carried.map {
                CarriedView(
                    partnership: name(of: $0.partnership), by: Author($0.carrier),
                    siteName: siteName, time: act.recorded, entry: act.entry,
                    isRecalled: $0.partnership == partnership)
            })
    }
}

extension RecordPresenter.Standing {
    fileprivate init(_ absence: Absence) {
        self.init(value: nil, words: absence.words, absence: absence)
    }

    fileprivate init(_ candidate: CandidateView) {
        self.init(value: candidate.value, words: candidate.words, absence: candidate.absence)
    }
}

extension Author {
    init(_ person: Person) {
        self.init(
            user: person.user, name: person.name, role: person.role,
            organisation: person.organisation)
    }

    var person: Person {
        Person(user: user, name: name, role: role, organisation: organisation)
    }
}
