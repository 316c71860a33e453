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
/// Practitioner with PractitionerRole, and Organization. Conditions give their words to the plans
/// and goals that address them. Everything else is counted as unmapped.
public struct FHIRReader: Sendable {
    /// The most bytes a file may have.
    public let limit: Int

    /// Reads files up to a size in bytes.
    public init(limit: Int = FHIRFiles.sizeLimit) {
        self.limit = limit
    }

    /// Reads one file; `file` names it in problems.
    public func read(_ file: String, _ bytes: [UInt8]) -> ImportReading {
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
                try merge(record, into: records[place], of: resource)
            }
            if made.isEmpty && !mapping.isTaken(resource) {
                unmapped[resource.type.text, default: 0] += 1
            } else {
                mapped[resource.type.text, default: 0] += 1
            }
        }
        return ImportReading(file: file, records: records, mapped: mapped, unmapped: unmapped)
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
