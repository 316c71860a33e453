import KithModel
import KithProtocol
import KithSimulator
import KithStore

/// The life of a sample home, day by day.
struct SampleLife: Sendable {
    /// Somebody who lives there, and the records of theirs that are written again and again.
    struct Resident: Sendable {
        let record: RecordID
        let room: Int
        let stay: RecordID
        let plan: RecordID
        let contingency: RecordID
        let daughter: RecordID
        let baseline: RecordID
        let decision: RecordID
        var needs: [RecordID] = []
        var goals: [RecordID] = []
        var actions: [RecordID] = []
        var medicines: [RecordID] = []
        /// The day of the month on which the plan is reviewed.
        let reviewDay: Int
        /// When they are back from hospital.
        var awayUntil = 0
    }

    /// What is to be done on a later day.
    enum Later: Sendable {
        case followUp(RecordID)
        case finish(task: RecordID)
        case answer(referral: RecordID)
        case comeBack(resident: RecordID, transfer: RecordID, stay: RecordID)
        case assess(resident: RecordID)
        case moveIn(room: Int)
    }

    let sample: SampleHome
    let people = SamplePeople.shared
    let phrases = SamplePhrases.shared
    var writer: SampleWriter
    var random: RandomSource
    var residents: [Resident] = []
    var organisations: [RecordID] = []
    var contacts: [RecordID] = []
    var later: [Int: [Later]] = [:]
    private let first: Day
    private var today = Day(number: 0)
    private var minute = 0
    private var conflicts = 0

    init(_ sample: SampleHome, in partnership: PartnershipID, from first: Day) {
        self.sample = sample
        self.first = first
        writer = SampleWriter(partnership, seed: sample.seed)
        random = RandomSource(seed: sample.seed, purpose: "life")
    }

    var report: SampleHome.Report {
        SampleHome.Report(
            residents: residents.count, records: writer.records, saves: writer.saves,
            operations: writer.operations, conflicts: conflicts)
    }

    /// Lives through some days.
    mutating func live(through days: ClosedRange<Int>, _ transaction: StoreTransaction) throws {
        for number in days {
            today = Day(number: number)
            minute = 7 * 60
            if today == first { try begin(transaction) }
            for event in later.removeValue(forKey: number) ?? [] { try happen(event, transaction) }
            try leave(transaction)
            try review(transaction)
            try care(transaction)
            try speak(transaction)
            if today.weekday == 2 { try goRound(transaction) }
            if today.date.day == 8 { try countBeds(transaction) }
        }
    }

    /// Leaves some fields with two values, as two people do who did not see each other's.
    mutating func disagree(_ transaction: StoreTransaction) throws {
        let actions = residents.flatMap(\.actions)
        for number in 0..<sample.routineConflicts {
            let (field, place) = number.quotientAndRemainder(dividingBy: actions.count)
            try contest(
                "action", actions[place], ["when", "who", "strategies"][field],
                .text("At \(8 + number % 12) o'clock"), .text("Every \(2 + number % 5) hours"),
                transaction)
        }
        let medicines = residents.flatMap(\.medicines)
        for number in 0..<sample.criticalConflicts {
            let (field, place) = number.quotientAndRemainder(dividingBy: medicines.count)
            let values = [
                ("dosage", dosage("One in the morning"), dosage("Two in the morning")),
                ("timeCritical", .boolean(true), .boolean(false)),
            ]
            try contest(
                "medication", medicines[place], values[field].0, values[field].1,
                values[field].2, transaction)
        }
    }

    private mutating func contest(
        _ kind: String, _ record: RecordID, _ field: String, _ one: FieldValue,
        _ other: FieldValue, _ transaction: StoreTransaction
    ) throws {
        try save([writer.edit(kind, record, [field: one])], transaction)
        var unseen = writer.edit(kind, record, [field: other])
        unseen.isUnseen = true
        try save([unseen], transaction)
        conflicts += 1
    }

    // MARK: What every act needs

    /// Saves drafts as somebody of the staff, some minutes after the last act.
    mutating func save(
        _ drafts: [SampleWriter.Draft], _ transaction: StoreTransaction
    ) throws {
        minute = min(minute + random.number(in: 3...14), 1439)
        let who = choose(people.staff)
        try writer.save(
            drafts, by: Person(user: who[0], name: who[1], role: who[2], organisation: ""),
            at: now, transaction)
    }

    /// The moment of the last act.
    var now: Instant {
        Instant(milliseconds: Int64(today.number) * 86_400_000 + Int64(minute) * 60_000)
    }

    /// Today, or so many days later, as a date.
    func date(_ days: Int = 0) -> FieldValue { .date(today.adding(days).date) }

    /// Puts something off by some days.
    mutating func putOff(_ event: Later, by days: Int) {
        later[today.number + max(days, 1), default: []].append(event)
    }

    /// The number of today.
    var dayNumber: Int { today.number }

    /// Today's date.
    var dateOfToday: PartialDate { today.date }

    /// How often something happens today that happens so often a day in a home of forty.
    mutating func times(_ rate: Double) -> Int {
        let thousandths = Int(rate * Double(sample.residents) / 40 * 1000)
        return thousandths / 1000 + (random.chance(permille: thousandths % 1000) ? 1 : 0)
    }

    /// One of some things, which are never none.
    mutating func choose<Element>(_ all: [Element]) -> Element {
        all[random.number(below: all.count)]
    }

    /// A text of some, or the value of a field.
    mutating func text(_ all: [String]) -> FieldValue { .text(choose(all)) }

    /// What a person takes of a medicine.
    func dosage(_ text: String) -> FieldValue {
        SampleCode.group("medication", "dosage", ["text": .text(text)])
    }
}
