import Foundation
import KithModel
import KithProtocol
import KithStore

// Conflicts between records (D13). Only records of one partnership are compared: what is in two has two
// audiences, and a resident who moves is in both.
extension ConflictFinder {
    /// In a group of more than so many records that are alike each is compared with the first alone.
    private static let allPairs = 8

    /// A record that a group gathers, with what put it there.
    private struct Sign {
        let row: Int64
        let operations: [Int64]
    }

    // MARK: Residents

    /// Why residents may be one person, and who of a partnership is alike in it.
    private struct Likeness: Hashable {
        let partnership: PartnershipID
        let why: String
        let text: String
    }

    /// Residents with one NHS number, or one name and date of birth, unless somebody said whether they
    /// are one person.
    func duplicateResidents() throws -> [FoundConflict] {
        guard
            let residents = try KindValues(
                transaction, "resident",
                fields: ["nhsNumber", "familyName", "givenName", "dateOfBirth"])
        else { return [] }
        let same = try SamePerson(transaction)
        var found: [ConflictKey: FoundConflict] = [:]
        for (likeness, signs) in Self.alike(residents) where signs.count > 1 {
            for (one, other) in Self.pairs(signs) {
                guard let first = residents.heads[one.row], let second = residents.heads[other.row],
                    first.row != second.row
                else { continue }
                let pair = SamePerson.Pair(first.id, second.id, in: first.partnership)
                guard !same.isDecided(pair) else { continue }
                let conflict = try duplicate(
                    [(first, one), (second, other)], pair, why: likeness.why,
                    isReopened: same.wasDecided(pair))
                found[conflict.key] =
                    found[conflict.key].map { $0.joined(with: conflict) }
                    ?? conflict
            }
        }
        return Array(found.values)
    }

    private static func alike(_ residents: KindValues) -> [Likeness: [Sign]] {
        var alike: [Likeness: [Sign]] = [:]
        for (row, head) in residents.heads where !residents.isArchived(row) {
            for (number, operation) in residents.texts(row, "nhsNumber") {
                let words = NHSNumber(number)?.description ?? number
                alike[
                    Likeness(
                        partnership: head.partnership, why: "same NHS number \(words)",
                        text: number), default: []
                ].append(Sign(row: row, operations: [operation]))
            }
            for (text, operations) in namesWithBirth(residents, row) {
                alike[
                    Likeness(
                        partnership: head.partnership, why: "same name and date of birth",
                        text: text), default: []
                ].append(Sign(row: row, operations: operations))
            }
        }
        return alike
    }

    private func duplicate(
        _ sides: [(head: RecordHead, sign: Sign)], _ pair: SamePerson.Pair, why: String,
        isReopened: Bool
    ) throws -> FoundConflict {
        let times = try transaction.times(of: sides.flatMap(\.sign.operations))
        let members = sides.sorted { $0.head.id < $1.head.id }.map { head, sign in
            let own = sign.operations.compactMap { times[$0] }
            return FoundMember(
                row: head.row, record: head.id, why: why,
                received: own.map(\.received).max() ?? Instant(milliseconds: 0),
                readAt: own.map(\.readAt).max() ?? 0, operation: sign.operations.max())
        }
        return FoundConflict(
            key: ConflictKey(
                .duplicateResident, of: pair.low, detail: pair.high.description,
                in: sides[0].head.compartment, pair.partnership),
            kind: .duplicateResident, severity: .safetyCritical, row: members[0].row,
            members: members,
            opened: members.map(\.received).max() ?? Instant(milliseconds: 0),
            isReopened: isReopened)
    }

    /// Every combination of names and whole dates of birth that stands for a resident, folded.
    private static func namesWithBirth(
        _ residents: KindValues, _ row: Int64
    ) -> [(text: String, operations: [Int64])] {
        var found: [(String, [Int64])] = []
        for (family, first) in residents.texts(row, "familyName").prefix(4) {
            for (given, second) in residents.texts(row, "givenName").prefix(4) {
                for (value, third) in residents.values(row, "dateOfBirth").prefix(4) {
                    guard case .date(let date) = value, date.day != nil else { continue }
                    found.append(
                        ("\(folded(family))|\(folded(given))|\(date)", [first, second, third]))
                }
            }
        }
        return found
    }

