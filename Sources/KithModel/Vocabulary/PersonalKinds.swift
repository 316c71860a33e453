extension Vocabulary {
    /// Who a resident is, where they live, and who their people are.
    static let personalKinds: [RecordKind] = [
        RecordKind(
            10, "resident", plural: "residents", label: "Resident", in: .personal,
            title: ["familyName", "givenName"], archiving: .safetyCritical,
            [
                FieldDefinition(10, "familyName", "Family name", .line, required: true),
                FieldDefinition(11, "givenName", "Given name", .line),
                FieldDefinition(12, "preferredName", "Likes to be called", .line),
                FieldDefinition(
                    13, "dateOfBirth", "Date of birth", .date, policy: .safetyCritical),
                FieldDefinition(14, "nhsNumber", "NHS number", .nhsNumber, policy: .safetyCritical),
                FieldDefinition(15, "gender", "Gender", .coded("gender")),
                FieldDefinition(16, "address", "Address", .lines),
                FieldDefinition(17, "postcode", "Postcode", .line),
                FieldDefinition(18, "phone", "Telephone", .line),
                FieldDefinition(19, "language", "Language", .line),
                FieldDefinition(20, "interpreter", "Needs an interpreter", .boolean),
                FieldDefinition(
                    21, "gpPractice", "GP practice (ODS)", .odsCode, policy: .safetyCritical),
                FieldDefinition(22, "lifeStatus", "Life status", .coded("lifeStatus")),
                FieldDefinition(23, "dateOfDeath", "Date of death", .date, policy: .safetyCritical),
                FieldDefinition(24, "identifier", "Other identifier", .line),
            ]),
        RecordKind(
            11, "residency", plural: "residencies", label: "Stay", in: .personal,
            partOf: ["resident"], title: ["home", "room"],
            [
                FieldDefinition(10, "home", "Home", .line, required: true),
                FieldDefinition(11, "room", "Room", .line),
                FieldDefinition(12, "type", "Kind of stay", .coded("residencyType")),
                FieldDefinition(13, "start", "From", .date, policy: .safetyCritical),
                FieldDefinition(14, "end", "Until", .date, policy: .safetyCritical),
                FieldDefinition(15, "expectedEnd", "Expected until", .date),
            ]),
        RecordKind(
            12, "personalContact", plural: "personalContacts", label: "Personal contact",
            in: .personal, partOf: ["resident"], title: ["name"],
            [
                FieldDefinition(10, "name", "Name", .line, required: true),
                FieldDefinition(11, "relationship", "Relationship", .line),
                FieldDefinition(12, "nextOfKin", "Next of kin", .boolean),
                FieldDefinition(
                    13, "emergencyContact", "Emergency contact", .boolean, policy: .safetyCritical),
                FieldDefinition(14, "attorney", "Attorney", .boolean, policy: .safetyCritical),
                FieldDefinition(15, "carer", "Carer", .boolean),
                FieldDefinition(16, "phone", "Telephone", .line),
                FieldDefinition(17, "email", "E-mail", .line),
                FieldDefinition(18, "address", "Address", .lines),
                FieldDefinition(19, "mayBeToldAbout", "May be told about", .lines),
                FieldDefinition(20, "comments", "Comments", .lines),
            ]),
    ]
}
