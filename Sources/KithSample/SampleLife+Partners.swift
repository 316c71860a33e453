import KithModel
import KithSimulator
import KithStore

// What is said and done with others.
extension SampleLife {
    /// The calls, visits, tasks and changes of contacts of a day.
    mutating func speak(_ transaction: StoreTransaction) throws {
        for _ in 0..<times(12) { try interact(transaction) }
        for _ in 0..<times(1) {
            let task = writer.new(
                "task",
                [
                    "what": text(phrases.tasks), "who": text(people.staff.map { $0[1] }),
                    "due": date(random.number(in: 1...14)),
                    "status": SampleCode.of("task", "status", "accepted"),
                ])
            try save([task], transaction)
            if random.chance(permille: 985) {
                putOff(.finish(task: task.record), by: random.number(in: 1...12))
            }
        }
        if times(0.6) > 0 {
            try save(
                [
                    writer.edit(
                        "contact", choose(contacts),
                        [
                            "phone": .text(phone(random.number(below: 900_000))),
                            "lastConfirmed": date(), "nextConfirm": date(365),
                        ])
                ], transaction)
        }
    }

    private mutating func interact(_ transaction: StoreTransaction) throws {
        let kinds = ["phone", "visit", "video", "email", "handover", "family"]
        var values: [String: FieldValue] = [
            "kind": SampleCode.of("interaction", "kind", choose(kinds)), "when": .instant(now),
            "subject": text(phrases.subjects), "agreed": text(phrases.agreed),
            "participants": text(people.staff.map { $0[1] }),
            // Some are spoken to every week, others once in years.
            "contact": .reference(
                contacts[
                    min(random.number(below: contacts.count), random.number(below: contacts.count))]
            ),
            "minutes": .integer(Int64(random.number(in: 2...40))),
        ]
        if random.chance(permille: 700) {
            values["resident"] = .reference(choose(residents).record)
        }
        let isFollowed = random.chance(permille: 250)
        let days = random.number(in: 2...21)
        if isFollowed { values["nextDue"] = date(days) }
        let interaction = writer.new("interaction", values)
        var drafts = [interaction]
        if random.chance(permille: 300) {
            drafts.append(
                writer.new(
                    "outcome", under: interaction.record, ["outcome": text(phrases.outcomes)]))
        }
        try save(drafts, transaction)
        if isFollowed, random.chance(permille: 995) {
            putOff(.followUp(interaction.record), by: max(days - random.number(in: 0...4), 1))
        }
    }

    /// The weekly round.
    mutating func goRound(_ transaction: StoreTransaction) throws {
        let round = writer.new(
            "homeRound",
            [
                "kind": SampleCode.of("homeRound", "kind", "home-round"), "date": date(),
                "lead": .reference(contacts[0]),
                "leadName": .text(people.professionals[0][0]),
                "mode": SampleCode.of("homeRound", "mode", "in-person"),
            ])
        var drafts = [round]
        for _ in 0..<min(max(sample.residents / 5, 1), 14) {
            let resident = choose(residents)
            drafts.append(
                writer.new(
                    "roundItem", under: round.record,
                    [
                        "resident": .reference(resident.record), "reason": text(phrases.needs),
                        "outcome": text(phrases.outcomes), "seen": .boolean(true),
                    ]))
        }
        try save(drafts, transaction)
    }

    /// The monthly return of beds.
    mutating func countBeds(_ transaction: StoreTransaction) throws {
        let beds = SampleCode.group(
            "capacity", "beds",
            [
                "maximum": .integer(Int64(sample.residents)),
                "occupied": .integer(Int64(min(residents.count, sample.residents))),
            ])
        try save([writer.new("capacity", ["date": date(), "beds": beds])], transaction)
    }
}
