import Foundation
import KithModel
import KithProtocol
import KithStore

extension LocalSite {
    package func records(_ query: RecordQuery) async throws -> [RecordView] {
        try await translating {
            guard let kind = Vocabulary.kind(named: query.kind) else {
                throw SiteError(.invalid, "there is no kind of record called \(shown(query.kind))")
            }
            var selection = RecordSelection(kind: kind.number)
            if let reference = query.partnership {
                selection.partnership = try await self.partnership(reference).id
            }
            let entry = entry
            return try await store.read { [selection] transaction in
                let reader = RecordReader(
                    presenter: try RecordPresenter(transaction, entry: entry),
                    transaction: transaction)
                return try reader.list(query, of: kind, in: selection)
            }
        }
    }

    package func record(_ reference: String, kind: String?) async throws -> RecordView {
        try await translating {
            let entry = entry
            return try await store.read { transaction in
                let reader = RecordReader(
                    presenter: try RecordPresenter(transaction, entry: entry),
                    transaction: transaction)
                let found = try reader.find(reference, kind: kind)
                return try reader.views([found])[0]
            }
        }
    }

    package func tree(_ query: TreeQuery) async throws -> RecordTree {
        try await translating {
            let entry = entry
            return try await store.read { transaction in
                try RecordReader(
                    presenter: try RecordPresenter(transaction, entry: entry),
                    transaction: transaction
                ).tree(query)
            }
        }
    }

    package func history(_ reference: String) async throws -> [HistoryItem] {
        try await translating {
            let view = try await record(reference, kind: nil)
            let entry = entry
            return try await store.read { transaction in
                let presenter = try RecordPresenter(transaction, entry: entry)
                guard
                    let record = try RecordReference(view.reference).matches(in: transaction)
                        .first
                else { return [] }
                let kind = Vocabulary.kind(record.kind)
                let erasures = try transaction.erasures(ofRecord: record.row).map { act in
                    HistoryItem(
                        field: "", label: "Erasure", words: "erased what was said before",
                        isCandidate: false, superseded: 0,
                        provenance: presenter.provenance(act, in: record.partnership))
                }
                let superseded = try transaction.supersededCounts(inRecord: record.row)
                let said = try transaction.history(ofRecord: record.row).map { operation in
                    let field = kind?.field(operation.field)
                    let value = operation.value.flatMap { try? FieldValue(decoding: $0) }
                    let absence: Absence = operation.value == nil ? .erased : .needsNewerVersion
                    return HistoryItem(
                        field: field?.name ?? "field\(operation.field)",
                        label: field?.label ?? "Field \(operation.field)",
                        words: value.map { entry.words(for: $0, of: field) } ?? absence.words,
                        isCandidate: !operation.isSuperseded,
                        superseded: superseded[operation.id] ?? 0,
                        provenance: presenter.provenance(operation.act, in: record.partnership))
                }
                return (said + erasures).sorted { $0.provenance.version < $1.provenance.version }
            }
        }
    }

    package func save(_ edits: [RecordEdit], by author: Author) async throws -> [RecordView] {
        try await translating {
            var targets: [PartnershipID?] = []
            for edit in edits {
                if case .new(_, let partnership, let parent) = edit.target, parent == nil {
                    targets.append(try await targetPartnership(partnership).id)
                } else {
                    targets.append(nil)
                }
            }
            let (entry, now) = (entry, clock())
            let (site, chosen) = (keys.site, targets)
            return try await store.write { transaction in
                var planner = EditPlanner(
                    transaction: transaction, entry: entry, author: author, site: site)
                for (edit, partnership) in zip(edits, chosen) {
                    try planner.plan(edit, in: partnership, now: now)
                }
                try planner.commit(now: now)
                // Shown from within the transaction: nobody's later change comes between.
                let presenter = try RecordPresenter(transaction, entry: entry)
                return try presenter.views(
                    planner.records.flatMap {
                        try transaction.records(RecordSelection(prefix: $0.description))
                    }, transaction)
            }
        }
    }
}
