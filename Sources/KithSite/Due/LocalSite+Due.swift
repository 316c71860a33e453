import Foundation
import KithModel
import KithStore

extension LocalSite {
    package func due(_ query: DueQuery) async throws -> [DueItem] {
        try await translating {
            guard (0...3660).contains(query.within) else {
                throw SiteError(.invalid, "--within takes a number of days from 0 to 3660")
            }
            var resident: RecordID?
            if let reference = query.resident {
                resident = try await record(reference, kind: "resident").id
            }
            let entry = entry
            let today = Day(clock(), in: entry.zone)
            return try await store.read { [resident] transaction in
                var clocks = try Clocks(
                    transaction, today: today, within: query.within, zone: entry.zone)
                let found = try clocks.findings().filter {
                    resident == nil || $0.resident == resident || $0.record == resident
                }
                return try DueWriter(transaction, entry: entry, today: today).items(found)
            }
        }
    }

    /// How much is late, and since when, for the screen of how things stand.
    func overdue() async throws -> (count: Int, since: PartialDate?) {
        let zone = entry.zone
        let today = Day(clock(), in: zone)
        return try await store.read { transaction in
            var clocks = try Clocks(transaction, today: today, within: 0, zone: zone)
            let late = try clocks.findings().filter { $0.day < today }
            return (late.count, late.first?.day.date)
        }
    }
}

/// Puts names to what is due.
private struct DueWriter {
    private let transaction: StoreTransaction
    private let presenter: RecordPresenter
    private let today: Day

    init(_ transaction: StoreTransaction, entry: FieldEntry, today: Day) throws {
        self.transaction = transaction
        self.today = today
        presenter = try RecordPresenter(transaction, entry: entry)
    }

    func items(_ findings: [Clocks.Finding]) throws -> [DueItem] {
        let outlines = try presenter.outlines(ofRows: findings.map(\.row), transaction)
        let residents = try residents(Set(findings.compactMap(\.resident)))
        return findings.compactMap { finding in
            guard let outline = outlines[finding.row] else { return nil }
            let head = outline.head
            let kind = RecordPresenter.kind(head.kind, in: head.compartment)
            return DueItem(
                record: head.id, short: head.id.short, kind: kind?.name ?? "kind \(head.kind)",
                title: presenter.title(of: outline), field: finding.field, what: finding.what,
                date: finding.day.date, overdueDays: today.number - finding.day.number,
                isContested: finding.isContested, dates: finding.days.map(\.date),
                resident: finding.resident,
                residentTitle: finding.resident.flatMap { residents[$0] }, who: finding.who,
                partnership: presenter.name(of: head.partnership), remark: finding.remark)
        }
    }

    private func residents(_ ids: Set<RecordID>) throws -> [RecordID: String] {
        guard let kind = Vocabulary.kind(named: "resident") else { return [:] }
        let found = try presenter.listed(
            kind, in: RecordSelection(kinds: [kind.number], ids: Array(ids)), resolving: false,
            transaction)
        return Dictionary(found.map { ($0.id, $0.title) }, uniquingKeysWith: { first, _ in first })
    }
}
