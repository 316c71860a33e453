import KithModel
import KithSite

/// Allergies, and the statement that there are none.
extension FHIRMapping {
    /// An allergy, or the resident's assertion that none is known; nil for an assertion that the
    /// other system has taken back.
    func allergy(
        _ resource: FHIRResource, _ source: ImportRecord.Source
    ) throws -> ImportRecord? {
        let allergy = resource.element
        let parent = try resident("patient", of: resource)
        let code = try allergy.required("code", allergy.concept("code"))
        var draft = FHIRDraft(source, parent: parent)
        try draft.set("kind", code: allergy.text("type"))
        try draft.set("criticality", code: allergy.text("criticality"))
        let status = try allergy.concept("clinicalStatus")
        let verification = try allergy.concept("verificationStatus")
        try draft.set("status", status: status)
        try draft.set("verification", status: verification)
        if let assertion = try assertion(code) {
            let isCurrent = Self.isCurrent(status, verification)
            return isCurrent ? try none(assertion, of: resource, parent) : nil
        }
        _ = try code.element.required("text or coding", code.text)
        try draft.set("agent", concept: code)
        try setReactions(&draft, from: allergy)
        let recorded = try allergy.dateTime("recordedDate")
        draft.set("recorded", recorded)
        var notes = try allergy.annotations("note")
        if let onset = try allergy.text("onsetString") {
            notes.append(onset.saying("Onset: \(onset.text)"))
        }
        try draft.set("notes", lines: notes)
        draft.recorded(at: recorded)
        draft.recorded(by: try author("recorder", of: resource) ?? author("asserter", of: resource))
        return draft.record
    }

    /// What of the assertion a code says; nil for a code that names an agent.
    private func assertion(_ code: FHIRConcept) throws -> Code? {
        guard let set = CodeSet.all["allergyAssertion"] else { return nil }
        let codes = code.codes(in: set.system).compactMap { set.concept(code: $0) }
        guard let first = codes.first else { return nil }
        guard codes.allSatisfy({ $0 == first }), codes.count == code.codes(in: set.system).count
        else {
            throw code.element.fault("expected one meaning, found \(first.display) and another one")
        }
        return first
    }

    private static func isCurrent(_ status: FHIRConcept?, _ verification: FHIRConcept?) -> Bool {
        let withdrawn = verification?.codings.contains {
            $0.code?.is("refuted") == true || $0.code?.is("entered-in-error") == true
        }
        let ended = status?.codings.contains { $0.code?.is("active") != true }
        return withdrawn != true && ended != true
    }

    private func none(
        _ assertion: Code, of resource: FHIRResource, _ parent: ImportRecord.Source
    ) throws -> ImportRecord {
        let source = ImportRecord.Source(
            kind: "allergyAssertion", identity: "\(parent.identity)#allergyAssertion")
        var draft = FHIRDraft(source, parent: parent)
        draft.set("assertion", .code(assertion))
        draft.recorded(at: try resource.element.dateTime("recordedDate"))
        draft.recorded(by: try author("recorder", of: resource) ?? author("asserter", of: resource))
        return draft.record
    }

    private func setReactions(
        _ draft: inout FHIRDraft, from allergy: FHIRElement
    ) throws {
        let reactions = try allergy.elements("reaction")
        var severities: [FHIRText] = []
        for reaction in reactions {
            if let severity = try reaction.text("severity") {
                _ = try draft.codes("severity").required(severity)
                severities.append(severity)
            }
        }
        // Nobody picks the worst: where they differ, each stays with its reaction.
        let agree = Set(severities.map(\.text)).count <= 1
        var texts: [FHIRText] = []
        for reaction in reactions {
            let manifestations = try reaction.concepts("manifestation").compactMap(\.text)
            let first = try reaction.required("manifestation", manifestations.joined(by: ", "))
            var words = first.text
            if let substance = try reaction.concept("substance")?.text?.text {
                words = "\(substance): \(words)"
            }
            if let description = try reaction.text("description")?.text {
                words += ", \(description)"
            }
            if !agree, let severity = try reaction.text("severity")?.text {
                words += " (\(severity))"
            }
            texts.append(first.saying(words))
        }
        try draft.set("reaction", texts.joined(by: "; "))
        if agree { try draft.set("severity", code: severities.first) }
    }
}
