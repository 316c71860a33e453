import KithModel
import KithSite

/// Turns the resources of one file into records; one extension a family of resources.
struct FHIRMapping {
    let resources: FHIRResources
    /// For a goal, the first care plan that names it.
    private let plans: [Int: Int]
    /// For a practitioner, the roles that name them.
    private let roles: [Int: [Int]]
    /// For a resource, who said what is in it and when, by the Provenance of our own exports.
    private let told: [Int: (author: Author, event: FieldValue?)]

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
        told = try Self.told(in: resources)
    }

    /// The records that a resource becomes; none when it has no place in the vocabulary.
    func records(for resource: FHIRResource) throws -> [ImportRecord] {
        guard let source = resource.source else { return [] }
        guard FHIRResources.kinds[resource.type.text] == source.kind else {
            return [try extended(profiled(resource, source), by: resource.element, of: resource)]
        }
        var made = try native(resource, source)
        guard let first = made.first else { return [] }
        made[0] = try extended(first, by: resource.element, of: resource)
        if made[0].performer == nil, made[0].event == nil, let told = told[resource.position] {
            (made[0].performer, made[0].event) = (told.author, told.event)
        }
        return made
    }

    private func native(
        _ resource: FHIRResource, _ source: ImportRecord.Source
    ) throws -> [ImportRecord] {
        switch resource.type.text {
        case "Patient": try patient(resource, source)
        case "RelatedPerson": [try relatedPerson(resource, source)]
        case "CarePlan": try carePlan(resource, source)
        case "Goal": [try goal(resource, source)]
        case "AllergyIntolerance": try allergy(resource, source).map { [$0] } ?? []
        case "Practitioner": [try practitioner(resource, source)]
        case "Organization": [try organization(resource, source)]
        case "Condition": try condition(resource, source).map { [$0] } ?? []
        case "MedicationRequest", "MedicationStatement": [try medication(resource, source)]
        case "Encounter": try encounter(resource, source).map { [$0] } ?? []
        case "ServiceRequest": try serviceRequest(resource, source).map { [$0] } ?? []
        case "Flag": try flag(resource, source).map { [$0] } ?? []
        case "EpisodeOfCare": [try episode(resource, source)]
        default: []
        }
    }

    /// Reads who said what; where several did, whoever is named last.
    private static func told(
        in resources: FHIRResources
    ) throws -> [Int: (author: Author, event: FieldValue?)] {
        var told: [Int: (author: Author, event: FieldValue?)] = [:]
        for resource in resources.all where try resource.isOurs && resource.type.is("Provenance") {
            guard let agent = try resource.element.elements("agent").first,
                let who = try agent.element("who"), let name = try who.text("display")
            else { continue }
            let author = Author(
                user: "", name: try FHIRDraft.line(name),
                role: try agent.concept("type")?.words.map(FHIRDraft.line) ?? "",
                organisation: try agent.element("onBehalfOf")?.text("display")
                    .map(FHIRDraft.line) ?? "")
            let event =
                try resource.element.dateTime("occurredDateTime")
                ?? resource.element.dateTime("recorded")
            for target in try resource.element.elements("target") {
                if let position = try resources.resolve(target, in: resource) {
                    told[position] = (author, event?.event)
                }
            }
        }
        return told
    }

    /// Whether a resource says nothing that is not a record's already: what was taken over into
    /// another record, and what our own exports add for other systems.
    func isTaken(_ resource: FHIRResource) throws -> Bool {
        if try resource.isOurs { return true }
        return isRoleTaken(resource)
    }

    /// Whether a role was taken over into the contact of its practitioner.
    private func isRoleTaken(_ resource: FHIRResource) -> Bool {
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
        case "MedicationRequest", "MedicationStatement":
            return try medicine(of: resource)?.text
        case "Medication", "Flag": return try element.concept("code")?.text
        case "Encounter": return try element.concepts("type").compactMap(\.text).first
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
