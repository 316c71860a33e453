import KithModel
import KithStore

extension Clocks {
    /// Contacts that nobody here has spoken to for long. Their days are counted in UTC.
    func quietContacts() throws -> [Finding] {
        guard let contact = Vocabulary.kind(named: "contact"),
            let interaction = Vocabulary.kind(named: "interaction"),
            let when = interaction.field(named: "when")?.number,
            let reference = interaction.field(named: "contact")?.number
        else { return [] }
        let days = ClockRules.standard.quietContactDays
        let first = horizon.number - days + 1
        let recent =
            first <= today.number
            ? try transaction.targets(
                of: reference, inKind: interaction, withDayIn: when, first...today.number) : []
        let fields = ["archived", "start", "end"].compactMap { contact.field(named: $0)?.number }
        return try transaction.records(of: contact, reading: fields).compactMap { record in
            let clock = ClockRecord(kind: contact, values: record.values, zone: zone)
            guard isCurrent(record, contact), !recent.contains(record.id), !clock.isArchived,
                !clock.days("end").contains(where: { $0 < today })
            else { return nil }
            let last = try transaction.lastDay(
                in: when, ofKind: interaction, referringBy: reference, to: record.id,
                upTo: today.number)
            let since =
                last.map(Day.init(number:)) ?? clock.days("start").min()
                ?? Day(record.created, in: zone)
            let due = since.adding(days)
            guard due <= horizon else { return nil }
            return Finding(
                row: record.row, record: record.id, partnership: record.partnership, field: nil,
                what: last == nil
                    ? "contact never spoken to" : "no interaction for \(days) days", day: due,
                days: [due])
        }
    }
}
