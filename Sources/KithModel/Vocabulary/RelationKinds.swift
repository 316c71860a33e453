extension Vocabulary {
    /// Who works with whom: organisations, the people in them, and what was said and agreed.
    static let relationKinds: [RecordKind] = [
        RecordKind(
            1, "organisation", plural: "organisations", label: "Organisation", in: .relations,
            title: ["name"],
            [
                FieldDefinition(10, "name", "Name", .line, required: true),
                FieldDefinition(11, "kind", "Kind", .coded("organisationKind")),
                FieldDefinition(12, "ods", "ODS code", .odsCode, policy: .safetyCritical),
                FieldDefinition(13, "cqcLocation", "CQC location", .line),
                FieldDefinition(14, "phone", "Telephone", .line),
                FieldDefinition(15, "email", "E-mail", .line),
                FieldDefinition(16, "address", "Address", .lines),
                FieldDefinition(17, "postcode", "Postcode", .line),
                FieldDefinition(18, "notes", "Notes", .lines),
            ]),
        RecordKind(
            2, "contact", plural: "contacts", label: "Contact", in: .relations, title: ["name"],
            [
                FieldDefinition(10, "name", "Name", .line, required: true),
                FieldDefinition(11, "role", "Role", .line),
                FieldDefinition(12, "organisation", "Organisation", .reference(["organisation"])),
                FieldDefinition(13, "organisationName", "Organisation's name", .line),
                FieldDefinition(14, "speciality", "Speciality", .line),
                FieldDefinition(15, "keyWorker", "Key worker", .boolean),
                FieldDefinition(16, "phone", "Telephone", .line),
                FieldDefinition(17, "email", "E-mail", .line),
                FieldDefinition(18, "hours", "Hours", .line),
                FieldDefinition(
                    19, "escalationPhone", "Telephone in an emergency", .line,
                    policy: .safetyCritical),
                FieldDefinition(20, "escalationFor", "Ring when", .line, policy: .safetyCritical),
                FieldDefinition(21, "start", "From", .date),
                FieldDefinition(22, "end", "Until", .date),
                FieldDefinition(23, "lastConfirmed", "Last confirmed", .date),
                FieldDefinition(24, "identifier", "Professional identifier", .line),
            ]),
        RecordKind(
            3, "interaction", plural: "interactions", label: "Interaction", in: .relations,
            title: ["kind", "subject"],
            [
                FieldDefinition(10, "kind", "Kind", .coded("interactionKind"), required: true),
                FieldDefinition(11, "when", "When", .instant, required: true),
                FieldDefinition(12, "subject", "About", .line),
                FieldDefinition(13, "participants", "Who took part", .lines),
                FieldDefinition(14, "contact", "Contact", .reference(["contact"])),
                FieldDefinition(15, "organisation", "Organisation", .reference(["organisation"])),
                FieldDefinition(16, "resident", "Resident", .reference(["resident"])),
                FieldDefinition(17, "agreed", "What we agreed", .lines),
                FieldDefinition(18, "nextDue", "Next due", .date),
            ]),
    ]
}
