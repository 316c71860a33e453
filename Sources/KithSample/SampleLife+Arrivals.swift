import KithModel
import KithSimulator
import KithStore

// Coming to the home, and leaving it.
extension SampleLife {
    /// The organisations and contacts of the home, and the people who live there on the first day.
    mutating func begin(_ transaction: StoreTransaction) throws {
        for organisation in people.organisations {
            var values: [String: FieldValue] = [
                "name": .text(organisation[0]),
                "kind": SampleCode.of("organisation", "kind", organisation[1]),
                "phone": .text(phone()),
            ]
            if !organisation[2].isEmpty { values["ods"] = .text(organisation[2]) }
            let draft = writer.new("organisation", values)
            organisations.append(draft.record)
            try save([draft], transaction)
        }
        let count = max(people.professionals.count, sample.residents * 3)
        for number in 0..<count { try addContact(number, transaction) }
        try save(
            [
                writer.new(
                    "agreement",
                    [
                        "name": .text("Sharing agreement of Elm House"), "start": date(-200),
                        "end": date(Int(sample.years * 365) + 200),
                        "controllers": .text("Elm House\nRiverside Practice"),
                        "purposes": .text("Direct care"),
                    ])
            ], transaction)
        for room in 1...sample.residents { try moveIn(room: room, transaction) }
    }

    mutating func addContact(_ number: Int, _ transaction: StoreTransaction) throws {
        let listed = people.professionals
        let who = listed[number % listed.count]
        let isNamed = number < listed.count
        let name =
            isNamed
            ? who[0] : "\(choose(people.women + people.men)) \(choose(people.familyNames))"
        let draft = writer.new(
            "contact",
            [
                "name": .text(name), "role": .text(who[1]), "organisationName": .text(who[2]),
                "phone": .text(phone()), "organisation": .reference(choose(organisations)),
                "lastConfirmed": date(), "nextConfirm": date(365),
            ])
        contacts.append(draft.record)
        try save([draft], transaction)
    }

    func phone(_ number: Int) -> String {
        let digits = String(100_000 + number % 900_000)
        return "01642 \(digits)"
    }

    private mutating func phone() -> String { phone(random.number(below: 900_000)) }

    /// Somebody comes to live in a room.
    mutating func moveIn(room: Int, _ transaction: StoreTransaction) throws {
        let isWoman = random.chance(permille: 680)
        let given = choose(isWoman ? people.women : people.men)
        let person = writer.new(
            "resident",
            [
                "familyName": text(people.familyNames), "givenName": .text(given),
                "preferredName": .text(given), "nhsNumber": .text(nhsNumber()),
                "dateOfBirth": .date(birthday()),
                "gender": SampleCode.of("resident", "gender", isWoman ? "female" : "male"),
                "language": .text("English"), "gpPractice": .text("A81001"),
            ])
        let stay = writer.new(
            "residency", under: person.record,
            [
                "home": .text("Elm House"), "room": .text(String(room)),
                "type": SampleCode.of("residency", "type", "permanent"), "start": date(),
                "funding": SampleCode.of("residency", "funding", "local-authority"),
            ])
        let plan = writer.new(
            "plan", under: person.record,
            [
                "title": .text("Joint plan of \(given)"),
                "status": SampleCode.of("plan", "status", "active"),
                "agreedWith": SampleCode.group(
                    "plan", "agreedWith",
                    ["agreed": SampleCode.of("plan", "agreedWith.agreed", "yes"), "date": date()]),
                "nextReview": date(28), "responsible": .text(people.professionals[0][0]),
                "whatMatters": .text(phrases.aboutMe[0]),
            ])
        let daughter = writer.new(
            "personalContact", under: person.record,
            [
                "name": .text("\(choose(people.women)) \(choose(people.familyNames))"),
                "relationship": .text("Daughter"), "nextOfKin": .boolean(true),
                "emergencyContact": .boolean(true), "phone": .text(phone()),
            ])
        let contingency = contingency(of: plan.record)
        var resident = Resident(
            record: person.record, room: room, stay: stay.record, plan: plan.record,
            contingency: contingency.record, daughter: daughter.record,
            baseline: RecordID(singleton: "baseline", of: person.record),
            decision: RecordID(singleton: "cprDecision", of: person.record),
            reviewDay: room % 28 + 1)
        try save([person, stay, daughter, aboutMe(of: person.record)], transaction)
        try save([plan, contingency] + sections(of: &resident), transaction)
        try save(clinical(of: &resident), transaction)
        residents.append(resident)
        putOff(.assess(resident: person.record), by: random.number(in: 3...9))
    }

    private mutating func contingency(of plan: RecordID) -> SampleWriter.Draft {
        let words = choose(phrases.contingencies)
        return writer.new(
            "contingency", under: plan,
            [
                "name": .text(words[0]), "triggers": .text(words[1]),
                "whatShouldHappen": .text(words[2]), "whoToContact": .text(words[3]),
                "earlyWarningSigns": .text(words[4]), "review": date(90),
            ])
    }

    private mutating func aboutMe(of person: RecordID) -> SampleWriter.Draft {
        let sections = [
            "important", "people", "communicate", "wellness", "pleaseDo", "support", "alsoKnow",
        ]
        var values = Dictionary(
            uniqueKeysWithValues: zip(sections, phrases.aboutMe.map { FieldValue.text($0) }))
        values["date"] = date()
        return writer.new("aboutMe", under: person, values)
    }

