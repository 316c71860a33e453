public import Foundation

/// Why a text cannot be the value of a field, in one line with an example of what can.
public struct FieldProblem: Error, Equatable, Sendable, CustomStringConvertible {
    /// The field's name.
    public let field: String
    /// What is wrong and what would be right.
    public let description: String
}

/// Turns what people and other systems write into field values, and back into words.
///
/// The only place where text enters Kith: it is normalised to NFC here, once.
public struct FieldEntry: Sendable {
    /// The most characters one text may have.
    public static let textLimit = 20_000

    /// The zone of times that are entered without one.
    public let zone: TimeZone

    /// Reads times without a zone as local to `zone`.
    public init(zone: TimeZone) {
        self.zone = zone
    }

    /// The value that a text means in a field; an empty text clears it.
    public func value(
        of field: FieldDefinition, from source: String
    ) throws(FieldProblem) -> FieldValue {
        let text = source.precomposedStringWithCanonicalMapping
            .trimmingCharacters(in: .whitespacesAndNewlines)
        if text.isEmpty { return .cleared }
        switch field.type {
        case .text(let lines): return .text(try checked(text, lines: lines, of: field))
        case .integer(let range):
            guard let number = Int64(text), range.contains(number) else {
                throw problem(
                    field, "takes a whole number from \(range.lowerBound) to \(range.upperBound)")
            }
            return .integer(number)
        case .decimal:
            guard let number = DecimalNumber(text) else {
                throw problem(field, "takes a number, for example 2.5")
            }
            return .decimal(number)
        case .date:
            return .date(try date(text, of: field))
        case .instant: return .instant(try instant(text, of: field))
        case .boolean: return .boolean(try boolean(text, of: field))
        case .code(let set): return .code(try code(text, in: set, of: field))
        case .reference(let kinds):
            guard let record = RecordID(text: text) else {
                throw problem(field, "takes the id of one of: \(kinds.joined(separator: ", "))")
            }
            return .reference(record)
        case .nhsNumber:
            guard let number = NHSNumber(text) else {
                throw problem(
                    field,
                    "takes ten digits whose last one checks the others, for example 943 476 5919")
            }
            return .text(number.digits)
        case .odsCode:
            guard let code = ODSCode(text) else {
                throw problem(field, "takes three to ten letters and digits, for example A81001")
            }
            return .text(code.description)
        case .cqcLocation:
            guard let location = CQCLocation(text) else {
                throw problem(field, "takes a CQC location id, for example 1-101675029")
            }
            return .text(location.description)
        case .phone:
            guard PhoneNumber(text) != nil else {
                throw problem(
                    field,
                    "takes a telephone number first, for example 01642 555 0123 or +44 1642 555 0123 ext 4"
                )
            }
            return .text(try checked(text, lines: false, of: field))
        case .email:
            guard EmailAddress(text) != nil else {
                throw problem(field, "takes an e-mail address, for example ward3@example.nhs.uk")
            }
            return .text(try checked(text, lines: false, of: field))
        case .group(let members):
            throw problem(
                field,
                "is set by its parts: "
                    + members.map { "\(field.name).\($0.name)" }.joined(separator: ", "))
        }
    }

    /// The value of an atomic group from texts by member name, in any order.
    public func group(
        _ field: FieldDefinition, from texts: [(member: String, text: String)]
    ) throws(FieldProblem) -> FieldValue {
        var members: [GroupMember] = []
        for (name, text) in texts {
            guard let member = field.members.first(where: { $0.name == name }) else {
                throw problem(
                    field,
                    "has no part \(name); it has "
                        + field.members.map(\.name).joined(separator: ", "))
            }
            if !member.isRepeated, members.contains(where: { $0.number == member.number }) {
                throw problem(field, "takes \(name) once")
            }
            let value: FieldValue
            do {
                value = try self.value(of: member, from: text)
            } catch {
                throw FieldProblem(
                    field: "\(field.name).\(name)", description: "\(field.name).\(error)")
            }
            if value != .cleared { members.append(GroupMember(member.number, value)) }
        }
        if members.isEmpty { return .cleared }
        for required in field.members
        where required.isRequired && !members.contains(where: { $0.number == required.number }) {
            throw problem(field, "needs \(field.name).\(required.name) as well")
        }
        if let rule = field.sumRule { try check(rule, of: field, in: members) }
        return .group(
            members.enumerated().sorted {
                ($0.element.number, $0.offset) < ($1.element.number, $1.offset)
            }.map(\.element))
    }

