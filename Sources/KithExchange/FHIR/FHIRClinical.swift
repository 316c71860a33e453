import KithModel
import KithSite

/// Conditions, and what the person takes.
extension FHIRMapping {
    /// A condition; nil for one about something else than a patient, or without a meaning.
    func condition(
        _ resource: FHIRResource, _ source: ImportRecord.Source
    ) throws -> ImportRecord? {
        let condition = resource.element
        let parent = try resident("subject", of: resource)
        var draft = FHIRDraft(source, parent: parent)
        let code = try condition.required("code", condition.concept("code"))
        _ = try code.element.required("text or coding", code.text)
        try draft.set("code", concept: code)
        try draft.set("status", status: condition.concept("clinicalStatus"))
        try draft.set("verification", status: condition.concept("verificationStatus"))
        let onset = try moment("onset", of: condition)
        let ended = try moment("abatement", of: condition)
        draft.set("onset", onset.date)
        draft.set("ended", ended.date)
        try draft.set("severity", concept: condition.concept("severity"))
        var notes = try condition.annotations("note")
        if let words = onset.words { notes.append(words.saying("Onset: \(words.text)")) }
        if let words = ended.words { notes.append(words.saying("Ended: \(words.text)")) }
        let sites = try condition.concepts("bodySite").compactMap(\.text)
        notes += sites.map { $0.saying("Where: \($0.text)") }
        try draft.set("notes", lines: notes)
        let recorded = try condition.dateTime("recordedDate")
        draft.set("recorded", recorded)
        draft.recorded(at: recorded)
        draft.recorded(by: try author("recorder", of: resource) ?? author("asserter", of: resource))
        return draft.record
    }

    /// A day, or the words where FHIR has an age, a range or a text for it.
    private func moment(
        _ name: String, of element: FHIRElement
    ) throws -> (date: FHIRDate?, words: FHIRText?) {
        if let date = try element.dateTime("\(name)DateTime") { return (date, nil) }
        if let period = try element.element("\(name)Period") {
            return (try period.dateTime("start"), try FHIRTiming.period(period))
        }
        if let age = try element.element("\(name)Age") { return (nil, try quantity(age)) }
        if let range = try element.element("\(name)Range") {
            let ends = try [range.element("low"), range.element("high")].compactMap(\.self)
                .compactMap(quantity)
            return (nil, ends.joined(by: " to "))
        }
        return (nil, try element.text("\(name)String"))
    }

    /// What the person takes, by a request for it or by a statement of it.
    func medication(
        _ resource: FHIRResource, _ source: ImportRecord.Source
    ) throws -> ImportRecord {
        let element = resource.element
        let isRequest = resource.type.is("MedicationRequest")
        var draft = FHIRDraft(source, parent: try resident("subject", of: resource))
        let medicine = try element.required(
            "medicationCodeableConcept or medicationReference", medicine(of: resource))
        _ = try medicine.element.required("text or coding", medicine.text)
        var notes = try element.annotations("note")
        try draft.set("medicine", concept: medicine)
        if let dosage = try dosage(
            element.elements(isRequest ? "dosageInstruction" : "dosage"),
            in: FHIRDraft.members(of: "dosage", in: "medication"))
        {
            draft.set("dosage", dosage)
        }
        if let status = try element.codeOrAbsent("status") {
            let known = Self.statementStatus[status.text] ?? status.text
            try draft.set("status", code: status.saying(known))
            if known != status.text {
                notes.append(status.saying("Status in the source: \(status.text)"))
            }
        }
        let period =
            isRequest
            ? try element.element("dispenseRequest")?.element("validityPeriod")
            : try element.element("effectivePeriod")
        draft.set("start", try period?.dateTime("start") ?? element.dateTime("effectiveDateTime"))
        draft.set("end", try period?.dateTime("end"))
        var reasons = try element.concepts("reasonCode").compactMap(\.text)
        reasons += try words(forAll: "reasonReference", of: resource)
        try draft.set("reason", lines: reasons.distinct)
        if isRequest {
            try draft.set("prescriber", named("requester", of: resource))
            notes += try intent(of: element, unless: ["order", "original-order"])
            if try element.boolean("doNotPerform") == true {
                throw element.fault("expected no doNotPerform: Kith has no place for it")
            }
        }
        try draft.set("notes", lines: notes)
        let told = try element.dateTime(isRequest ? "authoredOn" : "dateAsserted")
        if isRequest { draft.set("authored", told) }
        draft.recorded(at: told)
        draft.recorded(
            by: try author(isRequest ? "requester" : "informationSource", of: resource))
        return draft.record
    }

    /// Statuses of a statement that a request does not have, by the one that means the same here.
    private static let statementStatus = ["intended": "draft", "not-taken": "stopped"]

    /// The medicine of a request or statement, in it or in a Medication of the file.
    func medicine(of resource: FHIRResource) throws -> FHIRConcept? {
        if let concept = try resource.element.concept("medicationCodeableConcept") {
            return concept
        }
        guard let reference = try resource.element.element("medicationReference") else {
            return nil
        }
        if let position = try resources.resolve(reference, in: resource),
            resources.all[position].type.is("Medication"),
            let code = try resources.all[position].element.concept("code")
        {
            return code
        }
        return try reference.text("display").map { _ in try FHIRConcept(words: reference) }
    }

    /// An intent that does not mean what the record says, in words.
    func intent(of element: FHIRElement, unless usual: [String]) throws -> [FHIRText] {
        guard let intent = try element.text("intent"), !usual.contains(where: intent.is) else {
            return []
        }
        return [intent.saying("Intent: \(intent.text)")]
    }

    /// Whom a reference names.
    func named(_ name: String, of resource: FHIRResource) throws -> FHIRText? {
        guard let reference = try resource.element.element(name) else { return nil }
        return try words(for: reference, in: resource)
    }
}
