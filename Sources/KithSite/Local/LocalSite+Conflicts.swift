import Foundation
import KithModel
import KithProtocol
import KithStore

extension LocalSite {
    package func conflicts(_ query: ConflictQuery) async throws -> [ConflictView] {
        try await translating {
            var partnership: PartnershipID?
            if let reference = query.partnership {
                partnership = try await self.partnership(reference).id
            }
            var under: RecordID?
            if let reference = query.under {
                under = try await record(reference, kind: nil).id
            }
            let entry = entry
            return try await store.read { [partnership, under] transaction in
                let presenter = try RecordPresenter(transaction, entry: entry)
                var fields: [Int64: [UInt32]] = [:]
                for contested in try transaction.contestedFields() {
                    fields[contested.record, default: []].append(contested.field)
                }
                var views: [ConflictView] = []
                for (row, numbers) in fields {
                    guard
                        let record = try transaction.records(RecordSelection(row: row)).first,
                        partnership == nil || record.partnership == partnership
                    else { continue }
                    if let under, record.id != under,
                        try !transaction.isRecord(record, under: under)
                    {
                        continue
                    }
                    views += try numbers.compactMap {
                        try presenter.conflict(record, field: $0, transaction)
                    }
                }
                return views.filter { query.severity == nil || $0.severity == query.severity }
                    .sorted { Self.rank($0) < Self.rank($1) }
            }
        }
    }

    /// Safety-critical first, then the oldest.
    private static func rank(_ view: ConflictView) -> (Int, Instant, String) {
        (view.severity == .safetyCritical ? 0 : 1, view.opened, view.id)
    }

    package func conflict(_ id: String) async throws -> ConflictView {
        try await translating {
            let entry = entry
            let (record, field) = try await find(id)
            let view = try await store.read { transaction in
                try RecordPresenter(transaction, entry: entry).conflict(
                    record, field: field.number, transaction)
            }
            guard let view else { throw Self.settled(id) }
            return view
        }
    }

    private static func settled(_ id: String) -> SiteError {
        let id = ShownText(line: String(id.prefix(60))).text
        return SiteError(
            .notFound,
            "there is no open conflict '\(id)'; it may have been resolved: see 'kith record history \(id.split(separator: ".").first ?? "")'"
        )
    }

    /// The record and field that a conflict's id names.
    private func find(_ id: String) async throws -> (StoredRecord, FieldDefinition) {
        let parts = id.split(separator: ".", maxSplits: 1).map(String.init)
        guard parts.count == 2, parts[0].count >= 4 else {
            throw SiteError(
                .invalid, "a conflict's id looks like 7XK2M9QF.severity; see 'kith conflict list'")
        }
        let found = try await store.read { try $0.records(RecordSelection(prefix: parts[0])) }
        let matches = found.compactMap { record -> (StoredRecord, FieldDefinition)? in
            guard let field = Vocabulary.kind(record.kind)?.field(named: parts[1]) else {
                return nil
            }
            return (record, field)
        }
        guard let match = matches.first else { throw Self.settled(id) }
        guard matches.count == 1 else {
            throw SiteError(.ambiguous, "several records' ids begin so; give more of the id")
        }
        return match
    }

