import KithModel
import KithSite

/// Patients, and the people that they or a RelatedPerson name.
extension FHIRMapping {
    /// The resident, and one personal contact for each person under `contact`.
    func patient(
        _ resource: FHIRResource, _ source: ImportRecord.Source
    ) throws -> [ImportRecord] {
        let patient = resource.element
        var draft = FHIRDraft(source)
        let name = try patient.required("name", patient.name())
        // Without a family name, whatever name there is stands in its place.
        try draft.set(
            "familyName", patient.required("name with a family", name.family ?? name.full))
        if name.family != nil { try draft.set("givenName", name.given) }
        try draft.set("preferredName", nickname(of: patient))
        draft.set("dateOfBirth", try patient.date("birthDate"))
        if let number = try patient.nhsNumber() { draft.set("nhsNumber", .text(number.digits)) }
        try draft.set("nhsNumberStatus", code: verification(of: patient))
        try draft.set("gender", code: patient.text("gender"))
        let address = try patient.address()
        try draft.set("address", address?.lines)
        try draft.set("postcode", address?.postcode)
        try draft.set("phone", patient.telecom("phone"))
        try draft.set("email", patient.telecom("email"))
        try draft.set("maritalStatus", patient.concept("maritalStatus")?.text)
        try draft.set("language", language(of: patient))
        try draft.set("gpPractice", practice(of: resource))
        try setLife(&draft, from: patient)
        try draft.set("identifier", otherIdentifier(of: patient))
        try draft.set("title", name.prefix)
        if try isRetired(patient) { draft.set("archived", .boolean(true)) }
        var records = [draft.record]
        for (index, contact) in try patient.elements("contact").enumerated() {
            let identity = "\(source.identity)#contact[\(index)]"
            if let record = try person(contact, identity: identity, parent: source) {
                records.append(record)
            }
        }
        return records
    }

    /// A personal contact from a RelatedPerson.
    func relatedPerson(
        _ resource: FHIRResource, _ source: ImportRecord.Source
    ) throws -> ImportRecord {
        let parent = try resident("patient", of: resource)
        let element = resource.element
        guard let record = try person(element, identity: source.identity, parent: parent) else {
            throw element.fault("expected the element name, relationship or telecom")
        }
        return record
    }

    /// A personal contact; nil when nothing says who it is.
    private func person(
        _ element: FHIRElement, identity: String, parent: ImportRecord.Source
    ) throws -> ImportRecord? {
        var draft = FHIRDraft(
            ImportRecord.Source(kind: "personalContact", identity: identity), parent: parent)
        // A contact of a Patient has one name and one address, a RelatedPerson lists of them.
        let isListed = element.has("resourceType")
        let name = isListed ? try element.name() : try element.element("name").map(FHIRName.init)
        let relationships = try element.concepts("relationship")
        let relationship = relationships.compactMap(\.text).distinct.joined(by: ", ")
        let phone = try element.telecom("phone")
        let email = try element.telecom("email")
        guard let called = name?.full ?? relationship ?? phone ?? email else { return nil }
        try draft.set("name", called)
        try draft.set("relationship", relationship)
        for (flag, codes) in Self.flags
        where relationships.contains(where: { concept in
            codes.contains { concept.has($0.code, in: $0.system) }
        }) {
            draft.set(flag, .boolean(true))
        }
        try draft.set("phone", phone)
        try draft.set("email", email)
        let address =
            isListed
            ? try element.address() : try element.element("address").map(FHIRAddress.init)
        try draft.set(
            "address", lines: [address?.lines, address?.postcode].compactMap(\.self))
        if try element.boolean("active") == false { draft.set("archived", .boolean(true)) }
        return draft.record
    }

    /// The codes of a relationship by which FHIR says what we keep as yes or no.
    static let flags: [(name: String, codes: [(system: String, code: String)])] = [
        ("nextOfKin", [(roles, "N")]),
        ("emergencyContact", [(roles, "C"), (roles, "EP")]),
        (
            "attorney",
            ["POWATT", "DPOWATT", "HPOWATT", "SPOWATT"].map {
                ("http://terminology.hl7.org/CodeSystem/v3-RoleCode", $0)
            }
        ),
        (
            "carer",
            [
                ("http://terminology.hl7.org/CodeSystem/v3-RoleClass", "CAREGIVER"),
                ("http://snomed.info/sct", "133932002"),
            ]
        ),
    ]
    private static let roles = "http://terminology.hl7.org/CodeSystem/v2-0131"

