import Foundation
import KithModel
import KithStore
import KithTrust

/// Everything that is due by a day, found in one snapshot of the store.
///
/// What is done with is left out, and what is part of it; so is what became of residents who have
/// died, and what this site is not told of any more.
struct Clocks {
    /// Something due, before anyone asked for names.
    struct Finding {
        let row: Int64
        let record: RecordID
        let partnership: PartnershipID
        let field: String?
        let what: String
        let day: Day
        var days: [Day] = []
        var isContested = false
        var who: String?
        var remark: String?
        var resident: RecordID?
    }

    /// The deepest that records lie in each other; a peer may write a cycle.
    private static let depth = 8

    let transaction: StoreTransaction
    let zone: TimeZone
    let today: Day
    /// The last day on which something is still listed.
    let horizon: Day
    /// The compartments of each partnership that are up to date here.
    let current: [PartnershipID: Set<Compartment>]
    /// Partnerships of which parts are here that cannot be read yet.
    let unread: Set<PartnershipID>
    private var ancestors: [RecordID: [Ancestor]] = [:]

    struct Ancestor {
        let record: DatedRecord
        let kind: RecordKind
        let isOver: Bool
    }

    /// Looks at a store as on a day.
    init(_ transaction: StoreTransaction, today: Day, within days: Int, zone: TimeZone) throws {
        self.transaction = transaction
        self.today = today
        self.zone = zone
        horizon = today.adding(days)
        var current: [PartnershipID: Set<Compartment>] = [:]
        var unread: Set<PartnershipID> = []
        for partnership in try transaction.partnerships() {
            let own = partnership.members.first { $0.profile.site == transaction.site }
            current[partnership.id] = Set(
                Compartment.granted.filter { own?.grant.holds($0) ?? false })
            if try transaction.hasUnread(in: partnership.id) { unread.insert(partnership.id) }
        }
        self.current = current
        self.unread = unread
    }

    /// All of it, the longest due first.
    mutating func findings() throws -> [Finding] {
        var found = try deadlines()
        found += try admissions()
        found += try quietContacts()
        return found.sorted { ($0.day, $0.what, $0.row) < ($1.day, $1.what, $1.row) }
    }

    // MARK: Days that records name

    private mutating func deadlines() throws -> [Finding] {
        var found: [Finding] = []
        for kind in Vocabulary.kinds where kind.hasDeadlines {
            // Two fields of one record may each have something due: it is read once for each.
            for field in kind.fields
            where field.due != nil || field.members.contains(where: \.isDue) {
                for record in try records(of: kind, dueBy: field) {
                    let clock = ClockRecord(kind: kind, values: record.values, zone: zone)
                    guard isCurrent(record, kind), !clock.isClosed(on: today) else { continue }
                    for deadline in clock.deadlines
                    where deadline.day <= horizon && deadline.isIn(field) {
                        if let finding = try finding(deadline, in: record, clock) {
                            found.append(finding)
                        }
                    }
                }
            }
        }
        return found
    }

    private func records(
        of kind: RecordKind, dueBy field: FieldDefinition
    ) throws -> [DatedRecord] {
        let names = [
            field.name, "archived", "resident", field.due?.until, kind.closing?.field,
            kind.responsible,
        ]
        let numbers = Set(names.compactMap { $0.flatMap(kind.field(named:))?.number }).sorted()
        guard field.due != nil else { return try transaction.records(of: kind, reading: numbers) }
        let until = field.due?.until.flatMap(kind.field(named:))?.number
        // A moment's day is kept in UTC, which may be a day before or after the day here.
        return try transaction.records(
            of: kind, withDayIn: field.number, upTo: horizon.number + 1, unless: until,
            reading: numbers)
    }

    private mutating func finding(
        _ deadline: Deadline, in record: DatedRecord, _ clock: ClockRecord
    ) throws -> Finding? {
        let (isOver, resident) = try surroundings(of: record, clock)
        if isOver { return nil }
        return Finding(
            row: record.row, record: record.id, partnership: record.partnership,
            field: deadline.field, what: deadline.what, day: deadline.day, days: deadline.days,
            isContested: deadline.isContested, who: clock.kind.responsible.flatMap(clock.words),
            resident: resident)
    }

    /// Whether what a record is part of is over, and the resident whom it concerns.
    private mutating func surroundings(
        of record: DatedRecord, _ clock: ClockRecord
    ) throws -> (isOver: Bool, resident: RecordID?) {
        var resident: RecordID?
        if case .reference(let named)?? = clock.candidates("resident").first { resident = named }
        var parent = record.parent
        for _ in 0..<Self.depth {
            guard let id = parent else { return (false, resident) }
            // A parent that is not here is not over.
            guard let ancestor = try ancestor(id, in: record.partnership) else {
                return (false, resident)
            }
            if ancestor.isOver { return (true, resident) }
            if ancestor.kind.name == "resident" { resident = id }
            parent = ancestor.record.parent
        }
        return (false, resident)
    }

    mutating func ancestor(
        _ id: RecordID, in partnership: PartnershipID
    ) throws -> Ancestor? {
        if ancestors[id] == nil {
            ancestors[id] = try transaction.datedRecords(withID: id).compactMap { record in
                guard let kind = Vocabulary.kind(record.kind) else { return nil }
                let clock = ClockRecord(kind: kind, values: record.values, zone: zone)
                return Ancestor(
                    record: record, kind: kind,
                    isOver: clock.isClosed(on: today) || clock.isOfSomebodyWhoDied)
            }
        }
        return ancestors[id]?.first { $0.record.partnership == partnership }
    }

    func isCurrent(_ record: DatedRecord, _ kind: RecordKind) -> Bool {
        current[record.partnership]?.contains(kind.compartment) ?? false
    }
}

extension RecordKind {
    /// Whether something can be due in a record of the kind.
    var hasDeadlines: Bool { fields.contains { $0.isDue || $0.members.contains(where: \.isDue) } }
}

extension FieldDefinition {
    /// Whether something is due by the day in it.
    fileprivate var isDue: Bool { due != nil }
}

extension Deadline {
    /// Whether a field, or a member of it, names the day.
    fileprivate func isIn(_ field: FieldDefinition) -> Bool {
        self.field == field.name || self.field.hasPrefix(field.name + ".")
    }
}

extension ClockRecord {
    /// Whether it is a resident of whom everyone who says something says a day of death.
    fileprivate var isOfSomebodyWhoDied: Bool {
        let said = candidates("dateOfDeath")
        return kind.name == "resident" && !said.isEmpty
            && said.allSatisfy { if case .date? = $0 { true } else { false } }
    }
}
