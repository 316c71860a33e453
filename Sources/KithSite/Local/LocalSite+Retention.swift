import Foundation
import KithModel
import KithStore

// Retention proposes and never erases: source NHS Records Management Code, adult social care records,
// 8 years after the end of care.
extension LocalSite {
    package func setRetention(_ change: RetentionChange) async throws -> PartnershipView {
        try await translating {
            guard (1...100).contains(change.years) else {
                throw SiteError(.invalid, "records are kept for 1 to 100 years")
            }
            let id = try await partnership(change.partnership).id
            try await store.write { try $0.setRetention(of: id, years: change.years) }
            return try await partnership(id.description)
        }
    }

    package func retention() async throws -> [RetentionItem] {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .current
        let parts = calendar.dateComponents([.year, .month, .day], from: clock().date)
        guard let year = parts.year,
            let today = PartialDate(year: year, month: parts.month, day: parts.day)
        else {
            throw SiteError(.invalid, "this machine's clock gives no date; set it, then try again")
        }
        return try await retention(on: today)
    }

    /// What is due on a day, the longest due first.
    func retention(on today: PartialDate) async throws -> [RetentionItem] {
        try await translating {
            let entry = entry
            return try await store.read { transaction in
                let presenter = try RecordPresenter(transaction, entry: entry)
                var items: [RetentionItem] = []
                for partnership in try transaction.partnerships() {
                    let stays = Dictionary(
                        grouping: try transaction.records(
                            RecordSelection(
                                kindNamed: "residency", partnership: partnership.id)
                        ).map(presenter.view), by: \.parent)
                    for record in try transaction.records(
                        RecordSelection(kindNamed: "resident", partnership: partnership.id))
                    {
                        let resident = presenter.view(record)
                        guard
                            let ended = Self.endOfCare(
                                of: resident, stays: stays[resident.id] ?? []),
                            let due = ended.latestDay.adding(years: partnership.retentionYears),
                            due.isBefore(today)
                        else { continue }
                        items.append(
                            RetentionItem(
                                resident: resident.id, short: resident.short,
                                title: resident.title, partnership: partnership.name,
                                ended: ended, due: due))
                    }
                }
                return items.sorted { $0.due.isBefore($1.due) }
            }
        }
    }

    /// When care ended, by the latest that anybody said; nil when that is not said, or not by all.
    static func endOfCare(of resident: RecordView, stays: [RecordView]) -> PartialDate? {
        if let death = latest(resident.field("dateOfDeath")) { return death }
        guard !stays.isEmpty else { return nil }
        let ends = stays.filter { !$0.isArchived }.map { latest($0.field("end")) }
        guard !ends.isEmpty, !ends.contains(nil) else { return nil }
        return ends.compactMap(\.self).max { $0.isBefore($1) }
    }

    /// The latest date of a field; nil when one of its candidates is none.
    private static func latest(_ field: FieldView?) -> PartialDate? {
        guard let field, !field.candidates.isEmpty else { return nil }
        var dates: [PartialDate] = []
        for candidate in field.candidates {
            guard case .date(let date)? = candidate.value else { return nil }
            dates.append(date)
        }
        return dates.max { $0.isBefore($1) }
    }
}
