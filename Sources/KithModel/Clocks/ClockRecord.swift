public import Foundation

/// What clocks need of a record: the values that stand in its fields.
public struct ClockRecord: Sendable {
    /// Its kind.
    public let kind: RecordKind
    /// The values that stand, by field number; nil for one that is erased or cannot be read.
    public let values: [UInt32: [FieldValue?]]
    /// In which time zone a moment has its day.
    public let zone: TimeZone

    /// Describes a record.
    public init(kind: RecordKind, values: [UInt32: [FieldValue?]], zone: TimeZone) {
        self.kind = kind
        self.values = values
        self.zone = zone
    }

    /// The values of a field, of which a person would see every one.
    public func candidates(_ name: String) -> [FieldValue?] {
        kind.field(named: name).flatMap { values[$0.number] } ?? []
    }

    /// The days that a field may mean, each from a candidate; of a partial date the first.
    public func days(_ name: String) -> [Day] {
        candidates(name).compactMap { day(of: $0, latest: false) }
    }

    /// Whether everyone who said something of it says that it is archived.
    public var isArchived: Bool {
        let said = candidates("archived")
        return !said.isEmpty && said.allSatisfy { $0 == .boolean(true) }
    }

    /// Whether it is done with on a day. Where people say different things, it is not.
    public func isClosed(on today: Day) -> Bool {
        if isArchived { return true }
        guard let closing = kind.closing else { return false }
        let said = candidates(closing.field).map { value in
            closing.member.map { member(named: $0, of: closing.field, in: value) } ?? value
        }
        return !said.isEmpty && said.allSatisfy { closes($0, closing, on: today) }
    }

    private func closes(
        _ value: FieldValue?, _ closing: RecordKind.Closing, on today: Day
    ) -> Bool {
        switch value {
        case nil, .cleared: false
        case .code(let code)?: closing.codes?.contains(code.code) ?? true
        case .date?, .instant?:
            // What is to end some day has not ended yet.
            closing.codes == nil && (day(of: value, latest: true).map { $0 < today } ?? false)
        default: closing.codes == nil
        }
    }

    /// What is due in it, whether it is closed or not.
    public var deadlines: [Deadline] {
        kind.fields.flatMap { field -> [Deadline] in
            if let due = field.due {
                let values = self.values[field.number] ?? []
                return deadline(due, path: field.name, values: values).map { [$0] } ?? []
            }
            return field.members.compactMap { part in
                guard let due = part.due else { return nil }
                let values = (self.values[field.number] ?? []).map {
                    member(part.number, in: $0)
                }
                return deadline(due, path: "\(field.name).\(part.name)", values: values)
            }
        }
    }

    private func deadline(
        _ due: FieldDefinition.Due, path: String, values: [FieldValue?]
    ) -> Deadline? {
        if let until = due.until {
            let said = candidates(until)
            if !said.isEmpty, said.allSatisfy({ $0 != nil && $0 != .cleared }) { return nil }
        }
        let days = Set(values.compactMap { day(of: $0, latest: true) }).sorted()
        guard let first = days.first else { return nil }
        return Deadline(
            field: path, what: due.what, day: first, days: days,
            isContested: Set(values).count > 1)
    }

    /// The words of a field that names somebody, of several the first.
    public func words(_ name: String) -> String? {
        for case .text(let text)? in candidates(name) {
            return text
        }
        return nil
    }

    private func member(named name: String, of field: String, in value: FieldValue?) -> FieldValue?
    {
        kind.field(named: field)?.members.first { $0.name == name }
            .flatMap { member($0.number, in: value) }
    }

    private func member(_ number: UInt32, in value: FieldValue?) -> FieldValue? {
        guard case .group(let members)? = value else { return nil }
        return members.first { $0.number == number }?.value
    }

    private func day(of value: FieldValue?, latest: Bool) -> Day? {
        switch value {
        case .date(let date)?: latest ? Day(latestOf: date) : Day(earliestOf: date)
        case .instant(let instant)?: Day(instant, in: zone)
        default: nil
        }
    }
}

/// Something that has to be done by a day that a record names.
public struct Deadline: Equatable, Sendable {
    /// The field, or `FIELD.PART` of a group.
    public let field: String
    /// What, in a few words.
    public let what: String
    /// The day by which: of several that are said the earliest, of a month or year its last.
    public let day: Day
    /// Every day that somebody says, in order.
    public let days: [Day]
    /// Whether people say different things about it.
    public let isContested: Bool
}
