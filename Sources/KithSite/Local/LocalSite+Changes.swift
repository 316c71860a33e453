import Foundation
package import KithModel
import KithProtocol
import KithStore
import KithTrust

extension LocalSite {
    package func overview(_ compartments: [Compartment]) async throws -> [ResidentSummary] {
        try await translating {
            let entry = entry
            return try await store.read { transaction in
                let presenter = try RecordPresenter(transaction, entry: entry)
                let newest = try transaction.newestActs(in: compartments)
                func views(_ name: String) throws -> [RecordView] {
                    guard let kind = Vocabulary.kind(named: name),
                        compartments.contains(kind.compartment)
                    else { return [] }
                    return try transaction.records(RecordSelection(kind: kind.number))
                        .map(presenter.view).filter { $0.kind == name && !$0.isArchived }
                }
                let stays = Dictionary(grouping: try views("residency"), by: \.parent)
                let plans = Dictionary(grouping: try views("plan"), by: \.parent)
                return try views("resident").map { resident in
                    let last = newest[resident.id]
                    return ResidentSummary(
                        resident: resident, stays: stays[resident.id] ?? [],
                        plans: plans[resident.id] ?? [],
                        lastVersion: last?.version ?? resident.changed.version,
                        lastChange: last?.received ?? resident.changed.received)
                }.sorted { (Self.sortKey($0), $0.resident.id) < (Self.sortKey($1), $1.resident.id) }
            }
        }
    }

    private static func sortKey(_ summary: ResidentSummary) -> String {
        summary.resident.title.folding(
            options: [.caseInsensitive, .diacriticInsensitive], locale: nil)
    }

    package func changes(_ query: ChangesQuery) async throws -> ChangesView {
        try await translating {
            let entry = entry
            return try await store.read { transaction in
                let presenter = try RecordPresenter(transaction, entry: entry)
                let (own, family) = try presenter.family(
                    of: query.reference, within: query.compartments, transaction)
                let changes = try family.filter { $0.changed.arrival > query.since }.flatMap {
                    try presenter.changes(of: $0, since: query.since, transaction)
                }
                return ChangesView(
                    root: presenter.view(own), since: query.since, version: presenter.version,
                    changes: changes,
                    moments: try presenter.moments(of: family, query.moments, transaction))
            }
        }
    }
}

extension RecordPresenter {
    /// The record that a reference means with all that is part of it, as far as compartments go; as
    /// if there were no such record where its own is not among them.
    func family(
        of reference: String, within compartments: [Compartment], _ transaction: StoreTransaction
    ) throws -> (root: StoredRecord, records: [StoredRecord]) {
        let root = try RecordReader(presenter: self, transaction: transaction)
            .find(reference, kind: nil)
        guard compartments.contains(root.compartment) else {
            throw SiteError(
                .notFound,
                "there is no record \(ShownText(line: String(reference.prefix(40))).text) here; use an id from a list"
            )
        }
        let records = try transaction.records(
            RecordSelection(partnership: root.partnership, roots: [root.row]))
        return (root, records.filter { compartments.contains($0.compartment) })
    }

    /// The fields of a record that are not as they were at a version.
    func changes(
        of record: StoredRecord, since version: Int64, _ transaction: StoreTransaction
    ) throws -> [ChangesView.Change] {
        let view = view(record)
        guard let kind = Vocabulary.kind(named: view.kind) else { return [] }
        let history = try transaction.history(ofRecord: record.row)
        let byID = Dictionary(history.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let touched = Set(history.filter { $0.act.arrival > version }.map(\.field))
        return try kind.fields.filter { touched.contains($0.number) && $0.name != "parent" }
            .compactMap { field in
                guard let after = view.field(field.name) else { return nil }
                let seen = try transaction.candidates(
                    ofField: field.number, record: record.row, asOf: version
                ).compactMap { byID[$0] }
                let before = FieldView(
                    name: field.name, label: field.label, policy: field.policy,
                    candidates: candidates(seen, of: field, in: record.partnership).map(\.view),
                    absence: seen.isEmpty ? .notRecorded : nil)
                // A value that was said again by somebody else is no change.
                guard before.candidates.map(\.words) != after.candidates.map(\.words) else {
                    return nil
                }
                return ChangesView.Change(
                    record: record.id, kind: view.kind, title: view.title,
                    isNew: record.created.arrival > version, before: before, after: after)
            }
    }

    /// What was done in a family, the newest first.
    func moments(
        of family: [StoredRecord], _ limit: Int, _ transaction: StoreTransaction
    ) throws -> [ChangesView.Moment] {
        guard limit > 0 else { return [] }
        let byRow = Dictionary(uniqueKeysWithValues: family.map { ($0.row, $0) })
        var titles: [Int64: RecordView] = [:]
        return try transaction.acts(on: family.map(\.row), limit: min(limit, 2000)).compactMap {
            row, act in
            guard let record = byRow[row] else { return nil }
            let view = titles[row] ?? view(record)
            titles[row] = view
            return ChangesView.Moment(
                record: record.id, kind: view.kind, title: view.title,
                provenance: provenance(act, in: record.partnership))
        }
    }
}
