import KithModel
import KithSimulator
import KithStore

// What happens on a day.
extension SampleLife {
    /// Something that was put off to today.
    mutating func happen(_ event: Later, _ transaction: StoreTransaction) throws {
        switch event {
        case .followUp(let interaction):
            try save(
                [writer.edit("interaction", interaction, ["followedUp": date()])], transaction)
        case .finish(let task):
            try save(
                [
                    writer.edit(
                        "task", task,
                        [
                            "status": SampleCode.of("task", "status", "completed"),
                            "done": date(),
                        ])
                ], transaction)
        case .answer(let referral):
            try save(
                [
                    writer.edit(
                        "referral", referral,
                        [
                            "responded": date(), "outcome": text(phrases.outcomes),
                            "status": SampleCode.of("referral", "status", "completed"),
                        ])
                ], transaction)
        case .comeBack(let resident, let transfer, let stay):
            try save(
                [
                    writer.edit("transfer", transfer, ["returned": date()]),
                    writer.edit(
                        "hospitalContact", stay,
                        [
                            "end": .instant(now), "outcome": text(phrases.outcomes),
                            "stage": SampleCode.of("hospitalContact", "stage", "completed"),
                        ]),
                ], transaction)
            if residents.contains(where: { $0.record == resident }) {
                putOff(.assess(resident: resident), by: random.number(in: 2...11))
            }
        case .assess(let resident):
            guard residents.contains(where: { $0.record == resident }) else { return }
            try save(
                [
                    writer.new(
                        "assessment", under: resident,
                        [
                            "kind": SampleCode.of("assessment", "kind", "comprehensive"),
                            "done": date(), "by": text(people.staff.map { $0[1] }),
                            "summary": text(phrases.outcomes), "physical": text(phrases.needs),
                            "functional": text(phrases.needs),
                        ])
                ], transaction)
        case .moveIn(let room): try moveIn(room: room, transaction)
        }
    }

    /// The monthly reviews of today: what twelve sections of a plan say is looked at and said anew.
    mutating func review(_ transaction: StoreTransaction) throws {
        guard let day = dateOfToday.day else { return }
        for resident in residents where resident.reviewDay == day {
            // One in ten is late, and is made up with the next.
            if random.chance(permille: 100) { continue }
            var drafts = [
                writer.edit(
                    "plan", resident.plan,
                    ["lastReview": date(), "nextReview": date(31)]),
                writer.edit("contingency", resident.contingency, ["review": date(31)]),
            ]
            for action in resident.actions {
                drafts.append(writer.edit("action", action, ["review": date(31)]))
            }
            for goal in resident.goals {
                drafts.append(
                    writer.edit(
                        "goal", goal,
                        ["confidence": .integer(Int64(random.number(in: 3...9))), "due": date(180)]
                    ))
            }
            drafts += seasonal(resident)
            try save(drafts, transaction)
            if random.chance(permille: 300) {
                try save(
                    [
                        writer.new(
                            "comment", under: resident.plan, ["text": text(phrases.comments)])
                    ], transaction)
            }
        }
    }

    /// What is reviewed with a plan in some months: medicines in turn, the baseline each quarter, the
    /// CPR decision once a year.
    private mutating func seasonal(_ resident: Resident) -> [SampleWriter.Draft] {
        let month = (dateOfToday.year * 12 + (dateOfToday.month ?? 1)) + resident.room
        var drafts = [
            writer.edit(
                "medication", resident.medicines[month % resident.medicines.count],
                ["review": date(31 * resident.medicines.count + 14)])
        ]
        if month.isMultiple(of: 3) {
            drafts.append(
                writer.edit(
                    "baseline", resident.baseline,
                    ["news2": .integer(Int64(random.number(in: 0...2))), "review": date(100)]))
        }
        if month.isMultiple(of: 12) {
            drafts.append(
                writer.edit(
                    "cprDecision", resident.decision, ["decision": decision(isFor: false)]))
        }
        return drafts
    }

