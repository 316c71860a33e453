import KithModel
import KithSite

/// Residents, the people around them, and whom to ring.
extension FHIRComposer {
    func patient(
        _ version: ExportContent.Version, in content: ExportContent
    ) -> [(String, JSONNode?)] {
        let isDead = version.code("lifeStatus")?.code == "deceased"
        let death = version.date("dateOfDeath")
        let isBirthOpen = content.apart["dateOfBirth"] != nil
        let birth = version.date("dateOfBirth")
        let names: [JSONNode?] = [
            .object([
                ("use", .text("official")), ("family", .optional(version.text("familyName"))),
                ("given", .list([.optional(version.text("givenName"))])),
                ("prefix", .list([.optional(version.text("title"))])),
            ]),
            version.text("preferredName").map {
                .object([("use", .text("nickname")), ("text", .text($0))])
            },
        ]
        return [
            (
                "identifier",
                .list([
                    nhsNumber(version),
                    version.text("identifier").map { .object([("value", .text($0))]) },
                ])
            ),
            ("active", version.flag("archived") == true ? .flag(false) : .flag(true)),
            ("name", .list(names)),
            (
                "telecom",
                .list([
                    .point("phone", version.text("phone")), .point("email", version.text("email")),
                ])
            ),
            ("gender", plainCode(version, "gender")),
            ("birthDate", .optional(birth)),
            ("_birthDate", birth == nil ? .absent(isBirthOpen ? "temp-unknown" : "unknown") : nil),
            (
                "deceasedBoolean",
                death == nil ? version.code("lifeStatus").map { _ in .flag(isDead) } : nil
            ),
            ("deceasedDateTime", .optional(death)),
            ("address", .addresses(version.text("address"), postcode: version.text("postcode"))),
            ("maritalStatus", .words(version.text("maritalStatus"))),
            (
                "communication",
                version.text("language").map {
                    .list([.object([("language", .words($0)), ("preferred", .flag(true))])])
                }
            ),
            (
                "generalPractitioner",
                .list([
                    version.text("gpPractice").map { code in
                        .object([
                            ("identifier", identifier(ODSCode.system, code)),
                            ("display", .optional(version.text("gpName"))),
                        ])
                    }
                ])
            ),
        ]
    }

    private func nhsNumber(_ version: ExportContent.Version) -> JSONNode? {
        guard let number = version.text("nhsNumber") else { return nil }
        let status = version.code("nhsNumberStatus").map {
            JSONNode.item(
                FHIRMapping.verification, "valueCodeableConcept", .concept($0) ?? .text(""))
        }
        return .object([
            ("extension", .list([status])), ("system", .text(NHSNumber.system)),
            ("value", .text(number)),
        ])
    }

    func identifier(_ system: String, _ value: String?) -> JSONNode? {
        value.map { .object([("system", .text(system)), ("value", .text($0))]) }
    }

    func relatedPerson(
        _ version: ExportContent.Version, in content: ExportContent
    ) -> [(String, JSONNode?)] {
        let flags = FHIRMapping.flags.compactMap { name, codes -> JSONNode? in
            guard version.flag(name) == true, let code = codes.first else { return nil }
            return .coding(Code(system: code.system, code: code.code, display: ""))
        }
        let relationship = version.text("relationship")
        return [
            ("active", version.flag("archived") == true ? .flag(false) : .flag(true)),
            ("patient", subject(content)),
            (
                "relationship",
                flags.isEmpty && relationship == nil
                    ? nil
                    : .list([
                        .object([("coding", .list(flags)), ("text", .optional(relationship))])
                    ])
            ),
            ("name", .list([version.text("name").map { .object([("text", .text($0))]) }])),
            (
                "telecom",
                .list([
                    .point("phone", version.text("phone")), .point("email", version.text("email")),
                ])
            ),
            ("address", .addresses(version.text("address"))),
        ]
    }

    func practitioner(_ version: ExportContent.Version) -> [(String, JSONNode?)] {
        [
            (
                "identifier",
                .list([version.text("identifier").map { .object([("value", .text($0))]) }])
            ),
            ("active", version.flag("archived") == true ? .flag(false) : .flag(true)),
            ("name", .list([version.text("name").map { .object([("text", .text($0))]) }])),
            (
                "telecom",
                .list([
                    .point("phone", version.text("phone")), .point("email", version.text("email")),
                ])
            ),
        ]
    }

    /// What a practitioner is, and where; nil when nobody says.
    func role(of version: ExportContent.Version) -> JSONNode? {
        let organisation =
            plain(version.reference("organisation"))
            ?? .display(version.text("organisationName"))
        let role = JSONNode.words(version.text("role"))
        let speciality = JSONNode.words(version.text("speciality"))
        let period = JSONNode.period(
            .optional(version.date("start")), .optional(version.date("end")))
        let parts = [organisation, role, speciality, period]
        guard parts.contains(where: { $0 != nil }) else { return nil }
        return .object([
            ("resourceType", .text("PractitionerRole")), ("id", .text("\(version.id)-role")),
            ("meta", ours("practitionerRole")),
            ("period", period),
            (
                "practitioner",
                .object([("reference", .text("Practitioner/\(version.id)"))])
            ),
            ("organization", organisation), ("code", .list([role])),
            ("specialty", .list([speciality])),
        ])
    }

    func organization(
        _ version: ExportContent.Version, in content: ExportContent
    ) -> [(String, JSONNode?)] {
        [
            ("identifier", .list([identifier(ODSCode.system, version.text("ods"))])),
            ("active", version.flag("archived") == true ? .flag(false) : .flag(true)),
            ("type", .list([.concept(version.code("kind"))])),
            ("name", .optional(version.text("name"))),
            (
                "telecom",
                .list([
                    .point("phone", version.text("phone")), .point("email", version.text("email")),
                    .point("url", version.text("website")),
                ])
            ),
            ("address", .addresses(version.text("address"), postcode: version.text("postcode"))),
        ]
    }

    /// The meta of what is made for other systems and is no record.
    func ours(_ name: String) -> JSONNode {
        .object([("profile", .list([.text(KithFHIR.profile(name))]))])
    }
}
