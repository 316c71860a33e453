import KithModel
import KithSite

/// Plans with their goals and actions, and the clinical records that R4 has resources for.
extension FHIRComposer {
    func carePlan(
        _ version: ExportContent.Version, in content: ExportContent
    ) -> [(String, JSONNode?)] {
        let goals = records.children(of: content.view.id, kind: "goal")
        let actions = records.children(of: content.view.id, kind: "action").compactMap {
            self.content($0.id)
        }
        let lines = (version.text("addresses") ?? "").split(separator: "\n")
        return required("status", plainCode(version, "status")) + [
            ("intent", .text("plan")),
            ("category", .list([.concept(version.code("category"))])),
            ("title", .optional(version.text("title"))),
            ("description", .optional(version.text("description"))),
            ("subject", subject(content)),
            ("period", .period(.optional(version.date("start")), .optional(version.date("end")))),
            ("addresses", .list(lines.map { .display(String($0)) })),
            ("goal", .list(goals.map { plain($0.id) })),
            (
                "activity",
                .list(actions.flatMap { action in action.versions.map { activity($0, action) } })
            ),
        ]
    }

    private func activity(
        _ version: ExportContent.Version, _ content: ExportContent
    ) -> JSONNode {
        let code = JSONNode.concept(version.code("code"))
        let strategies = version.text("strategies")
        let what = version.text("what")
        // Where the code says what is done, the description is how.
        let description = code != nil && strategies != nil ? strategies : what
        let detail: [(String, JSONNode?)] =
            [
                ("code", code),
                ("goal", .list([plain(version.reference("goal"))])),
            ] + required("status", plainCode(version, "status")) + [
                ("scheduledString", .optional(version.text("when"))),
                ("performer", .list([.display(version.text("who"))])),
                ("description", .optional(description)),
            ]
        return .object([
            (
                "extension",
                .list(named(content, version) + extensions[version.content, default: []])
            ),
            ("detail", .object(detail)),
        ])
    }

    func goal(
        _ version: ExportContent.Version, in content: ExportContent
    ) -> [(String, JSONNode?)] {
        let lines = (version.text("addresses") ?? "").split(separator: "\n")
        return required("lifecycleStatus", plainCode(version, "status")) + [
            ("description", .words(version.text("text"))),
            ("subject", subject(content)),
            (
                "target",
                .list([version.date("due").map { .object([("dueDate", .optional($0))]) }])
            ),
            ("addresses", .list(lines.map { .display(String($0)) })),
            ("note", .notes(version.text("outcome"))),
        ]
    }

    func allergy(
        _ version: ExportContent.Version, in content: ExportContent
    ) -> [(String, JSONNode?)] {
        let reaction = version.text("reaction").map { text in
            JSONNode.object([
                ("manifestation", .list([.words(text)])),
                ("severity", plainCode(version, "severity")),
            ])
        }
        return [
            ("clinicalStatus", status(version.code("status"))),
            ("verificationStatus", status(version.code("verification"))),
            ("type", plainCode(version, "kind")),
            ("criticality", plainCode(version, "criticality")),
            ("code", .concept(version.code("agent"))),
            ("patient", subject(content)),
            ("recordedDate", .optional(version.date("recorded"))),
            ("note", .notes(version.text("notes"))),
            ("reaction", .list([reaction])),
        ]
    }

    /// A status as FHIR wants it: a concept with the code alone.
    private func status(_ code: Code?) -> JSONNode? {
        code.map {
            .object([
                (
                    "coding",
                    .list([
                        .object([
                            ("system", .text($0.system)), ("code", .text($0.code)),
                        ])
                    ])
                )
            ])
        }
    }

    func condition(
        _ version: ExportContent.Version, in content: ExportContent
    ) -> [(String, JSONNode?)] {
        [
            ("clinicalStatus", status(version.code("status"))),
            ("verificationStatus", status(version.code("verification"))),
            ("severity", .concept(version.code("severity"))),
            ("code", .concept(version.code("code"))),
            ("subject", subject(content)),
            ("onsetDateTime", .optional(version.date("onset"))),
            ("abatementDateTime", .optional(version.date("ended"))),
            ("recordedDate", .optional(version.date("recorded"))),
            ("note", .notes(version.text("notes"))),
        ]
    }

    func medication(
        _ version: ExportContent.Version, in content: ExportContent
    ) -> [(String, JSONNode?)] {
        // What a statement cannot be: the code itself is in an extension.
        let statuses = ["cancelled": "not-taken", "draft": "intended"]
        let status = version.code("status").map { JSONNode.text(statuses[$0.code] ?? $0.code) }
        let members = FHIRDraft.members(of: "dosage", in: "medication")
        var dosage: [String: FieldValue] = [:]
        if case .group(let values)? = version.values["dosage"] {
            for value in values {
                let name = members.first { $0.number == value.number }?.name
                dosage[name ?? ""] = value.value
            }
        }
        func text(_ name: String) -> String? {
            if case .text(let text)? = dosage[name] { return text }
            return nil
        }
        var needed: JSONNode?
        if case .boolean(let flag)? = dosage["asNeeded"] { needed = .flag(flag) }
        let instruction = JSONNode.object([
            ("text", .optional(text("text"))), ("asNeededBoolean", needed),
            ("route", .words(text("route"))),
        ])
        let reasons = (version.text("reason") ?? "").split(separator: "\n")
        return required("status", status) + [
            ("medicationCodeableConcept", .concept(version.code("medicine"))),
            ("subject", subject(content)),
            (
                "effectivePeriod",
                .period(.optional(version.date("start")), .optional(version.date("end")))
            ),
            ("reasonCode", .list(reasons.map { .words(String($0)) })),
            ("note", .notes(version.text("notes"))),
            ("dosage", .list([dosage.isEmpty ? nil : instruction])),
        ]
    }

    func encounter(
        _ version: ExportContent.Version, in content: ExportContent
    ) -> [(String, JSONNode?)] {
        let stages = ["begun": "in-progress", "avoided": "cancelled", "completed": "finished"]
        let stage = version.code("stage").flatMap { stages[$0.code] }
        let way = version.code("method").map {
            JSONNode.item(FHIRMapping.admission, "valueCodeableConcept", .concept($0) ?? .text(""))
        }
        let destination = JSONNode.concept(version.code("destination"))
        let hospital = version.text("hospital")
        var provider: [(String, JSONNode?)] = []
        if let id = version.reference("organisation"), self.content(id) != nil {
            provider.append(("reference", .text("Organization/\(id.resourceID)")))
        }
        if let hospital { provider.append(("display", .text(hospital))) }
        return [
            ("status", .text(stage ?? "unknown")),
            ("class", version.code("kind").map(JSONNode.coding)),
            ("type", .list([.concept(version.code("type"))])),
            ("subject", subject(content)),
            (
                "participant",
                .list([
                    version.text("seenBy").map { .object([("individual", .display($0))]) }
                ])
            ),
            (
                "period",
                .period(.optional(version.instant("start")), .optional(version.instant("end")))
            ),
            ("reasonCode", .list([.concept(version.code("reason"))])),
            (
                "hospitalization",
                way == nil && destination == nil
                    ? nil
                    : .object([
                        ("extension", .list([way])), ("dischargeDisposition", destination),
                    ])
            ),
            ("serviceProvider", provider.isEmpty ? nil : .object(provider)),
        ]
    }
}
