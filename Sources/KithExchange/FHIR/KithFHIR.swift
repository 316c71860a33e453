import KithModel

/// The names by which our own FHIR says what R4 has no place for.
///
/// Every exported resource has the profile of its kind and the source that names its record; a
/// field that the elements of R4 do not give back exactly has an extension of its own.
enum KithFHIR {
    static let base = "https://kith.example/fhir/"
    static let absent = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"

    /// What names a record in every system that it passes through.
    static let source = definition("source")
    /// The record that it is part of, where the elements do not say so.
    static let parent = definition("parent")
    /// Which fields of a resource hold one of several values, and which one.
    static let undecided = definition("undecided")
    /// A value of a routine field that was also written.
    static let alsoWritten = definition("also-written")
    /// The field that somebody said, at a target of a Provenance.
    static let said = definition("said")
    /// The system of the tag on a resource of which several stand.
    static let tags = base + "tags"
    /// The system of identifiers that name records as `kind|identity`.
    static let records = base + "records"
    /// The system of the names of fields.
    static let fields = base + "fields"

    /// The profiles of what goes along with records for other systems, and is none.
    static let companions = ["practitionerRole", "provenance", "detectedIssue", "absence"]

    /// The profile of a kind.
    static func profile(_ kind: String) -> String { definition(kind) }

    /// The extension of a field.
    static func field(_ kind: String, _ field: String) -> String { definition("\(kind)-\(field)") }

    /// The field that an extension is for; nil for another's extension.
    static func fieldName(_ url: String, of kind: String) -> String? {
        let start = definition("\(kind)-")
        return url.utf8.starts(with: start.utf8)
            ? String(decoding: url.utf8.dropFirst(start.utf8.count), as: UTF8.self) : nil
    }

    /// The kind that a profile names; nil for another's profile.
    static func kind(ofProfile url: String) -> RecordKind? {
        let start = definition("")
        guard url.utf8.starts(with: start.utf8) else { return nil }
        return Vocabulary.kind(
            named: String(decoding: url.utf8.dropFirst(start.utf8.count), as: UTF8.self))
    }

    private static func definition(_ name: String) -> String {
        base + "StructureDefinition/" + name
    }
}

extension Absence {
    /// The code of FHIR's data-absent-reason.
    var reason: String {
        switch self {
        case .notRecorded, .cleared: "unknown"
        case .notShared, .erased: "masked"
        case .awaited, .unreadable: "temp-unknown"
        case .needsNewerVersion: "unsupported"
        }
    }
}
