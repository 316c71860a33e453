import GRDB
import KithModel
import KithSite
import KithStore

/// What a removed author wrote past the removal is shown and marked, never wins over what stands,
/// and is not hidden.
final class AuthorRemovedIsShown: Checker {
    private unowned let simulation: Simulation
    private var random: RandomSource
    /// So many records are looked at again after a night; as they are written, and in the end, all of them.
    private static let most = 12

    init(_ simulation: Simulation) {
        self.simulation = simulation
        random = RandomSource(seed: simulation.plan.seed, purpose: "which removed authors")
    }

    func touched(_ fields: [TouchedField]) throws {
        let records = fields.filter { field in
            field.operations.contains { !$0.isMarkedEffective && !$0.isMarkedSuperseded }
        }.map(\.record)
        guard let installation = fields.first?.installation, !records.isEmpty else { return }
        try simulation.read(at: installation) { transaction in
            try self.look(
                at: Set(records).sorted(), RecordPresenter(transaction, entry: Texts.entry),
                at: installation, transaction)
        }
    }

    func surveyed() throws {
        for installation in simulation.survey.changedInstallations {
            try simulation.read(at: installation) { try self.look(at: installation, $0) }
        }
    }

    private func look(at installation: Installation, _ transaction: StoreTransaction) throws {
        var rows = try transaction.all(
            """
            SELECT DISTINCT operation.record FROM revoked
            JOIN act ON act.id BETWEEN revoked.entry << 10 AND (revoked.entry << 10) + 1023
            JOIN operation ON operation.record = act.record AND is_superseded = 0
                AND operation.id >> 12 = act.id
            """
        ).map { $0["record"] as Int64 }
        guard !rows.isEmpty else { return }
        if rows.count > Self.most, !simulation.faults.areOver {
            rows = Array(random.shuffled(rows).prefix(Self.most))
        }
        try look(
            at: rows, RecordPresenter(transaction, entry: Texts.entry), at: installation,
            transaction)
    }

    private func look(
        at rows: [Int64], _ presenter: RecordPresenter, at installation: Installation,
        _ transaction: StoreTransaction
    ) throws {
        for row in rows {
            guard let record = try transaction.records(RecordSelection(row: row)).first else {
                continue
            }
            let view = presenter.view(record)
            for operation in record.operations {
                guard try transaction.isRevoked(operation.id.entry) else { continue }
                try check(operation, record, view, at: installation)
            }
        }
    }

    private func check(
        _ operation: StoredOperation, _ record: StoredRecord, _ view: RecordView,
        at installation: Installation
    ) throws {
        let name =
            Vocabulary.kind(record.kind)?.field(operation.field)?.name
            ?? "field\(operation.field)"
        let candidates = view.field(name)?.candidates ?? []
        let shown = candidates.first { candidate in
            // What a move carried over is shown as its first author said it.
            candidate.provenance.contains {
                ($0.carried?.entry ?? $0.entry) == operation.id.entry
            }
        }
        guard let shown else {
            throw violation(
                "\(installation.name) hides \(operation.id.entry.short), whose author was removed")
        }
        let said = record.operations.filter {
            $0.field == operation.field && $0.value == operation.value
        }
        guard shown.isAuthorRemoved || said.contains(where: \.isEffective) else {
            throw violation(
                "\(installation.name) shows \(operation.id.entry.short) as if its author had not been removed"
            )
        }
        guard !operation.isEffective else {
            throw violation(
                "\(installation.name) counts \(operation.id.entry.short), whose author was removed")
        }
        if shown.isAuthorRemoved, shown.number == 1,
            candidates.contains(where: { !$0.isAuthorRemoved })
        {
            throw violation(
                "\(installation.name) shows \(operation.id.entry.short) first, whose author was removed"
            )
        }
    }
}
