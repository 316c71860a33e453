import Foundation
package import KithModel
import KithProtocol
package import KithStore

/// One record to import, checked against the vocabulary, with its id and references worked out.
package struct ImportPlan: Sendable {
    let id: RecordID
    let kind: RecordKind
    /// The values of each field: several only where the source had several that nobody decided.
    let fields: [(field: FieldDefinition, values: [FieldValue])]
    let event: FieldValue?
    let performer: Author?
    /// Whether it is a record of this partnership itself, and not derived from a source elsewhere.
    let isOwn: Bool

    /// Checks a record; throws before anything is written.
    package init(_ record: ImportRecord, in partnership: PartnershipID) throws {
        guard let kind = Vocabulary.kind(named: record.source.kind) else {
            throw SiteError(.invalid, "there is no kind of record called '\(record.source.kind)'")
        }
        self.kind = kind
        event = record.event
        isOwn = record.source.own(in: partnership) != nil
        performer = record.performer
        var fields: [(FieldDefinition, FieldValue)] = []
        for field in record.fields {
            guard let definition = kind.field(named: field.name) else {
                throw SiteError(.invalid, "\(kind.name) has no field '\(field.name)'")
            }
            let value =
                field.target.map {
                    FieldValue.reference(Self.id(of: $0, in: partnership))
                } ?? field.value
            fields.append((definition, value))
        }
        if let parent = record.parent, let definition = kind.field(named: "parent") {
            fields.append((definition, .reference(Self.id(of: parent, in: partnership))))
        }
        // Its own record needs no source to be found again.
        if !isOwn, let definition = kind.field(named: "source") {
            fields.append((definition, .text(record.source.identity)))
        }
        self.fields = Self.grouped(fields)
        if kind.isSingleton, let parent = record.parent {
            id = RecordID(singleton: kind.name, of: Self.id(of: parent, in: partnership))
        } else {
            id = Self.id(of: record.source, in: partnership)
        }
    }

    private static func id(
        of source: ImportRecord.Source, in partnership: PartnershipID
    ) -> RecordID {
        source.own(in: partnership)
            ?? RecordID(kind: source.kind, source: source.identity, in: partnership)
    }

    private static func grouped(
        _ fields: [(FieldDefinition, FieldValue)]
    ) -> [(field: FieldDefinition, values: [FieldValue])] {
        var groups: [(field: FieldDefinition, values: [FieldValue])] = []
        for (field, value) in fields {
            if let index = groups.firstIndex(where: { $0.field.number == field.number }) {
                if !groups[index].values.contains(value) { groups[index].values.append(value) }
            } else {
                groups.append((field, [value]))
            }
        }
        return groups
    }

    /// What became of one record.
    package enum Outcome: Sendable {
        /// It is new.
        case created
        /// Something of it differs from what was imported before.
        case changed
        /// Nothing of it is new.
        case unchanged
    }

    /// Writes records that were planned: an entry or more in each compartment. An import supersedes
    /// only what this site itself imported before (D7).
    package static func write(
        _ plans: [ImportPlan], by author: Author, in partnership: PartnershipID,
        _ transaction: StoreTransaction, now: Instant
    ) throws -> [Outcome] {
        var outcomes: [Outcome] = []
        var parts: [Compartment: [DraftPart]] = [:]
        var planned: Set<RecordID> = []
        for plan in plans {
            guard planned.insert(plan.id).inserted else {
                outcomes.append(.unchanged)
                continue
            }
            let row = try transaction.recordRow(
                plan.id, kind: plan.kind.number, in: partnership, plan.kind.compartment)
            if row == nil, plan.isOwn,
                try !transaction.records(RecordSelection(prefix: plan.id.description)).isEmpty
            {
                throw SiteError(
                    .invalid,
                    "the file names the record \(plan.id.short) as a \(plan.kind.label.lowercased()), "
                        + "which it is not here; export it again and import that file")
            }
            let live =
                try row.map { row in
                    try transaction.records(RecordSelection(row: row)).first?.operations ?? []
                } ?? []
            var operations: [KithProtocol.Operation] = []
            var values: [FieldValue] = []
            for (field, said) in plan.fields {
                let before = try row.map {
                    try transaction.lastImported(field: field.number, record: $0)
                }
                let news = Self.news(
                    said, since: before ?? [],
                    beside: live.filter { $0.field == field.number }.map(\.value))
                for value in news.values {
                    operations.append(
                        KithProtocol.Operation(field: field.number, supersedes: news.supersedes))
                    values.append(value)
                }
            }
            if operations.isEmpty {
                outcomes.append(.unchanged)
                continue
            }
            outcomes.append(row == nil ? .created : .changed)
            parts[plan.kind.compartment, default: []].append(
                DraftPart(
                    skeleton: Skeleton(
                        record: plan.id, kind: plan.kind.number, operations: operations,
                        change: .import, committer: author.person,
                        performer: plan.performer?.person, event: plan.event, group: Data()),
                    values: values, reason: ""))
        }
        for (compartment, drafts) in parts.sorted(by: { $0.key < $1.key }) {
            try transaction.author(
                drafts, class: .record, in: compartment, of: partnership, now: now)
        }
        return outcomes
    }

    /// What of a field is to be written: nothing of what this site imported before, nor of what stands
    /// already; else all that the source says, in the place of what it said before.
    private static func news(
        _ values: [FieldValue], since before: [(id: OperationID, value: Data?)],
        beside live: [Data?]
    ) -> (values: [FieldValue], supersedes: [OperationID]) {
        if before.isEmpty {
            return (values.filter { !live.contains($0.encoded()) }, [])
        }
        let isSame = Set(before.map(\.value)) == Set(values.map { $0.encoded() })
        return isSame ? ([], []) : (values, before.map(\.id))
    }
}