    static let verification =
        "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus"

    /// How far the NHS number was verified, where UK Core says so.
    private func verification(of patient: FHIRElement) throws -> FHIRText? {
        guard let set = CodeSet.all["nhsNumberVerification"] else { return nil }
        for identifier in try patient.elements("identifier")
        where try identifier.text("system")?.is(NHSNumber.system) == true {
            for item in try identifier.extensions(Self.verification) {
                let codes = try item.concept("valueCodeableConcept")?.codes(in: set.system) ?? []
                // Wales and Scotland have codes of their own, which say something else.
                return codes.first { set.concept(code: $0) != nil }
            }
        }
        return nil
    }

    private func nickname(of patient: FHIRElement) throws -> FHIRText? {
        for name in try patient.elements("name") where try name.text("use")?.is("nickname") == true
        {
            return try name.text("text") ?? name.texts("given").joined(by: " ")
        }
        return nil
    }

    private func language(of patient: FHIRElement) throws -> FHIRText? {
        var all: [FHIRText] = []
        for communication in try patient.elements("communication") {
            let concept = try communication.required(
                "language", communication.concept("language"))
            // Several codings without words are, in practice, several languages.
            let displays = concept.codings.compactMap { $0.display ?? $0.code }
            guard let words = concept.words ?? displays.distinct.joined(by: ", ") else { continue }
            if try communication.boolean("preferred") == true { return words }
            all.append(words)
        }
        return all.distinct.joined(by: ", ")
    }

    /// The ODS code of the practice; nobody chooses for the person where there are two.
    private func practice(of resource: FHIRResource) throws -> FHIRText? {
        var found: FHIRText?
        for reference in try resource.element.elements("generalPractitioner") {
            var code: FHIRText?
            if let identifier = try reference.element("identifier"),
                try identifier.text("system")?.is(ODSCode.system) == true
            {
                code = try identifier.text("value")
            } else if let position = try resources.resolve(reference, in: resource) {
                let target = resources.all[position]
                if target.type.is("Organization") { code = try target.element.odsCode() }
            }
            guard let code else { continue }
            if let found, ODSCode(found.text) != ODSCode(code.text) {
                throw reference.fault("expected one GP practice, found a second ODS code")
            }
            found = code
        }
        return found
    }

    private func setLife(_ draft: inout FHIRDraft, from patient: FHIRElement) throws {
        let date = try patient.dateTime("deceasedDateTime")
        let flag = try patient.boolean("deceasedBoolean")
        guard date == nil || flag == nil else {
            throw patient.fault("expected deceasedBoolean or deceasedDateTime, found both")
        }
        guard date != nil || flag != nil else { return }
        let word = date != nil || flag == true ? "deceased" : "alive"
        if let code = draft.codes("lifeStatus").concept(for: word) {
            draft.set("lifeStatus", .code(code))
        }
        draft.set("dateOfDeath", date)
    }

    /// The first medical record number, else the first number that is not the NHS number.
    private func otherIdentifier(of patient: FHIRElement) throws -> FHIRText? {
        let types = "http://terminology.hl7.org/CodeSystem/v2-0203"
        var first: FHIRText?
        for identifier in try patient.elements("identifier") {
            guard try identifier.text("system")?.is(NHSNumber.system) != true,
                let value = try identifier.text("value")
            else { continue }
            if try identifier.concept("type")?.has("MR", in: types) == true { return value }
            first = first ?? value
        }
        return first
    }

    /// Whether the other system no longer uses the record, or uses another one in its place.
    private func isRetired(_ patient: FHIRElement) throws -> Bool {
        for link in try patient.elements("link")
        where try link.text("type")?.is("replaced-by") == true {
            return true
        }
        return try patient.boolean("active") == false
    }
}
