import Foundation
package import KithModel
import KithProtocol
package import KithStore

/// One record to import, checked against the vocabulary, with its id and references worked out.
package struct ImportPlan: Sendable {
    let id: RecordID
    let kind: RecordKind
    let fields: [(FieldDefinition, FieldValue)]
    let event: FieldValue?
    let performer: Author?

    /// Checks a record; throws before anything is written.
    package init(_ record: ImportRecord, in partnership: PartnershipID) throws {
        guard let kind = Vocabulary.kind(named: record.source.kind) else {
            throw SiteError(.invalid, "there is no kind of record called '\(record.source.kind)'")
        }
        self.kind = kind
        event = record.event
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
        if let definition = kind.field(named: "source") {
            fields.append((definition, .text(record.source.identity)))
        }
        self.fields = fields
        if kind.isSingleton, let parent = record.parent {
            id = RecordID(singleton: kind.name, of: Self.id(of: parent, in: partnership))
        } else {
            id = Self.id(of: record.source, in: partnership)
        }
    }

    private static func id(
        of source: ImportRecord.Source, in partnership: PartnershipID
    ) -> RecordID {
        RecordID(kind: source.kind, source: source.identity, in: partnership)
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
            let live =
                try row.map { row in
                    try transaction.records(RecordSelection(row: row)).first?.operations ?? []
                } ?? []
            var operations: [KithProtocol.Operation] = []
            var values: [FieldValue] = []
            for (field, value) in plan.fields {
                let bytes = value.encoded()
                let before = try row.flatMap {
                    try transaction.lastImported(field: field.number, record: $0)
                }
                // What this site imported before is not said again; nor what stands already.
                if before?.value == bytes { continue }
                if before == nil,
                    live.contains(where: { $0.field == field.number && $0.value == bytes })
                {
                    continue
                }
                operations.append(
                    KithProtocol.Operation(
                        field: field.number, supersedes: before.map { [$0.id] } ?? []))
                values.append(value)
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
}
