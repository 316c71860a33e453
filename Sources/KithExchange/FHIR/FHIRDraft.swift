import Foundation
import KithModel
import KithSite

/// A record in the making: puts texts of a resource under fields of the vocabulary.
struct FHIRDraft {
    private static let entry = FieldEntry(zone: .gmt)

    private let kind: RecordKind
    private(set) var record: ImportRecord

    /// Begins a record of the source's kind.
    init(_ source: ImportRecord.Source, parent: ImportRecord.Source? = nil) {
        guard let kind = Vocabulary.kind(named: source.kind) else {
            preconditionFailure("the vocabulary has no kind \(source.kind)")
        }
        self.kind = kind
        record = ImportRecord(source: source, parent: parent, fields: [])
    }

    /// Sets a field from what was written; nothing for nil.
    mutating func set(_ name: String, _ text: FHIRText?) throws {
        guard let text else { return }
        let field = field(name)
        let value = try Self.value(of: field, from: text)
        if value != .cleared { record.fields.append(ImportRecord.Field(name, value)) }
    }

    /// Sets a text field to several texts, one a line.
    mutating func set(_ name: String, lines: [FHIRText]) throws {
        try set(name, lines.joined(by: "\n"))
    }

    /// Sets a date field.
    mutating func set(_ name: String, _ date: FHIRDate?) {
        if let date { set(name, .date(date.date)) }
    }

    /// Sets a field of a closed set from a FHIR `code`.
    mutating func set(_ name: String, code: FHIRText?) throws {
        guard let code else { return }
        set(name, .code(try codes(name).required(code)))
    }

    /// Sets a field of a closed set from a concept that must be of that set.
    mutating func set(_ name: String, status concept: FHIRConcept?) throws {
        guard let concept else { return }
        let set = codes(name)
        guard
            let code = concept.codes(in: set.system).first
                ?? concept.codings.first(where: { $0.system == nil })?.code
        else {
            throw concept.element.fault("expected a coding of \(set.system)")
        }
        try self.set(name, code: code)
    }

    /// Sets a field of an open set from a concept: its code, and the words the author saw.
    mutating func set(_ name: String, concept: FHIRConcept?) throws {
        guard let concept, let code = try Self.code(concept) else { return }
        set(name, .code(code))
    }

    /// The code of a concept and the words its author saw; nil where it says nothing.
    static func code(_ concept: FHIRConcept) throws -> Code? {
        guard let text = concept.text else { return nil }
        let display = try line(text)
        let coding = concept.coding
        let code = try coding?.code.map { code in try line(code) } ?? ""
        let system = try coding?.system.map { text in try line(text) } ?? ""
        return Code(system: code.isEmpty ? "" : system, code: code, display: display)
    }

    /// Points a field at another record of the same file.
    mutating func set(_ name: String, to target: ImportRecord.Source?) {
        guard let target else { return }
        _ = field(name)
        record.fields.append(ImportRecord.Field(name, to: target))
    }

    /// Sets a field to a value of its type.
    mutating func set(_ name: String, _ value: FieldValue) {
        _ = field(name)
        record.fields.append(ImportRecord.Field(name, value))
    }

    /// Says when it was recorded where it comes from.
    mutating func recorded(at date: FHIRDate?) { record.event = date?.event }

    /// Says who recorded it where it comes from.
    mutating func recorded(by author: Author?) { record.performer = author }

    /// The code set of a field.
    func codes(_ name: String) -> CodeSet {
        guard case .code(let set) = field(name).type else {
            preconditionFailure("\(kind.name).\(name) is not coded")
        }
        return set
    }

    /// The members of an atomic group.
    static func members(of field: String, in kind: String) -> [FieldDefinition] {
        Vocabulary.kind(named: kind)?.field(named: field)?.members ?? []
    }

    /// One line of text, normalised and checked as every text that enters Kith.
    static func line(_ text: FHIRText) throws -> String {
        guard case .text(let line) = try value(of: anyLine, from: text) else { return "" }
        return line
    }

    /// Any single-line field has the rules for one; this is one that every kind has.
    private static var anyLine: FieldDefinition {
        guard let field = Vocabulary.kinds.first?.field(named: "source") else {
            preconditionFailure("the vocabulary is empty")
        }
        return field
    }

    /// The value of a field from what was written.
    static func value(
        of field: FieldDefinition, from text: FHIRText
    ) throws -> FieldValue {
        var words = text.text
        // A line break in what is one line here is a space that somebody's form wrapped.
        switch field.type {
        case .text(lines: false), .phone, .email:
            words = words.split(whereSeparator: \.isLineBreakOrTab).joined(separator: " ")
        default: break
        }
        do {
            switch field.type {
            case .phone, .email:
                // What another system holds as one is taken over as it stands, not refused.
                return try entry.value(of: Self.anyLine, from: words)
            default: return try entry.value(of: field, from: words)
            }
        } catch {
            throw text.fault("expected a text that Kith can hold; \(error.description)")
        }
    }

    private func field(_ name: String) -> FieldDefinition {
        guard let field = kind.field(named: name) else {
            preconditionFailure("\(kind.name) has no field \(name)")
        }
        return field
    }
}

extension Character {
    fileprivate var isLineBreakOrTab: Bool {
        self == "\n" || self == "\r" || self == "\r\n" || self == "\t"
    }
}
