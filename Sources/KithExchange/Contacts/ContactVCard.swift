import Foundation
import KithModel
import KithSite

/// Contacts and organisations as vCard 4.0 (RFC 6350).
///
/// Fields without a property of the standard have one of their own, `X-KITH-…`. Of a safety-critical
/// field that is undecided every value goes along, in a property that says which of how many it is.
enum ContactVCard {
    private static let undecided = "X-KITH-UNDECIDED"
    private static let own = "X-KITH-"

    /// Properties of the standard, by field.
    private static func property(
        of field: String
    ) -> (name: String, parameters: [(String, String)])? {
        switch field {
        case "role": ("ROLE", [])
        case "phone": ("TEL", [("TYPE", "work,voice")])
        case "email": ("EMAIL", [("TYPE", "work")])
        case "escalationPhone":
            ("TEL", [("TYPE", "voice"), ("X-KITH-FIELD", "escalationPhone")])
        case "notes": ("NOTE", [])
        case "website": ("URL", [("VALUE", "text")])
        default: nil
        }
    }

    // MARK: Writing

    /// The cards.
    static func text(of rows: [ContactRow]) -> String { rows.map(card).joined() }

    private static func card(_ row: ContactRow) -> String {
        let isOrganisation = row.kind.name == "organisation"
        var lines = [
            ContentLine("BEGIN", raw: "VCARD"), ContentLine("VERSION", raw: "4.0"),
            ContentLine("KIND", raw: isOrganisation ? "org" : "individual"),
            ContentLine("UID", raw: "urn:uuid:\(row.view.id.resourceID)"),
            ContentLine("X-KITH-SOURCE", text: row.view.exportSource.identity),
        ]
        for cell in row.cells {
            var parameters: [(String, String)] = []
            if let choice = cell.choice {
                parameters = [(undecided, "\(choice.number) of \(choice.of)")]
            }
            switch cell.field.name {
            case "name": lines.append(ContentLine("FN", parameters, text: cell.text))
            case "organisationName":
                lines.append(ContentLine("ORG", parameters, text: cell.text))
            default:
                let property =
                    property(of: cell.field.name)
                    ?? (own + cell.field.name.uppercased(), [])
                lines.append(
                    ContentLine(
                        property.name, property.parameters + parameters, text: cell.text))
            }
        }
        lines.append(ContentLine("END", raw: "VCARD"))
        return lines.map(\.folded).joined()
    }

    // MARK: Reading

    /// The records of a file of cards; versions 3.0 and 4.0 are understood.
    static func records(_ bytes: [UInt8]) throws(CSVProblem) -> [ImportRecord] {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CSVProblem(line: 1, message: "expected UTF-8, found another encoding")
        }
        let plain = text.hasPrefix("\u{FEFF}") ? String(text.dropFirst()) : text
        var records: [ImportRecord] = []
        var card: [(number: Int, line: ContentLine)]?
        for item in try ContentLine.read(plain) {
            switch (item.line.name, item.line.value.uppercased()) {
            case ("BEGIN", "VCARD"):
                guard card == nil else {
                    throw CSVProblem(
                        line: item.number, message: "expected END:VCARD before the next card")
                }
                card = [item]
            case ("END", "VCARD"):
                guard let lines = card else {
                    throw CSVProblem(line: item.number, message: "expected BEGIN:VCARD before this")
                }
                let record = try self.record(lines)
                guard !records.contains(where: { $0.source == record.source }) else {
                    throw CSVProblem(
                        line: lines[0].number,
                        message: "expected each card once, found a second one of the same UID")
                }
                records.append(record)
                card = nil
            default:
                guard card != nil else {
                    throw CSVProblem(line: item.number, message: "expected BEGIN:VCARD")
                }
                card?.append(item)
            }
        }
        guard card == nil else {
            throw CSVProblem(line: card?[0].number ?? 1, message: "expected END:VCARD of this card")
        }
        return records
    }

    private static func record(
        _ lines: [(number: Int, line: ContentLine)]
    ) throws(CSVProblem) -> ImportRecord {
        func first(_ name: String) -> String? { lines.first { $0.line.name == name }?.line.text }
        let isOrganisation =
            first("KIND")?.lowercased() == "org" || first("X-ABSHOWAS")?.uppercased() == "COMPANY"
        guard let kind = Vocabulary.kind(named: isOrganisation ? "organisation" : "contact") else {
            preconditionFailure("the vocabulary has no contacts")
        }
        let identity =
            first("X-KITH-SOURCE") ?? first("UID").map { "vcard:\($0)" }
            ?? "vcard:" + [first("FN"), first("ORG")].compactMap(\.self).joined(separator: "|")
        var draft = ContactDraft(
            kind: kind, identity: String(identity.prefix(1000)), entry: FieldEntry(zone: .gmt))
        for (number, line) in lines {
            guard let field = Self.field(of: line, in: kind, draft) else { continue }
            do {
                try draft.set(field, value(of: line, field))
            } catch {
                throw CSVProblem(line: number, message: "\(line.name): \(error)")
            }
        }
        if let missing = draft.missing {
            throw CSVProblem(
                line: lines[0].number,
                message: "expected \(missing.name == "name" ? "FN" : missing.name) in this card")
        }
        return draft.record
    }

    /// The field that a line is about; nil for what Kith has no place for.
    private static func field(
        of line: ContentLine, in kind: RecordKind, _ draft: ContactDraft
    ) -> FieldDefinition? {
        if let named = line.parameter("X-KITH-FIELD") { return kind.field(named: named) }
        if line.name.hasPrefix(own) {
            return kind.fields.first {
                $0.number >= 10 && own + $0.name.uppercased() == line.name
            }
        }
        let isFilled = { (name: String) in draft.text(name) != nil }
        let name: String? =
            switch line.name {
            case "FN": "name"
            case "ROLE": "role"
            case "TITLE": isFilled("role") ? nil : "role"
            case "ORG": "organisationName"
            case "TEL": isFilled("phone") ? nil : "phone"
            case "EMAIL": isFilled("email") ? nil : "email"
            case "NOTE": "notes"
            case "URL": "website"
            default: nil
            }
        return name.flatMap { kind.field(named: $0) }
    }

    private static func value(of line: ContentLine, _ field: FieldDefinition) -> String {
        let text = line.text
        if line.name == "TEL", text.lowercased().hasPrefix("tel:") {
            return String(text.dropFirst(4))
        }
        // Units of an organisation stand after semicolons.
        if line.name == "ORG", !line.value.contains("\\;") {
            return text.split(separator: ";").joined(separator: ", ")
        }
        return text
    }
}
