import KithModel
import KithSite

/// Where somebody works and as what, from their PractitionerRole resources.
struct FHIREmployment {
    var role: FHIRText?
    var speciality: FHIRText?
    /// The organisation, when there is one and it is in the file.
    var organisation: ImportRecord.Source?
    var organisationName: FHIRText?
    var phone: FHIRText?
    var email: FHIRText?
}

/// Practitioners, their roles, and organisations.
extension FHIRMapping {
    /// A contact, with what its roles in the file add.
    func practitioner(
        _ resource: FHIRResource, _ source: ImportRecord.Source
    ) throws -> ImportRecord {
        let practitioner = resource.element
        let employment = try employment(roles(of: resource))
        let identifier = try firstIdentifier(of: practitioner)
        var draft = FHIRDraft(source)
        try draft.set(
            "name", try practitioner.name()?.full ?? identifier ?? fallback(for: resource))
        try draft.set("role", employment.role)
        draft.set("organisation", to: employment.organisation)
        if employment.organisation == nil {
            try draft.set("organisationName", employment.organisationName)
        }
        var qualifications: [FHIRText] = []
        for qualification in try practitioner.elements("qualification") {
            if let text = try qualification.concept("code")?.text { qualifications.append(text) }
        }
        try draft.set("speciality", employment.speciality ?? qualifications.joined(by: ", "))
        try draft.set("phone", practitioner.telecom("phone") ?? employment.phone)
        try draft.set("email", practitioner.telecom("email") ?? employment.email)
        try draft.set("identifier", identifier)
        if try practitioner.boolean("active") == false { draft.set("archived", .boolean(true)) }
        return draft.record
    }

    /// An organisation.
    func organization(
        _ resource: FHIRResource, _ source: ImportRecord.Source
    ) throws -> ImportRecord {
        let organization = resource.element
        var draft = FHIRDraft(source)
        try draft.set(
            "name",
            try organization.text("name") ?? organization.texts("alias").first
                ?? firstIdentifier(of: organization) ?? fallback(for: resource))
        if let kind = try kind(of: organization, in: draft.codes("kind")) {
            draft.set("kind", .code(kind))
        }
        try draft.set("ods", organization.odsCode())
        try draft.set("phone", organization.telecom("phone"))
        try draft.set("email", organization.telecom("email"))
        let address = try organization.address()
        try draft.set("address", address?.lines)
        try draft.set("postcode", address?.postcode)
        if try organization.boolean("active") == false { draft.set("archived", .boolean(true)) }
        return draft.record
    }

    /// What roles say together; an organisation only where they name a single one.
    func employment(_ roles: [FHIRResource]) throws -> FHIREmployment {
        var words: [FHIRText] = []
        var specialities: [FHIRText] = []
        var names: [FHIRText] = []
        var organisations: Set<ImportRecord.Source> = []
        var employment = FHIREmployment()
        for role in roles where try role.element.boolean("active") != false {
            words += try role.element.concepts("code").compactMap(\.text)
            specialities += try role.element.concepts("specialty").compactMap(\.text)
            employment.phone = try employment.phone ?? role.element.telecom("phone")
            employment.email = try employment.email ?? role.element.telecom("email")
            guard let reference = try role.element.element("organization") else { continue }
            if let name = try self.words(for: reference, in: role) { names.append(name) }
            if let position = try resources.resolve(reference, in: role),
                resources.all[position].type.is("Organization"),
                let source = resources.all[position].source
            {
                organisations.insert(source)
            }
        }
        employment.role = words.distinct.joined(by: ", ")
        employment.speciality = specialities.distinct.joined(by: ", ")
        employment.organisationName = names.distinct.joined(by: ", ")
        if organisations.count == 1, names.distinct.count <= 1 {
            employment.organisation = organisations.first
        }
        return employment
    }

    private func firstIdentifier(of element: FHIRElement) throws -> FHIRText? {
        for identifier in try element.elements("identifier") {
            if let value = try identifier.text("value") { return value }
        }
        return nil
    }

    private func fallback(for resource: FHIRResource) -> FHIRText {
        FHIRText(text: resource.name, offset: resource.element.offset)
    }

    /// Roles of the Organisation Data Service that say what an organisation is.
    private static let organisationRoles = [
        "RO76": "gpPractice", "RO272": "pcn", "RO141": "localAuthority",
    ]

    /// The kind, when a type says it in our words or as an ODS role; nil rather than a guess.
    private func kind(of element: FHIRElement, in set: CodeSet) throws -> Code? {
        for type in try element.concepts("type") {
            for coding in type.codings {
                if let code = coding.code?.text, let kind = Self.organisationRoles[code],
                    coding.system?.text.lowercased().contains("organi") == true
                {
                    return set.concept(for: kind)
                }
            }
            let texts = [type.words].compactMap(\.self) + type.codings.compactMap(\.display)
            for text in texts {
                if let kind = set.concept(for: text.text) { return kind }
            }
        }
        return nil
    }
}