    private static func folded(_ text: String) -> String {
        text.folding(options: [.caseInsensitive, .diacriticInsensitive], locale: nil)
            .filter { $0.isLetter || $0.isNumber }
    }

    private static func pairs(_ signs: [Sign]) -> [(Sign, Sign)] {
        guard signs.count > allPairs else {
            return signs.indices.flatMap { left in
                signs.indices.dropFirst(left + 1).map { (signs[left], signs[$0]) }
            }
        }
        let sorted = signs.sorted { $0.row < $1.row }
        return sorted.dropFirst().map { (sorted[0], $0) }
    }

    // MARK: Places

    private struct Stay {
        let sign: Sign
        let resident: RecordID
        let first: Int
        let last: Int
    }

    /// Rooms in which several residents live at the same time.
    func occupancies() throws -> [FoundConflict] {
        guard
            let stays = try KindValues(
                transaction, "residency", fields: ["home", "room", "start", "end"]),
            let residents = try KindValues(transaction, "resident", fields: [])
        else { return [] }
        struct Room: Hashable {
            let partnership: PartnershipID
            let text: String
        }
        let away = Set(
            residents.heads.values.filter { residents.isArchived($0.row) }.map(\.id))
        var rooms: [Room: [Stay]] = [:]
        for (row, head) in stays.heads where !stays.isArchived(row) {
            guard let resident = head.parent, !away.contains(resident) else { continue }
            let (first, last) = Self.days(of: row, stays)
            for (home, one) in stays.texts(row, "home") {
                for (room, other) in stays.texts(row, "room") {
                    let text = "\(Self.folded(home))|\(Self.folded(room))"
                    rooms[Room(partnership: head.partnership, text: text), default: []].append(
                        Stay(
                            sign: Sign(row: row, operations: [one, other]), resident: resident,
                            first: first, last: last))
                }
            }
        }
        return try rooms.compactMap { room, all in
            let meeting = all.filter { stay in
                all.contains {
                    $0.resident != stay.resident && $0.first < stay.last && stay.first < $0.last
                }
            }
            return try between(
                meeting.map(\.sign), heads: stays.heads, why: { _ in "lives there" },
                key: ConflictKey(
                    .occupancy, of: nil, detail: room.text, in: .personal, room.partnership),
                severity: .routine)
        }
    }

    /// The first and the last day that a stay may have, as numbers that sort as days do; a stay with an
    /// open end lasts.
    private static func days(of row: Int64, _ stays: KindValues) -> (first: Int, last: Int) {
        let starts = stays.values(row, "start").compactMap {
            if case .date(let date) = $0.value { date.firstDay } else { nil }
        }
        let ends = stays.operations(row, "end")
        let last = stays.values(row, "end").compactMap {
            if case .date(let date) = $0.value { date.lastDay } else { nil }
        }
        let isOpen = last.isEmpty || last.count < ends.count
        return (starts.min() ?? 0, isOpen ? Int.max : last.max() ?? Int.max)
    }

    // MARK: Plans

    /// Residents with several active plans of one category, or of none.
    func activePlans() throws -> [FoundConflict] {
        guard let plans = try KindValues(transaction, "plan", fields: ["status", "category"]) else {
            return []
        }
        struct Place: Hashable {
            let partnership: PartnershipID
            let resident: RecordID
            let category: String
        }
        var active: [Place: [Sign]] = [:]
        for (row, head) in plans.heads where !plans.isArchived(row) {
            guard let resident = head.parent else { continue }
            let signs = plans.codes(row, "status").filter { $0.code.code == "active" }
            guard !signs.isEmpty else { continue }
            let categories = plans.codes(row, "category").map {
                $0.code.code.isEmpty ? Self.folded($0.code.display) : $0.code.code
            }
            for category in categories.isEmpty ? [""] : categories {
                active[
                    Place(
                        partnership: head.partnership, resident: resident, category: category),
                    default: []
                ].append(Sign(row: row, operations: signs.map(\.operation)))
            }
        }
        return try active.compactMap { place, signs in
            let detail =
                place.category.isEmpty
                ? ""
                : RecordID(
                    conflict: "category \(place.category)", about: nil, in: place.partnership
                ).short
            return try between(
                signs, heads: plans.heads, why: { _ in "active" },
                key: ConflictKey(
                    .activePlans, of: place.resident, detail: detail, in: .clinical,
                    place.partnership), severity: .safetyCritical)
        }
    }

