import KithModel
import KithSite

/// Reads FHIR R4 JSON: a bundle, or a single resource, into records ready to be imported.
///
/// A file is taken over whole or not at all: one problem anywhere in it, and it yields no records
/// but the problem, with its line, column and path. The same bytes always give the same records,
/// under identities that come from the resources: the NHS number of a patient, else type and id.
/// References lead only to records of the same file.
///
/// Mapped are Patient, RelatedPerson, CarePlan with its activities, Goal, AllergyIntolerance,
/// Condition, MedicationRequest and MedicationStatement (what the person takes), Encounter,
/// ServiceRequest, Flag, EpisodeOfCare (a service that somebody provides, not where the person
/// lives), Practitioner with PractitionerRole, and Organization; and whatever our own exports say in
/// profiles and extensions. Everything else is counted as unmapped, Consent among it: a consent given
/// elsewhere, under rules that are not ours, changes nothing here.
public struct FHIRReader: Sendable {
    /// The most bytes a file may have.
    public let limit: Int

    /// Reads files up to a size in bytes.
    public init(limit: Int = FHIRFiles.sizeLimit) {
        self.limit = limit
    }

    /// Reads one file; `file` names it in problems.
    public func read(_ file: String, _ bytes: [UInt8]) -> ImportReading {
        if let other = ContactExchange.foreign(bytes) {
            return ImportReading(ImportProblem(file: file, line: 1, message: other))
        }
        let document: JSONDocument
        do {
            document = try JSONScanner(limit: limit).scan(bytes)
        } catch {
            return ImportReading(
                ImportProblem(file: file, place: error.place, message: error.message))
        }
        do {
            return try read(document, named: file)
        } catch let fault as FHIRFault {
            return ImportReading(
                ImportProblem(
                    file: file, place: document.place(at: fault.offset), message: fault.message))
        } catch {
            return ImportReading(ImportProblem(file: file, message: "cannot be read: \(error)"))
        }
    }

    private func read(
        _ document: JSONDocument, named file: String
    ) throws -> ImportReading {
        let resources = try FHIRResources(document.root)
        let mapping = try FHIRMapping(resources)
        var records: [ImportRecord] = []
        var places: [ImportRecord.Source: Int] = [:]
        var mapped: [String: Int] = [:]
        var unmapped: [String: Int] = [:]
        for resource in resources.all {
            let made = try mapping.records(for: resource)
            for record in made {
                guard let place = places[record.source] else {
                    places[record.source] = records.count
                    records.append(record)
                    continue
                }
                if try FHIRResources.isUndecided(resource.element) {
                    records[place].add(record)
                } else {
                    try merge(record, into: records[place], of: resource)
                }
            }
            if try made.isEmpty && !mapping.isTaken(resource) {
                unmapped[resource.type.text, default: 0] += 1
            } else {
                mapped[resource.type.text, default: 0] += 1
            }
        }
        let (whole, missing) = Self.closed(records)
        if missing > 0 { unmapped[ImportReading.outside] = missing }
        return ImportReading(file: file, records: whole, mapped: mapped, unmapped: unmapped)
    }

    /// Leaves out what leads outside the file, and says how much that was.
    private static func closed(_ records: [ImportRecord]) -> ([ImportRecord], missing: Int) {
        var known = Set(records.map(\.source))
        var kept = records
        // What is part of a record that is not there has no place either, nor what is part of that.
        while true {
            let inside = kept.filter { record in
                record.parent.map { known.contains($0) }
                    ?? (Vocabulary.kind(named: record.source.kind)?.parents.isEmpty ?? true)
            }
            if inside.count == kept.count { break }
            kept = inside
            known = Set(kept.map(\.source))
        }
        var missing = records.count - kept.count
        for index in kept.indices {
            let before = kept[index].fields.count
            kept[index].fields.removeAll { $0.target.map { !known.contains($0) } ?? false }
            missing += before - kept[index].fields.count
        }
        return (kept, missing)
    }

    /// Two resources become one record only where a resident has one of it, and they must agree.
    private func merge(
        _ record: ImportRecord, into earlier: ImportRecord, of resource: FHIRResource
    ) throws {
        let same = zip(record.fields, earlier.fields).allSatisfy {
            $0.name == $1.name && $0.value == $1.value
        }
        guard same, record.fields.count == earlier.fields.count else {
            throw resource.element.fault(
                "expected one \(record.source.kind) for the patient, found a second that differs")
        }
    }
}

extension ImportRecord {
    /// Takes over the values that another record of the same source has beside its own.
    mutating func add(_ other: ImportRecord) {
        for field in other.fields
        where !fields.contains(where: {
            $0.name == field.name && $0.value == field.value && $0.target == field.target
        }) {
            let place = fields.lastIndex { $0.name == field.name }.map { $0 + 1 } ?? fields.count
            fields.insert(field, at: place)
        }
    }
}

extension FHIRResource {
    /// Whether our own export made it for other systems, beside the records.
    var isOurs: Bool {
        get throws {
            guard source == nil,
                let profile = try element.element("meta")?.texts("profile").first
            else { return false }
            return KithFHIR.companions.contains { profile.is(KithFHIR.profile($0)) }
        }
    }
}