    private mutating func sections(of resident: inout Resident) -> [SampleWriter.Draft] {
        var drafts = [
            writer.new("strength", under: resident.plan, ["text": text(phrases.strengths)])
        ]
        for _ in 0..<4 {
            let need = writer.new("need", under: resident.plan, ["text": text(phrases.needs)])
            resident.needs.append(need.record)
            drafts.append(need)
        }
        for number in 0..<3 {
            let goal = writer.new(
                "goal", under: resident.plan,
                [
                    "text": text(phrases.goals), "need": .reference(resident.needs[number]),
                    "importance": .integer(Int64(random.number(in: 5...10))),
                    "status": SampleCode.of("goal", "status", "active"), "due": date(180),
                ])
            resident.goals.append(goal.record)
            drafts.append(goal)
        }
        for number in 0..<6 {
            let action = writer.new(
                "action", under: resident.plan,
                [
                    "what": text(phrases.actions), "goal": .reference(resident.goals[number / 2]),
                    "who": text(people.staff.map { $0[1] }), "when": .text("Every day"),
                    "status": SampleCode.of("action", "status", "in-progress"),
                    "review": date(32),
                ])
            resident.actions.append(action.record)
            drafts.append(action)
        }
        return drafts
    }

    private mutating func clinical(of resident: inout Resident) -> [SampleWriter.Draft] {
        let person = resident.record
        var drafts: [SampleWriter.Draft] = [
            writer.new(
                "cprDecision", under: person,
                ["decision": decision(isFor: random.chance(permille: 300))]),
            writer.new(
                "baseline", under: person,
                [
                    "news2": .integer(Int64(random.number(in: 0...2))),
                    "frailty": SampleCode.of("baseline", "frailty", "severe"),
                    "mobility": .text("With a frame and one person"), "review": date(100),
                ]),
            writer.new(
                "preferredPlace", under: person,
                [
                    "care": SampleCode.of("preferredPlace", "care", "nursing-home"),
                    "death": SampleCode.of("preferredPlace", "death", "nursing-home"),
                ]),
        ]
        if random.chance(permille: 350) {
            drafts.append(
                writer.new(
                    "allergyAssertion", under: person,
                    [
                        "assertion": SampleCode.of(
                            "allergyAssertion", "assertion", "none-known")
                    ]))
        } else {
            let allergen = choose(phrases.allergens)
            drafts.append(
                writer.new(
                    "allergy", under: person,
                    [
                        "agent": SampleCode.words(allergen[0]), "reaction": .text(allergen[1]),
                        "severity": SampleCode.of("allergy", "severity", "moderate"),
                        "status": SampleCode.of("allergy", "status", "active"),
                    ]))
        }
        for _ in 0..<4 {
            drafts.append(
                writer.new(
                    "condition", under: person,
                    [
                        "code": SampleCode.words(choose(phrases.conditions)),
                        "status": SampleCode.of("condition", "status", "active"),
                    ]))
        }
        for _ in 0..<6 {
            let medicine = choose(phrases.medicines)
            let draft = writer.new(
                "medication", under: person,
                [
                    "medicine": SampleCode.words(medicine[0]), "dosage": dosage(medicine[1]),
                    "status": SampleCode.of("medication", "status", "active"), "start": date(),
                    "review": date(220),
                ])
            resident.medicines.append(draft.record)
            drafts.append(draft)
        }
        if random.chance(permille: 400) {
            drafts.append(
                writer.new(
                    "alert", under: person,
                    [
                        "text": text(phrases.alerts),
                        "kind": SampleCode.of("alert", "kind", "clinical"), "start": date(),
                    ]))
        }
        return drafts
    }

    /// A CPR decision of today.
    func decision(isFor: Bool) -> FieldValue {
        SampleCode.group(
            "cprDecision", "decision",
            [
                "value": SampleCode.of(
                    "cprDecision", "decision.value", isFor ? "for" : "not-for"),
                "date": date(), "decider": .text(people.professionals[0][0]),
                "deciderRole": .text("General practitioner"), "reviewDate": date(400),
            ])
    }

    /// Those whose stay ends today: two in three have died, and are archived.
    mutating func leave(_ transaction: StoreTransaction) throws {
        guard times(0.45 * 40 / 365) > 0, residents.count > 1 else { return }
        let resident = residents.remove(at: random.number(below: residents.count))
        try save([writer.edit("residency", resident.stay, ["end": date()])], transaction)
        var last: [String: FieldValue] = ["archived": .boolean(true)]
        if random.chance(permille: 670) { last["dateOfDeath"] = date() }
        try save(
            [writer.edit("resident", resident.record, last, change: .archive)], transaction)
        putOff(.moveIn(room: resident.room), by: random.number(in: 1...12))
    }

    private mutating func birthday() -> PartialDate {
        Day(number: dayNumber - random.number(in: 68...101) * 365 - random.number(below: 365)).date
    }

    /// A number of the range that is kept for tests, with its check digit.
    private mutating func nhsNumber() -> String {
        while true {
            let start = "9" + String(100_000_00 + random.number(below: 900_000_00))
            for last in 0...9 {
                if let number = NHSNumber(start + String(last)) { return number.digits }
            }
        }
    }
}
