import Foundation
public import KithModel
public import KithSite

/// What has to be done by a day, as an iCalendar file (RFC 5545): reviews, follow-ups, appointments.
///
/// Where several days stand and nobody has decided, there is an event for each, which says so.
public struct CalendarExport: Sendable {
    /// An exported calendar.
    public struct Result: Sendable {
        /// The calendar.
        public let text: String
        /// Its events.
        public let events: Int
        /// Those that are one of several days that nobody has decided between.
        public let undecided: Int
        /// The partnership's name.
        public let partnership: String
    }

    private let site: any Site

    /// Exports from a site.
    public init(_ site: any Site) {
        self.site = site
    }

    /// The calendar of a partnership; `now` is when it is said to be made.
    public func calendar(partnership: String?, now: Instant) async throws -> Result {
        let partnership = try await ExportRecords.partnership(
            of: site, ExportRequest(partnership: partnership))
        var days: [DueDay] = []
        for kind in Vocabulary.kinds
        where DueDay.isIn(kind) && kind.compartment != .restricted {
            let records = try await site.records(
                RecordQuery(kind: kind.name, partnership: partnership.id.description))
            days += records.flatMap { DueDay.all(in: $0, of: kind) }
        }
        let lines =
            [
                ContentLine("BEGIN", raw: "VCALENDAR"), ContentLine("VERSION", raw: "2.0"),
                ContentLine("PRODID", raw: "-//Kith//Kith//EN"),
                ContentLine("CALSCALE", raw: "GREGORIAN"),
                ContentLine("X-WR-CALNAME", text: "Kith: \(partnership.name.withoutControls)"),
            ] + days.flatMap { Self.event($0, now) } + [ContentLine("END", raw: "VCALENDAR")]
        return Result(
            text: lines.map(\.folded).joined(), events: days.count,
            undecided: days.count { $0.choice != nil }, partnership: partnership.name)
    }

    private static func event(_ day: DueDay, _ now: Instant) -> [ContentLine] {
        let about = [day.record.parentTitle, day.record.title].compactMap(\.self)
            .joined(separator: ": ").withoutControls
        var summary = "\(day.what): \(about)"
        if let choice = day.choice {
            summary = "UNDECIDED (\(choice.number) of \(choice.of)): " + summary
        }
        var lines = [
            ContentLine("BEGIN", raw: "VEVENT"),
            ContentLine(
                "UID",
                raw:
                    "\(day.record.id.resourceID)-\(day.path)-\(day.choice?.number ?? 1)@kith.example"
            ),
            ContentLine("DTSTAMP", raw: time(now)),
        ]
        switch day.day {
        case .instant(let instant):
            lines.append(ContentLine("DTSTART", raw: time(instant)))
            if let minutes = day.minutes {
                lines.append(ContentLine("DURATION", raw: "PT\(minutes)M"))
            }
        case .date(let date):
            lines.append(
                ContentLine(
                    "DTSTART", [("VALUE", "DATE")],
                    raw: date.latestDay.description.replacing("-", with: "")))
            // A whole month or year ends on its last day.
            if date.day == nil { summary += " (in \(date))" }
        default: break
        }
        lines += [
            ContentLine("SUMMARY", text: summary),
            ContentLine("DESCRIPTION", text: "kith record get \(day.record.short)"),
            ContentLine("CATEGORIES", text: day.kind.label),
            ContentLine("CLASS", raw: "CONFIDENTIAL"),
            ContentLine("STATUS", raw: day.choice == nil ? "CONFIRMED" : "TENTATIVE"),
            ContentLine("TRANSP", raw: "TRANSPARENT"), ContentLine("END", raw: "VEVENT"),
        ]
        return lines
    }

    /// `20261125T190000Z`.
    private static func time(_ instant: Instant) -> String {
        let seconds = Instant(milliseconds: instant.milliseconds / 1000 * 1000).rfc3339
        return seconds.prefix(19).filter { $0 != "-" && $0 != ":" } + "Z"
    }
}

