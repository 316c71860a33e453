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
    var titles: [RecordID: String] = [:]
    /// Whether parts of a partnership's compartment are here that cannot be read yet.
    let hasUnread: Bool

    /// Takes what views need besides the record: names, the version, what waits.
    package init(_ transaction: StoreTransaction, entry: FieldEntry) throws {
        version = try transaction.version()
        site = transaction.site
        partnerships = Dictionary(
            uniqueKeysWithValues: try transaction.partnerships().map { ($0.id, $0) })
        self.entry = entry
        hasUnread = try !transaction.waiting().unread.isEmpty
    }

    /// The views of records, with the titles of what they refer to in one more read.
    package func views(
        _ records: [StoredRecord], _ transaction: StoreTransaction
    ) throws -> [RecordView] {
        var named: Set<RecordID> = []
        for record in records {
            for operation in record.operations {
                if case .reference(let id)? = try? operation.value.map(FieldValue.init(decoding:)) {
                    named.insert(id)
                }
            }
        }
        var presenter = self
        for record in records where named.contains(record.id) {
            presenter.titles[record.id] = view(record).title
            named.remove(record.id)
        }
        presenter.titles.merge(try titles(of: named, transaction)) { own, _ in own }
        return records.map(presenter.view)
    }

    /// The view of a record. A kind that stands in another compartment than its own is not shown as
    /// that kind: nothing clinical can be smuggled into what more people read.
    package func view(_ record: StoredRecord) -> RecordView {
        let kind = Self.kind(record.kind, in: record.compartment)
        let byField = Dictionary(grouping: record.operations, by: \.field)
        let isOld = isNoLongerUpdated(record)
        // What this site is not sent any more may be recorded by now: that it is not here says nothing.
        let absence: Absence = isOld ? .notShared : hasUnread ? .unreadable : .notRecorded
        var fields = (kind?.fields ?? []).map { field in
            view(field, byField[field.number] ?? [], in: record, orElse: absence)
        }
        let known = Set((kind?.fields ?? []).map(\.number))
        for number in byField.keys.sorted() where !known.contains(number) {
            fields.append(unknownField(number, byField[number] ?? [], in: record))
        }
        return RecordView(
            id: record.id, short: record.id.short, kind: kind?.name ?? "kind \(record.kind)",
            title: title(of: kind) { field in
                (fields.first { $0.name == field.name }?.candidates ?? []).map(Standing.init)
            }, partnership: name(of: record.partnership),
            partnershipID: record.partnership, compartment: record.compartment,
            parent: record.parent, parentTitle: record.parent.flatMap { titles[$0] },
            isArchived: isArchived(fields), version: version,
            isNoLongerUpdated: isOld, fields: fields,
            created: provenance(record.created, in: record.partnership),
            changed: provenance(record.changed, in: record.partnership))
    }

    /// The kind of a record, where it stands in the kind's own compartment.
    static func kind(_ number: UInt32, in compartment: Compartment) -> RecordKind? {
        Vocabulary.kind(number).flatMap { $0.compartment == compartment ? $0 : nil }
    }

    /// The candidates of a field: equal values are one, with everyone who said so.
    func candidates(
        _ operations: [StoredOperation], of field: FieldDefinition?, in partnership: PartnershipID
    ) -> [(view: CandidateView, operations: [StoredOperation])] {
        var groups: [(value: Data?, operations: [StoredOperation])] = []
        for operation in operations.sorted(by: { $0.rank > $1.rank }) {
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
        if case .reference(let id) = value, let title = titles[id] {
            return Standing(value: value, words: title, absence: nil)
        }
        return Standing(value: value, words: entry.words(for: value, of: field), absence: nil)
    }

    private func view(
        _ field: FieldDefinition, _ operations: [StoredOperation], in record: StoredRecord,
        orElse absence: Absence
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
        _ number: UInt32, _ operations: [StoredOperation], in record: StoredRecord
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
        guard let partnership = partnerships[record.partnership] else { return false }
        let own = partnership.members.first { $0.profile.site == site }
        return own.map { !$0.grant.holds(record.compartment) }
            ?? partnership.formerMembers.contains { $0.profile.site == site }
    }

    func name(of partnership: PartnershipID) -> String {
        partnerships[partnership]?.name ?? partnership.short
    }

    func provenance(_ act: StoredAct, in partnership: PartnershipID) -> ProvenanceView {
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