    private func checked(
        _ text: String, lines: Bool, of field: FieldDefinition
    ) throws(FieldProblem) -> String {
        guard text.unicodeScalars.count <= Self.textLimit else {
            throw problem(field, "takes at most \(Self.textLimit) characters")
        }
        for scalar in text.unicodeScalars {
            if scalar == "\n" || scalar == "\r" || scalar == "\t" {
                guard lines else { throw problem(field, "takes a single line") }
            } else if scalar.properties.generalCategory == .control {
                throw problem(field, "holds a control character; type it again without")
            }
        }
        return text.replacingOccurrences(of: "\r\n", with: "\n")
    }

    private func check(
        _ rule: FieldDefinition.SumRule, of field: FieldDefinition, in members: [GroupMember]
    ) throws(FieldProblem) {
        func number(_ name: String) -> Int64? {
            let definition = field.members.first { $0.name == name }
            let value = members.first { $0.number == definition?.number }?.value
            if case .integer(let number)? = value { return number }
            return nil
        }
        // Each is within its own range, which is far from overflowing a sum.
        let sum = rule.of.compactMap(number).reduce(0, +)
        guard let limit = number(rule.limit), sum > limit else { return }
        throw problem(
            field,
            "counts \(sum) in \(rule.of.joined(separator: " + ")), more than \(rule.limit), which is \(limit); correct one of them"
        )
    }

    private func date(
        _ text: String, of field: FieldDefinition
    ) throws(FieldProblem) -> PartialDate {
        guard let date = PartialDate(text) else {
            throw problem(
                field, "takes a date that exists, for example 2026-11-22, 2026-11 or 2026")
        }
        if let earliest = field.earliestYear, date.year < earliest {
            throw problem(field, "takes no date before \(earliest); check the year")
        }
        return date
    }

    private func instant(
        _ text: String, of field: FieldDefinition
    ) throws(FieldProblem) -> Instant {
        if let instant = Instant(rfc3339: text) { return instant }
        let parts = text.split(whereSeparator: { $0 == " " || $0 == "T" })
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        let clock = parts.count == 2 ? parts[1].split(separator: ":").compactMap { Int($0) } : []
        if parts.count == 2, let day = PartialDate(String(parts[0])), day.day != nil,
            clock.count == 2, (0..<24).contains(clock[0]), (0..<60).contains(clock[1]),
            let date = calendar.date(
                from: DateComponents(
                    year: day.year, month: day.month, day: day.day, hour: clock[0],
                    minute: clock[1]))
        {
            return Instant(date)
        }
        throw problem(
            field, "takes a day and a time, for example 2026-11-22 14:30 or 2026-11-22T14:30:00Z")
    }

    private func boolean(_ text: String, of field: FieldDefinition) throws(FieldProblem) -> Bool {
        switch text.lowercased() {
        case "yes", "true", "y": return true
        case "no", "false", "n": return false
        default: throw problem(field, "takes yes or no")
        }
    }

    private func code(
        _ text: String, in set: CodeSet, of field: FieldDefinition
    ) throws(FieldProblem) -> Code {
        if let code = set.concept(for: text) { return code }
        guard set.isOpen else {
            throw problem(
                field, "takes one of: \(set.concepts.map(\.word).joined(separator: ", "))")
        }
        // "code|words" or "system|code|words" names a concept; anything else is the words alone.
        let parts = text.split(separator: "|", omittingEmptySubsequences: false).map {
            $0.trimmingCharacters(in: .whitespaces)
        }
        let words = try checked(parts[parts.count - 1], lines: false, of: field)
        switch parts.count {
        case 1: return Code(system: "", code: "", display: words)
        case 2: return Code(system: set.system, code: parts[0], display: words)
        case 3: return Code(system: parts[0], code: parts[1], display: words)
        default: throw problem(field, "takes words, CODE|words or SYSTEM|CODE|words")
        }
    }

    private func problem(_ field: FieldDefinition, _ words: String) -> FieldProblem {
        FieldProblem(field: field.name, description: "\(field.name) \(words)")
    }
}

extension FieldEntry {
    /// A value in the words that people read.
    public func words(for value: FieldValue, of field: FieldDefinition?) -> String {
        switch value {
        case .cleared: return "(cleared)"
        case .text(let text):
            if case .nhsNumber? = field?.type, let number = NHSNumber(text) {
                return number.description
            }
            return text
        case .integer(let number): return String(number)
        case .decimal(let number): return number.description
        case .date(let date): return date.description
        case .instant(let instant): return instant.formatted(in: zone)
        case .boolean(let flag): return flag ? "yes" : "no"
        case .code(let code): return code.display.isEmpty ? code.code : code.display
        case .reference(let record): return record.short
        case .group(let members):
            return members.enumerated().map { position, member in
                let definition = field?.members.first { $0.number == member.number }
                let words = words(for: member.value, of: definition)
                let label = definition?.label ?? "part \(member.number)"
                return position == 0 ? words : "\(label.lowercased()): \(words)"
            }.joined(separator: "; ")
        }
    }
}
