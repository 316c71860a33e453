import KithModel
import KithSite

/// Referrals and alerts.
extension FHIRMapping {
    /// A referral; nil for a request not to do something, or about something else than a patient.
    func serviceRequest(
        _ resource: FHIRResource, _ source: ImportRecord.Source
    ) throws -> ImportRecord? {
        let request = resource.element
        guard try request.boolean("doNotPerform") != true else { return nil }
        guard let parent = try patient("subject", of: resource) else { return nil }
        var draft = FHIRDraft(source, parent: parent)
        let service =
            try request.concept("code") ?? request.concepts("category").first
            ?? request.concepts("orderDetail").first
        _ = try request.required("code", service?.text)
        try draft.set("service", concept: service)
        try setPerformers(&draft, from: resource)
        var reason = try request.concepts("reasonCode").compactMap(\.text)
        reason += try words(forAll: "reasonReference", of: resource)
        reason += try intent(
            of: request,
            unless: ["order", "original-order", "reflex-order", "filler-order", "instance-order"])
        if let when = try occurrence(of: request) {
            reason.append(when.saying("For: \(when.text)"))
        }
        try draft.set("reason", lines: reason)
        let authored = try request.dateTime("authoredOn")
        draft.set("requested", authored)
        try draft.set("urgency", code: request.text("priority"))
        try draft.set("status", code: request.codeOrAbsent("status"))
        try draft.set("outcome", lines: request.annotations("note"))
        try draft.set("requestedBy", named("requester", of: resource))
        draft.recorded(at: authored)
        draft.recorded(by: try author("requester", of: resource))
        return draft.record
    }

    private func setPerformers(_ draft: inout FHIRDraft, from resource: FHIRResource) throws {
        var organisations: [ImportRecord.Source] = []
        for reference in try resource.element.elements("performer") {
            if let position = try resources.resolve(reference, in: resource),
                resources.all[position].type.is("Organization"),
                let source = resources.all[position].source
            {
                organisations.append(source)
            }
        }
        try draft.set("to", words(forAll: "performer", of: resource).distinct.joined(by: ", "))
        draft.set("organisation", to: organisations.count == 1 ? organisations.first : nil)
    }

    private func occurrence(of request: FHIRElement) throws -> FHIRText? {
        if let date = try request.dateTime("occurrenceDateTime") {
            return FHIRText(text: date.date.description, offset: request.offset)
        }
        if let period = try request.element("occurrencePeriod") {
            return try FHIRTiming.period(period)
        }
        return try request.element("occurrenceTiming").flatMap { try FHIRTiming($0).words }
    }

    /// An alert; nil for a flag on something else than a patient.
    func flag(_ resource: FHIRResource, _ source: ImportRecord.Source) throws -> ImportRecord? {
        let flag = resource.element
        guard let parent = try patient("subject", of: resource) else { return nil }
        var draft = FHIRDraft(source, parent: parent)
        let code = try flag.required("code", flag.concept("code"))
        try draft.set("text", code.element.required("text or coding", code.text))
        if code.coding?.code != nil { try draft.set("code", concept: code) }
        let categories = try flag.concepts("category")
        if let kind = kind(of: categories, in: draft.codes("kind")) {
            draft.set("kind", .code(kind))
        }
        let period = try flag.element("period")
        draft.set("start", try period?.dateTime("start"))
        draft.set("end", try period?.dateTime("end"))
        // Over, but nobody says since when: it leaves the daily view and stays in the record.
        let isOver = try flag.codeOrAbsent("status").map { !$0.is("active") } ?? false
        if isOver, period?.has("end") != true { draft.set("archived", .boolean(true)) }
        draft.recorded(at: try period?.dateTime("start"))
        draft.recorded(by: try author("author", of: resource))
        return draft.record
    }

    /// Categories of FHIR that mean a kind of ours; nil rather than a guess for the others.
    private static let categories = ["clinical": "clinical", "behavioral": "behaviour"]

    private func kind(of concepts: [FHIRConcept], in set: CodeSet) -> Code? {
        let system = "http://terminology.hl7.org/CodeSystem/flag-category"
        for concept in concepts {
            for code in concept.codes(in: system) {
                if let kind = Self.categories[code.text] { return set.concept(for: kind) }
            }
            if let kind = concept.text.flatMap({ set.concept(for: $0.text) }) { return kind }
        }
        return nil
    }

    /// The resident that a resource is about; nil when it is about something else.
    private func patient(
        _ name: String, of resource: FHIRResource
    ) throws -> ImportRecord.Source? {
        guard let reference = try resource.element.element(name) else { return nil }
        if let position = try resources.resolve(reference, in: resource) {
            guard resources.all[position].type.is("Patient") else { return nil }
        } else if let text = try reference.text("reference"), !text.text.contains("Patient/"),
            !text.text.lowercased().hasPrefix("urn:")
        {
            return nil
        }
        return try resident(name, of: resource)
    }
}
