extension Vocabulary {
    /// Plans and what is in them, allergies, decisions, and the clinical outcome of interactions.
    static let clinicalKinds: [RecordKind] =
        planKinds + [
            RecordKind(
                30, "allergy", plural: "allergies", label: "Allergy", in: .clinical,
                partOf: ["resident"], title: ["agent"], archiving: .safetyCritical,
                [
                    FieldDefinition(
                        10, "agent", "To", .coded("substance"), policy: .safetyCritical,
                        required: true),
                    FieldDefinition(
                        11, "kind", "Kind", .coded("allergyKind"), policy: .safetyCritical),
                    FieldDefinition(12, "reaction", "Reaction", .line, policy: .safetyCritical),
                    FieldDefinition(
                        13, "severity", "Severity", .coded("allergySeverity"),
                        policy: .safetyCritical),
                    FieldDefinition(
                        14, "criticality", "Risk", .coded("allergyCriticality"),
                        policy: .safetyCritical),
                    FieldDefinition(
                        15, "status", "Status", .coded("allergyClinicalStatus"),
                        policy: .safetyCritical),
                    FieldDefinition(
                        16, "verification", "Verification", .coded("allergyVerification"),
                        policy: .safetyCritical),
                    FieldDefinition(17, "recorded", "First recorded", .date),
                    FieldDefinition(18, "notes", "Notes", .lines),
                ]),
            RecordKind(
                31, "allergyAssertion", plural: "allergyAssertions", label: "No known allergies",
                in: .clinical, partOf: ["resident"], singleton: true, archiving: .safetyCritical,
                [
                    FieldDefinition(
                        10, "assertion", "Allergies", .coded("allergyAssertion"),
                        policy: .safetyCritical, required: true)
                ]),
            RecordKind(
                32, "cprDecision", plural: "cprDecisions", label: "CPR decision", in: .clinical,
                partOf: ["resident"], singleton: true, decision: true, archiving: .safetyCritical,
                [
                    FieldDefinition(
                        10, "decision", "CPR decision",
                        .group([
                            FieldDefinition(
                                1, "value", "Decision", .coded("cprDecision"), required: true),
                            FieldDefinition(2, "date", "Decided on", .date, required: true),
                            FieldDefinition(3, "decider", "Decided by", .line),
                            FieldDefinition(4, "deciderRole", "Role", .line),
                            FieldDefinition(
                                5, "discussedWith", "Discussed with", .line, repeated: true),
                            FieldDefinition(6, "reviewDate", "Review on", .date),
                            FieldDefinition(7, "documentLocation", "Where the form is", .line),
                            FieldDefinition(8, "basis", "Reasons", .lines),
                        ]), policy: .safetyCritical, required: true)
                ]),
            RecordKind(
                40, "outcome", plural: "outcomes", label: "Clinical outcome", in: .clinical,
                partOf: ["interaction"], singleton: true,
                [
                    FieldDefinition(10, "outcome", "Outcome", .lines, required: true),
                    FieldDefinition(11, "actions", "Actions", .lines),
                ]),
        ]

    private static let agreedWith = FieldType.group([
        FieldDefinition(1, "agreed", "Agreed", .coded("agreement"), required: true),
        FieldDefinition(2, "name", "With", .line),
        FieldDefinition(3, "role", "Role", .line),
        FieldDefinition(4, "date", "On", .date),
    ])

    private static let planKinds: [RecordKind] = [
        RecordKind(
            20, "plan", plural: "plans", label: "Joint plan", in: .clinical, partOf: ["resident"],
            title: ["title"],
            [
                FieldDefinition(10, "title", "Title", .line, required: true),
                FieldDefinition(
                    11, "status", "Status", .coded("planStatus"), policy: .safetyCritical),
                FieldDefinition(12, "category", "Category", .coded("concept")),
                FieldDefinition(
                    13, "agreedWith", "Agreed with", agreedWith, policy: .safetyCritical),
                FieldDefinition(14, "start", "From", .date),
                FieldDefinition(15, "end", "Until", .date),
                FieldDefinition(16, "lastReview", "Last review", .date),
                FieldDefinition(17, "nextReview", "Next review", .date),
                FieldDefinition(18, "responsible", "Responsible for review", .line),
                FieldDefinition(19, "description", "Description", .lines),
                FieldDefinition(20, "addresses", "For", .lines),
            ]),
        RecordKind(
            21, "strength", plural: "strengths", label: "Strength", in: .clinical,
            partOf: ["plan"], title: ["text"],
            [FieldDefinition(10, "text", "Strength", .lines, required: true)]),
        RecordKind(
            22, "need", plural: "needs", label: "Need", in: .clinical, partOf: ["plan"],
            title: ["text"],
            [
                FieldDefinition(10, "text", "Need", .lines, required: true),
                FieldDefinition(11, "code", "Code", .coded("concept")),
            ]),
        RecordKind(
            23, "goal", plural: "goals", label: "Goal", in: .clinical,
            partOf: ["plan", "resident"], title: ["text"],
            [
                FieldDefinition(10, "text", "Goal", .lines, required: true),
                FieldDefinition(11, "need", "For the need", .reference(["need"])),
                FieldDefinition(12, "importance", "Importance (1-10)", .integer(1...10)),
                FieldDefinition(13, "confidence", "Confidence (1-10)", .integer(1...10)),
                FieldDefinition(14, "status", "Status", .coded("goalStatus")),
                FieldDefinition(15, "due", "By", .date),
                FieldDefinition(16, "outcome", "Outcome", .lines),
                FieldDefinition(17, "addresses", "For", .lines),
            ]),
        RecordKind(
            24, "action", plural: "actions", label: "Action", in: .clinical, partOf: ["plan"],
            title: ["what"],
            [
                FieldDefinition(10, "what", "What", .lines, required: true),
                FieldDefinition(11, "goal", "For the goal", .reference(["goal"])),
                FieldDefinition(12, "who", "Who", .line),
                FieldDefinition(13, "when", "When", .line),
                FieldDefinition(14, "status", "Status", .coded("actionStatus")),
                FieldDefinition(15, "strategies", "Suggested strategies", .lines),
                FieldDefinition(16, "confidence", "Confidence (1-10)", .integer(1...10)),
                FieldDefinition(17, "review", "Review on", .date),
                FieldDefinition(18, "code", "Code", .coded("concept")),
            ]),
        RecordKind(
            25, "contingency", plural: "contingencies", label: "Contingency plan", in: .clinical,
            partOf: ["plan"], title: ["name"], archiving: .safetyCritical,
            [
                FieldDefinition(10, "name", "Name", .line, required: true),
                FieldDefinition(11, "triggers", "Triggers", .lines, required: true),
                FieldDefinition(
                    12, "whatShouldHappen", "What should happen", .lines, policy: .safetyCritical,
                    required: true),
                FieldDefinition(
                    13, "whoToContact", "Who to contact", .lines, policy: .safetyCritical),
                FieldDefinition(14, "earlyWarningSigns", "Early warning signs", .lines),
                FieldDefinition(
                    15, "anticipatoryMedicines", "Anticipatory medicines", .lines,
                    policy: .safetyCritical),
                FieldDefinition(
                    16, "agreedWith", "Agreed with", agreedWith, policy: .safetyCritical),
                FieldDefinition(17, "review", "Review on", .date),
            ]),
    ]
}
