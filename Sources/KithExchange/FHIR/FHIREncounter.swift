import KithModel
import KithSite

/// Contacts with hospitals, and services that somebody provides.
extension FHIRMapping {
    static let admission =
        "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-AdmissionMethod"

    /// A contact with a hospital; nil for one that is about nobody, of a class that Kith does not
    /// know, or that did not come about.
    func encounter(
        _ resource: FHIRResource, _ source: ImportRecord.Source
    ) throws -> ImportRecord? {
        let encounter = resource.element
        guard encounter.has("subject") else { return nil }
        let parent = try resident("subject", of: resource)
        var draft = FHIRDraft(source, parent: parent)
        let category = try encounter.required("class", encounter.element("class"))
        let status = try encounter.codeOrAbsent("status")
        let isDropped = ["cancelled", "entered-in-error"].contains { status?.is($0) == true }
        guard let kind = try category.text("code").flatMap(draft.codes("kind").concept(code:)),
            !isDropped || encounter.isOfKith
        else { return nil }
        draft.set("kind", .code(kind))
        if let stage = status.flatMap({ Self.stages[$0.text] }),
            let code = draft.codes("stage").concept(for: stage)
        {
            draft.set("stage", .code(code))
        }
        var outcome: [FHIRText] = []
        if let period = try encounter.element("period") {
            for (name, field) in [("start", "start"), ("end", "end")] {
                guard let date = try period.dateTime(name) else { continue }
                if let instant = date.instant {
                    draft.set(field, .instant(instant))
                } else {
                    // A day is no moment: nobody makes one up.
                    outcome.append(
                        FHIRText(text: "\(name) on \(date.date)", offset: period.offset))
                }
            }
        }
        try setPlace(&draft, from: resource)
        let reasons = try reasons(of: resource)
        try draft.set("reason", concept: reasons.concept)
        outcome += reasons.others.map { $0.saying("Also for: \($0.text)") }
        let types = try encounter.concepts("type")
        try draft.set("type", concept: types.first)
        outcome += types.dropFirst().compactMap(\.text).map { $0.saying("Also: \($0.text)") }
        outcome += try setEnding(&draft, from: encounter)
        try draft.set("outcome", lines: outcome)
        draft.recorded(at: try encounter.element("period")?.dateTime("start"))
        return draft.record
    }

    /// What a status says of how far a contact has come; a planned one has not begun.
    private static let stages = [
        "arrived": "begun", "triaged": "begun", "in-progress": "begun", "onleave": "begun",
        "finished": "completed",
    ]

    private func setPlace(_ draft: inout FHIRDraft, from resource: FHIRResource) throws {
        let encounter = resource.element
        if let provider = try encounter.element("serviceProvider") {
            try draft.set("hospital", words(for: provider, in: resource))
            if let position = try resources.resolve(provider, in: resource),
                resources.all[position].type.is("Organization")
            {
                draft.set("organisation", to: resources.all[position].source)
            }
        }
        var people: [FHIRText] = []
        for participant in try encounter.elements("participant") {
            guard let person = try participant.element("individual"),
                let words = try words(for: person, in: resource)
            else { continue }
            people.append(words)
        }
        try draft.set("seenBy", people.distinct.joined(by: ", "))
    }

    /// The first reason, as a concept where there is one, and the others in words.
    private func reasons(
        of resource: FHIRResource
    ) throws -> (concept: FHIRConcept?, others: [FHIRText]) {
        let concepts = try resource.element.concepts("reasonCode")
        let referred = try words(forAll: "reasonReference", of: resource)
        return (concepts.first, concepts.dropFirst().compactMap(\.text) + referred)
    }

    private func setEnding(
        _ draft: inout FHIRDraft, from encounter: FHIRElement
    ) throws -> [FHIRText] {
        guard let stay = try encounter.element("hospitalization") else { return [] }
        var words: [FHIRText] = []
        if let way = try stay.extensions(Self.admission).first?.concept("valueCodeableConcept") {
            let set = draft.codes("method")
            if let code = way.codes(in: set.system).compactMap(set.concept(code:)).first {
                draft.set("method", .code(code))
            } else if let text = way.text {
                words.append(text.saying("Admitted by: \(text.text)"))
            }
        }
        if let place = try stay.concept("dischargeDisposition") {
            let set = draft.codes("destination")
            if let code = place.codes(in: set.system).compactMap(set.concept(code:)).first {
                draft.set("destination", .code(code))
            } else if let text = place.text {
                words.append(text.saying("Discharged to: \(text.text)"))
            }
        }
        return words
    }

    /// A service that an organisation provides for the person.
    ///
    /// Not a stay: an EpisodeOfCare says who is responsible for what, not where somebody lives, and a
    /// stay would start the clocks of an admission.
    func episode(
        _ resource: FHIRResource, _ source: ImportRecord.Source
    ) throws -> ImportRecord {
        let episode = resource.element
        var draft = FHIRDraft(source, parent: try resident("patient", of: resource))
        let type = try episode.concepts("type").compactMap(\.text).distinct.joined(by: ", ")
        let provider = try named("managingOrganization", of: resource)
        try draft.set(
            "provider",
            provider ?? named("careManager", of: resource) ?? type
                ?? FHIRText(text: resource.name, offset: episode.offset))
        try draft.set("type", type)
        let period = try episode.element("period")
        draft.set("start", try period?.dateTime("start"))
        draft.set("end", try period?.dateTime("end"))
        let status = try episode.codeOrAbsent("status")
        let isOver = ["finished", "cancelled", "entered-in-error"].contains {
            status?.is($0) == true
        }
        if isOver, period?.has("end") != true { draft.set("archived", .boolean(true)) }
        return draft.record
    }
}