    package func resolve(_ resolution: Resolution, by author: Author) async throws -> RecordView {
        try await translating {
            let reason = resolution.reason.precomposedStringWithCanonicalMapping
                .trimmingCharacters(in: .whitespacesAndNewlines)
            guard !reason.isEmpty, reason.count <= 2000 else {
                throw SiteError(.invalid, "say why with --reason, in 1 to 2000 characters")
            }
            let (found, field) = try await find(resolution.conflict)
            let entry = entry
            let site = keys.site
            try await store.write { transaction in
                // Read again inside the transaction, so that nothing comes between.
                guard
                    let record = try transaction.records(RecordSelection(row: found.row)).first,
                    let kind = Vocabulary.kind(record.kind)
                else { throw Self.settled(resolution.conflict) }
                let presenter = try RecordPresenter(transaction, entry: entry)
                var planner = EditPlanner(
                    transaction: transaction, entry: entry, author: author, site: site)
                if kind.isDecision, !resolution.isAttested {
                    throw SiteError(
                        .refused,
                        "only a clinical decision settles a \(kind.label); the clinician, or someone on the clinician's word, uses --attest with --performer and --performer-role"
                    )
                }
                let decision = try Self.decision(
                    resolution, field: field, kind: kind, record: record, presenter: presenter,
                    planner: planner, transaction)
                try planner.planDecision(
                    of: field, record: record, kind: kind, value: decision.value,
                    superseding: decision.seen,
                    edit: RecordEdit(
                        target: .existing(record.id.description), values: [], reason: reason,
                        performer: resolution.performer, isAttested: resolution.isAttested))
                try planner.commit(now: Instant(Date()))
            }
            return try await record(found.id.description, kind: Vocabulary.kind(found.kind)?.name)
        }
    }

    /// The value that is to stand, and the candidates that whoever decided had seen.
    private static func decision(
        _ resolution: Resolution, field: FieldDefinition, kind: RecordKind, record: StoredRecord,
        presenter: RecordPresenter, planner: EditPlanner, _ transaction: StoreTransaction
    ) throws -> (value: FieldValue, seen: [OperationID]) {
        guard (0...presenter.version).contains(resolution.seen) else {
            throw SiteError(
                .invalid,
                "--seen \(resolution.seen) is not a version of this site; take it from 'kith conflict show'"
            )
        }
        guard Set(record.operations.filter { $0.field == field.number }.map(\.value)).count > 1
        else { throw settled(resolution.conflict) }
        let seen = try transaction.candidates(
            ofField: field.number, record: record.row, asOf: resolution.seen)
        let operations = try transaction.history(ofRecord: record.row).filter {
            seen.contains($0.id)
        }
        let candidates = presenter.candidates(operations, of: field, in: record.partnership)
        switch resolution.choice {
        case .pick(let number):
            guard let candidate = candidates.first(where: { $0.view.number == number }) else {
                throw SiteError(
                    .invalid,
                    "there is no candidate \(number) at version \(resolution.seen); see 'kith conflict show \(resolution.conflict)'"
                )
            }
            guard let value = candidate.view.value else {
                throw SiteError(
                    .refused, "candidate \(number) cannot be read here; give the value instead")
            }
            return (value, seen)
        case .value(let assignments):
            let values = try planner.values(assignments, of: kind)
            guard let only = values.first, values.count == 1, only.0.number == field.number else {
                throw SiteError(.invalid, "give the value of \(field.name), and of nothing else")
            }
            return (only.1, seen)
        }
    }
}

extension RecordPresenter {
    /// The conflict that a field is in; nil when one value stands, by however many it was said.
    func conflict(
        _ record: StoredRecord, field number: UInt32, _ transaction: StoreTransaction
    ) throws -> ConflictView? {
        let view = view(record)
        let kind = Vocabulary.kind(record.kind)
        let name = kind?.field(number)?.name ?? "field\(number)"
        guard let field = view.field(name), field.isConflict else { return nil }
        let since = record.operations.filter { $0.field == number }.map(\.act.received).sorted()
        return ConflictView(
            id: "\(record.id.short).\(name)", kind: "field", severity: field.policy,
            partnership: view.partnership, record: record.id, recordKind: view.kind,
            title: view.title, resident: try resident(of: record, transaction), field: field,
            opened: since.dropFirst().first ?? view.changed.received, version: version,
            needsAttestation: kind?.isDecision ?? false)
    }

    private func resident(
        of record: StoredRecord, _ transaction: StoreTransaction
    ) throws -> String? {
        var current = record
        for _ in 0..<8 {
            if Vocabulary.kind(current.kind)?.name == "resident" { return view(current).title }
            guard let parent = current.parent,
                let next = try transaction.records(RecordSelection(prefix: parent.description))
                    .first(where: { $0.partnership == current.partnership })
            else { return nil }
            current = next
        }
        return nil
    }
}