    /// What changes beside the reviews, what is noted, and what is observed.
    mutating func care(_ transaction: StoreTransaction) throws {
        for _ in 0..<times(8) { try change(choose(residents), transaction) }
        for _ in 0..<times(6) {
            let resident = choose(residents)
            try save(
                [
                    writer.new(
                        "note", under: resident.record,
                        [
                            "text": text(phrases.notes),
                            "kind": SampleCode.of("note", "kind", "care"), "when": .instant(now),
                        ])
                ], transaction)
        }
        for _ in 0..<times(3) { try observe(choose(residents), transaction) }
        if times(0.1) > 0 { try sendToHospital(transaction) }
        if times(0.3) > 0 { try refer(choose(residents), transaction) }
        if times(0.05) > 0 {
            try save(
                [
                    writer.new(
                        "professionalAdvice", under: choose(residents).record,
                        [
                            "subject": text(phrases.subjects), "advice": text(phrases.advice),
                            "from": text(people.professionals.map { $0[0] }), "date": date(),
                        ])
                ], transaction)
        }
    }

    private mutating func change(
        _ resident: Resident, _ transaction: StoreTransaction
    ) throws {
        let draft =
            switch random.number(below: 5) {
            case 0:
                writer.edit("action", choose(resident.actions), ["what": text(phrases.actions)])
            case 1:
                writer.edit(
                    "medication", choose(resident.medicines),
                    ["dosage": dosage(choose(phrases.doses)), "review": date(220)])
            case 2:
                writer.edit(
                    "need", choose(resident.needs), ["text": text(phrases.needs)])
            case 3:
                writer.edit(
                    "goal", choose(resident.goals), ["outcome": text(phrases.outcomes)])
            default:
                writer.edit(
                    "personalContact", resident.daughter,
                    ["phone": .text(phone(random.number(below: 900_000)))])
            }
        try save([draft], transaction)
    }

    private mutating func observe(
        _ resident: Resident, _ transaction: StoreTransaction
    ) throws {
        let score = SampleCode.group(
            "observation", "score", ["news2": .integer(Int64(random.number(in: 0...7)))])
        try save(
            [
                writer.new(
                    "observation", under: resident.record,
                    [
                        "when": .instant(now), "softSigns": text(phrases.softSigns),
                        "readings": text(phrases.readings), "score": score,
                    ])
            ], transaction)
    }

    private mutating func sendToHospital(_ transaction: StoreTransaction) throws {
        let index = random.number(below: residents.count)
        let resident = residents[index]
        guard resident.awayUntil < dayNumber else { return }
        let days = random.number(in: 1...14)
        residents[index].awayUntil = dayNumber + days
        let transfer = writer.new(
            "transfer", under: resident.record,
            [
                "reason": text(phrases.transferReasons), "from": .text("Elm House"),
                "to": .text("James Cook Hospital"), "sent": .instant(now),
                "news2": .integer(Int64(random.number(in: 3...11))),
                "situation": text(phrases.transferReasons), "returnExpected": date(days + 1),
            ])
        let stay = writer.new(
            "hospitalContact", under: resident.record,
            [
                "kind": SampleCode.of("hospitalContact", "kind", "inpatient"),
                "stage": SampleCode.of("hospitalContact", "stage", "begun"),
                "start": .instant(now), "hospital": .text("James Cook Hospital"),
                "transfer": .reference(transfer.record),
            ])
        try save([transfer, stay], transaction)
        putOff(
            .comeBack(resident: resident.record, transfer: transfer.record, stay: stay.record),
            by: days)
    }

    private mutating func refer(_ resident: Resident, _ transaction: StoreTransaction) throws {
        let referral = writer.new(
            "referral", under: resident.record,
            [
                "service": SampleCode.words(choose(phrases.services)), "requested": date(),
                "reason": text(phrases.needs), "followUp": date(21),
                "status": SampleCode.of("referral", "status", "active"),
            ])
        try save([referral], transaction)
        if random.chance(permille: 970) {
            putOff(.answer(referral: referral.record), by: random.number(in: 4...30))
        }
    }
}
