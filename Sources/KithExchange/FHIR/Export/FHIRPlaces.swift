import KithModel
import KithSite

/// Which FHIR resource a kind of record becomes.
///
/// What R4 has no place for is `Basic`. A CPR decision is an Observation whose value is the official
/// finding, not a Consent: it is a clinician's decision and not the person's permission, and the one
/// category that Consent has for it, "Do Not Resuscitate", would stand on the decision *for* CPR as
/// well. What the person refuses in advance is a Consent. A medicine is a MedicationStatement, even
/// where it came as a MedicationRequest: nobody should dispense by it.
enum FHIRPlaces {
    static func type(of kind: String) -> String { types[kind] ?? "Basic" }

    private static let types = [
        "organisation": "Organization", "contact": "Practitioner",
        "interaction": "Communication", "agreement": "Contract", "task": "Task",
        "resident": "Patient", "residency": "EpisodeOfCare", "personalContact": "RelatedPerson",
        "aboutMe": "Observation", "carePackage": "EpisodeOfCare", "careTeamMember": "CareTeam",
        "appointment": "Appointment", "plan": "CarePlan", "strength": "Observation",
        "need": "Condition", "goal": "Goal", "contingency": "CarePlan", "stageGoal": "Goal",
        "goalOutcome": "Observation", "supportPlan": "CarePlan",
        "allergy": "AllergyIntolerance", "allergyAssertion": "AllergyIntolerance",
        "cprDecision": "Observation", "treatmentPlan": "CarePlan", "adrt": "Consent",
        "lpa": "RelatedPerson", "capacityAssessment": "Observation", "condition": "Condition",
        "medication": "MedicationStatement", "alert": "Flag", "outcome": "Communication",
        "preferredPlace": "Observation", "baseline": "Observation", "endOfLife": "Observation",
        "assessment": "Observation", "observation": "Observation", "transfer": "Communication",
        "hospitalContact": "Encounter", "referral": "ServiceRequest", "note": "Communication",
        "comment": "Communication", "proposal": "Communication",
        "document": "DocumentReference", "professionalAdvice": "Communication",
    ]
}

/// Values as the data types of FHIR.
extension JSONNode {
    static func optional(_ text: String?) -> JSONNode? { text.map(JSONNode.text) }
    static func optional(_ date: PartialDate?) -> JSONNode? { date.map { .text($0.description) } }
    static func optional(_ instant: Instant?) -> JSONNode? { instant.map { .text($0.rfc3339) } }

    /// A CodeableConcept: the code, and the words that the author saw.
    static func concept(_ code: Code?) -> JSONNode? {
        guard let code else { return nil }
        return .object([
            ("coding", code.code.isEmpty ? nil : .list([coding(code)])),
            ("text", code.display.isEmpty ? nil : .text(code.display)),
        ])
    }

    /// A Coding.
    static func coding(_ code: Code) -> JSONNode {
        .object([
            ("system", code.system.isEmpty ? nil : .text(code.system)), ("code", .text(code.code)),
            ("display", code.display.isEmpty ? nil : .text(code.display)),
        ])
    }

    /// A CodeableConcept of words alone.
    static func words(_ text: String?) -> JSONNode? { text.map { .object([("text", .text($0))]) } }

    /// A Period; nil without either end.
    static func period(_ start: JSONNode?, _ end: JSONNode?) -> JSONNode? {
        start == nil && end == nil ? nil : .object([("start", start), ("end", end)])
    }

    /// A list with one Annotation.
    static func notes(_ text: String?) -> JSONNode? {
        text.map { .list([.object([("text", .text($0))])]) }
    }

    /// A ContactPoint.
    static func point(_ system: String, _ value: String?) -> JSONNode? {
        value.map { .object([("system", .text(system)), ("value", .text($0))]) }
    }

    /// A list with one Address in lines.
    static func addresses(_ text: String?, postcode: String? = nil) -> JSONNode? {
        guard text != nil || postcode != nil else { return nil }
        let lines = (text ?? "").split(separator: "\n").map { JSONNode.text(String($0)) }
        return .list([.object([("line", .list(lines)), ("postalCode", .optional(postcode))])])
    }

    /// A Reference by words alone.
    static func display(_ text: String?) -> JSONNode? {
        text.map { .object([("display", .text($0))]) }
    }

    /// An Extension.
    static func item(_ url: String, _ name: String, _ value: JSONNode) -> JSONNode {
        .object([("url", .text(url)), (name, value)])
    }

    /// An Extension made of others.
    static func item(_ url: String, of items: [JSONNode]) -> JSONNode {
        .object([("url", .text(url)), ("extension", .list(items))])
    }

    /// Why there is no value, as what stands beside a name with an underscore.
    static func absent(_ reason: String) -> JSONNode {
        .object([("extension", .list([.item(KithFHIR.absent, "valueCode", .text(reason))]))])
    }
}