/// A day by which something has to be done, as the vocabulary declares it.
struct DueDay {
    let record: RecordView
    let kind: RecordKind
    /// `field`, or `field.part`.
    let path: String
    let what: String
    let day: FieldValue
    /// How long it lasts, where the record says so.
    let minutes: Int64?
    /// Which of several days it is that nobody has decided between.
    let choice: (number: Int, of: Int)?

    /// Whether records of a kind can have one.
    static func isIn(_ kind: RecordKind) -> Bool {
        kind.fields.contains { $0.due != nil || $0.members.contains { $0.due != nil } }
    }

    /// The days of a record that is not done with.
    static func all(in record: RecordView, of kind: RecordKind) -> [DueDay] {
        guard !isClosed(record, kind) else { return [] }
        return kind.fields.flatMap { field -> [DueDay] in
            guard let view = record.field(field.name) else { return [] }
            let isOpen = view.isConflict && field.policy == .safetyCritical
            let candidates = isOpen ? view.candidates : Array(view.candidates.prefix(1))
            return candidates.flatMap { candidate -> [DueDay] in
                let choice = isOpen ? (number: candidate.number, of: candidates.count) : nil
                return days(of: candidate.value, field, in: record).map { path, due, day in
                    DueDay(
                        record: record, kind: kind, path: path, what: due.what, day: day,
                        minutes: minutes(record), choice: choice)
                }
            }
        }
    }

    private static func days(
        of value: FieldValue?, _ field: FieldDefinition, in record: RecordView
    ) -> [(String, FieldDefinition.Due, FieldValue)] {
        if let due = field.due {
            let isDone = due.until.map { isSet($0, in: record) } ?? false
            return isDone ? [] : value.flatMap { isDay($0) ? [(field.name, due, $0)] : nil } ?? []
        }
        guard case .group(let members)? = value else { return [] }
        return members.compactMap { member in
            guard let part = field.members.first(where: { $0.number == member.number }),
                let due = part.due, isDay(member.value)
            else { return nil }
            return ("\(field.name).\(part.name)", due, member.value)
        }
    }

    private static func isDay(_ value: FieldValue) -> Bool {
        switch value {
        case .date, .instant: true
        default: false
        }
    }

    private static func isSet(_ name: String, in record: RecordView) -> Bool {
        guard let field = record.field(name) else { return false }
        return !field.candidates.isEmpty
            && field.candidates.allSatisfy { $0.value != nil && $0.value != .cleared }
    }

    /// Whether everyone who said so says that it is done with.
    private static func isClosed(_ record: RecordView, _ kind: RecordKind) -> Bool {
        guard let closing = kind.closing, let field = kind.field(named: closing.field) else {
            return false
        }
        // Of a group, a part of it says so: the rest stands with every record of its kind.
        let part = closing.member.flatMap { name in field.members.first { $0.name == name } }
        let said = (record.field(closing.field)?.candidates ?? []).map { candidate in
            part.map { Self.part($0.number, of: candidate.value) } ?? candidate.value
        }
        guard !said.isEmpty, said.allSatisfy({ $0 != nil && $0 != .cleared }) else { return false }
        guard let codes = closing.codes else {
            // The end itself is what is due, where it is a day to come.
            return field.due == nil
        }
        return said.allSatisfy { value in
            if case .code(let code)? = value { codes.contains(code.code) } else { false }
        }
    }

    private static func part(_ number: UInt32, of value: FieldValue?) -> FieldValue? {
        guard case .group(let members)? = value else { return nil }
        return members.first { $0.number == number }?.value
    }

    private static func minutes(_ record: RecordView) -> Int64? {
        guard case .integer(let minutes)? = record.field("minutes")?.candidates.first?.value,
            minutes > 0
        else { return nil }
        return minutes
    }
}