    // MARK: Allergies

    /// Residents of whom somebody said that no allergies are known, and who have one that counts.
    func noneKnown() throws -> [FoundConflict] {
        guard
            let assertions = try KindValues(
                transaction, "allergyAssertion", fields: ["assertion"]),
            let allergies = try KindValues(
                transaction, "allergy", fields: ["agent", "status", "verification"])
        else { return [] }
        struct Person: Hashable {
            let partnership: PartnershipID
            let resident: RecordID
        }
        var live: [Person: [Sign]] = [:]
        for (row, head) in allergies.heads where !allergies.isArchived(row) {
            guard let resident = head.parent else { continue }
            // Only what nobody doubts any more is no allergy.
            let statuses = allergies.codes(row, "status").map(\.code.code)
            let verdicts = allergies.codes(row, "verification").map(\.code.code)
            let isOver =
                !statuses.isEmpty && statuses.allSatisfy { ["inactive", "resolved"].contains($0) }
            let isWrong =
                !verdicts.isEmpty
                && verdicts.allSatisfy { ["refuted", "entered-in-error"].contains($0) }
            guard !isOver, !isWrong else { continue }
            live[Person(partnership: head.partnership, resident: resident), default: []].append(
                Sign(row: row, operations: allergies.operations(row, "agent").map(\.operation)))
        }
        return try assertions.heads.values.compactMap { head in
            let said = assertions.codes(head.row, "assertion").filter {
                ["716186003", "409137002"].contains($0.code.code)
            }
            guard !assertions.isArchived(head.row), !said.isEmpty, let resident = head.parent,
                let signs = live[Person(partnership: head.partnership, resident: resident)]
            else { return nil }
            let assertion = Sign(row: head.row, operations: said.map(\.operation))
            return try between(
                [assertion] + signs,
                heads: allergies.heads.merging(assertions.heads) { first, _ in first },
                why: { $0 == head.row ? said[0].code.display : "allergy" },
                key: ConflictKey(
                    .noneKnown, of: head.id, in: head.compartment, head.partnership),
                severity: .safetyCritical, about: head.row)
        }
    }

    // MARK: What they have in common

    /// The conflict between several records; nil when there is but one.
    private func between(
        _ signs: [Sign], heads: [Int64: RecordHead], why: (Int64) -> String, key: ConflictKey,
        severity: FieldPolicy, about row: Int64? = nil
    ) throws -> FoundConflict? {
        let rows = Set(signs.map(\.row))
        guard rows.count > 1, let kind = key.other?.kind else { return nil }
        let times = try transaction.times(of: signs.flatMap(\.operations))
        var members: [Int64: FoundMember] = [:]
        for sign in signs {
            guard let head = heads[sign.row] else { continue }
            let own = sign.operations.compactMap { times[$0] }
            members[sign.row] = FoundMember(
                row: sign.row, record: head.id, why: why(sign.row),
                received: own.map(\.received).max() ?? Instant(milliseconds: 0),
                readAt: own.map(\.readAt).max() ?? 0, operation: sign.operations.max())
        }
        let sorted = members.values.sorted { ($0.readAt, $0.row ?? 0) < ($1.readAt, $1.row ?? 0) }
        return FoundConflict(
            key: key, kind: kind, severity: severity, row: row ?? sorted[0].row,
            members: sorted, opened: sorted[1].received)
    }
}
