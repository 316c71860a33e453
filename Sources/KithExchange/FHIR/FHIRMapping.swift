import KithModel
import KithSite

/// Turns the resources of one file into records; one extension a family of resources.
struct FHIRMapping {
    let resources: FHIRResources
    /// For a goal, the first care plan that names it.
    private let plans: [Int: Int]
    /// For a practitioner, the roles that name them.
    private let roles: [Int: [Int]]

    /// Reads who refers to whom.
    init(_ resources: FHIRResources) throws {
        self.resources = resources
        var plans: [Int: Int] = [:]
        var roles: [Int: [Int]] = [:]
        for resource in resources.all {
            if resource.type.is("CarePlan") {
                for goal in try resource.element.elements("goal") {
                    if let goal = try resources.resolve(goal, in: resource), plans[goal] == nil {
                        plans[goal] = resource.position
                    }
                }
            } else if resource.type.is("PractitionerRole"),
                let reference = try resource.element.element("practitioner"),
                let practitioner = try resources.resolve(reference, in: resource)
            {
                roles[practitioner, default: []].append(resource.position)
            }
        }
        self.plans = plans
        self.roles = roles
    }

    /// The records that a resource becomes; none when it has no place in the vocabulary.
    func records(for resource: FHIRResource) throws -> [ImportRecord] {
        guard let source = resource.source else { return [] }
        switch resource.type.text {
        case "Patient": return try patient(resource, source)
        case "RelatedPerson": return [try relatedPerson(resource, source)]
        case "CarePlan": return try carePlan(resource, source)
        case "Goal": return [try goal(resource, source)]
        case "AllergyIntolerance": return try allergy(resource, source).map { [$0] } ?? []
        case "Practitioner": return [try practitioner(resource, source)]
        case "Organization": return [try organization(resource, source)]
        default: return []
        }
    }

    /// Whether a role was taken over into the contact of its practitioner.
    func isTaken(_ resource: FHIRResource) -> Bool {
        roles.contains { practitioner, roles in
            resources.all[practitioner].type.is("Practitioner") && roles.contains(resource.position)
        }
    }

    /// The first care plan that names a goal.
    func plan(naming goal: FHIRResource) -> FHIRResource? {
        plans[goal.position].map { resources.all[$0] }
    }

    /// The roles of a practitioner.
    func roles(of practitioner: FHIRResource) -> [FHIRResource] {
        roles[practitioner.position, default: []].map { resources.all[$0] }
    }

    /// The resident that a resource is about: a patient of the same file.
    func resident(
        _ name: String, of resource: FHIRResource
    ) throws -> ImportRecord.Source {
        let reference = try resource.element.required(name, resource.element.element(name))
        guard let position = try resources.resolve(reference, in: resource) else {
            let target = try reference.text("reference").map { JSONPlace.quoted($0.text) }
            throw reference.fault(
                "expected a patient of this file; \(target ?? "the one named here") is not in the "
                    + "file: export the patient together with it")
        }
        let target = resources.all[position]
        guard target.type.is("Patient"), let source = target.source else {
            throw reference.fault("expected a Patient, found a \(target.type.text)")
        }
        return source
    }

    /// What a reference means in words: the resource's own, else those beside the reference.
    func words(for reference: FHIRElement, in resource: FHIRResource) throws -> FHIRText? {
        if let position = try resources.resolve(reference, in: resource),
            let words = try words(of: resources.all[position])
        {
            return words
        }
        return try reference.text("display") ?? reference.text("reference")
            ?? reference.element("identifier")?.text("value")
    }

    /// What the references under a name mean in words.
    func words(forAll name: String, of resource: FHIRResource) throws -> [FHIRText] {
        var words: [FHIRText] = []
        for reference in try resource.element.elements(name) {
            if let text = try self.words(for: reference, in: resource) { words.append(text) }
        }
        return words
    }

    /// What a resource is called.
    func words(of resource: FHIRResource) throws -> FHIRText? {
        let element = resource.element
        switch resource.type.text {
        case "Patient", "Practitioner", "RelatedPerson": return try element.name()?.full
        case "PractitionerRole":
            guard let practitioner = try element.element("practitioner") else { return nil }
            return try words(for: practitioner, in: resource)
        case "Organization", "Location", "HealthcareService", "CareTeam", "Group":
            return try element.text("name")
        case "Condition", "Observation", "ServiceRequest", "Procedure", "AllergyIntolerance":
            return try element.concept("code")?.text
        case "MedicationRequest": return try element.concept("medicationCodeableConcept")?.text
        case "Task", "Appointment": return try element.text("description")
        case "Goal": return try element.concept("description")?.text
        default: return nil
        }
    }

    /// Who a reference names as the author of something; nil when it names nobody.
    func author(_ name: String, of resource: FHIRResource) throws -> Author? {
        guard let reference = try resource.element.element(name) else { return nil }
        guard let position = try resources.resolve(reference, in: resource) else {
            guard let display = try reference.text("display") else { return nil }
            return Author(user: "", name: try FHIRDraft.line(display), role: "")
        }
        let target = resources.all[position]
        guard let words = try words(of: target) else { return nil }
        let name = try FHIRDraft.line(words)
        switch target.type.text {
        case "Patient": return Author(user: "", name: name, role: "patient")
        case "RelatedPerson": return Author(user: "", name: name, role: "related person")
        case "Practitioner": return try author(name, as: roles(of: target))
        case "PractitionerRole": return try author(name, as: [target])
        default: return Author(user: "", name: name, role: "")
        }
    }

    private func author(_ name: String, as roles: [FHIRResource]) throws -> Author {
        let employment = try employment(roles)
        return Author(
            user: "", name: name, role: try employment.role.map(FHIRDraft.line) ?? "",
            organisation: try employment.organisationName.map(FHIRDraft.line) ?? "")
    }
}
