import Foundation
import KithModel
import KithSite

/// Kinds that R4 has a resource for but no exact elements: what other systems can show of them.
///
/// Our own reader takes these from the extensions, where every field of them stands.
extension FHIRComposer {
    func others(
        _ version: ExportContent.Version, in content: ExportContent
    ) -> [(String, JSONNode?)] {
        switch FHIRPlaces.type(of: content.kind.name) {
        case "AllergyIntolerance":
            [("code", .concept(version.code("assertion"))), ("patient", subject(content))]
        case "Appointment": appointment(version, in: content)
        case "CarePlan": plan(version, in: content)
        case "CareTeam": careTeam(version, in: content)
        case "Communication": communication(version, in: content)
        case "Condition":
            [
                ("category", .list([.words(content.kind.label)])),
                (
                    "code",
                    .object([
                        ("coding", .list([version.code("code").map(JSONNode.coding)])),
                        ("text", .optional(version.text("text"))),
                    ])
                ), ("subject", subject(content)),
            ]
        case "Consent": consent(version, in: content)
        case "Contract":
            [
                (
                    "applies",
                    .period(.optional(version.date("start")), .optional(version.date("end")))
                ), ("title", .optional(version.text("name"))),
            ]
        case "DocumentReference": document(version, in: content)
        case "EpisodeOfCare":
            [
                ("status", .text(hasEnded(version) ? "finished" : "active")),
                ("type", .list([.concept(version.code("type"))])), ("patient", subject(content)),
                ("managingOrganization", .display(version.text("home"))),
                (
                    "period",
                    .period(.optional(version.date("start")), .optional(version.date("end")))
                ),
            ]
        case "Goal":
            required("lifecycleStatus", plainCode(version, "status")) + [
                ("description", .words(version.text("text"))), ("subject", subject(content)),
            ]
        case "Observation": observation(version, in: content)
        case "RelatedPerson":
            [
                ("patient", subject(content)),
                ("relationship", .list([.concept(parts(version, "power").first?.code)])),
                (
                    "name",
                    .list([version.text("attorney").map { .object([("text", .text($0))]) }])
                ), ("telecom", .list([.point("phone", version.text("phone"))])),
            ]
        case "Task":
            required("status", plainCode(version, "status")) + [
                ("intent", .text("order")), ("description", .optional(version.text("what"))),
                ("for", subject(content)), ("owner", .display(version.text("who"))),
            ]
        default:
            [("code", .words(content.kind.label)), ("subject", subject(content))]
        }
    }

    private func appointment(
        _ version: ExportContent.Version, in content: ExportContent
    ) -> [(String, JSONNode?)] {
        func participant(_ actor: JSONNode?) -> JSONNode? {
            actor.map { .object([("actor", $0), ("status", .text("needs-action"))]) }
        }
        let start = version.instant("when")
        var end: Instant?
        if case .integer(let minutes)? = version.values["minutes"], let start, minutes > 0 {
            end = Instant(milliseconds: start.milliseconds + minutes * 60_000)
        }
        // R4 takes both ends or neither; the start alone is the beginning of a time asked for.
        let asked = end == nil ? JSONNode.period(.optional(start), nil) : nil
        return required("status", plainCode(version, "status")) + [
            ("description", .optional(version.text("with"))),
            ("start", end.flatMap { _ in .optional(start) }), ("end", .optional(end)),
            (
                "participant",
                .list([
                    participant(subject(content)), participant(.display(version.text("with"))),
                ])
            ),
            ("requestedPeriod", .list([asked])),
        ]
    }

    private func plan(
        _ version: ExportContent.Version, in content: ExportContent
    ) -> [(String, JSONNode?)] {
        let parts = parts(version, "plan")
        let lines =
            ["whatShouldHappen", "content"].compactMap { version.text($0) }
            + parts.filter { $0.name == "guidance" }.map(\.words)
        return [
            ("status", .text("active")), ("intent", .text("plan")),
            (
                "category",
                .list([
                    .words(content.kind.label), .concept(version.code("code") ?? parts.first?.code),
                ])
            ),
            ("title", .text(version.text("name") ?? content.kind.label)),
            ("description", .optional(lines.first)), ("subject", subject(content)),
        ]
    }

    private func careTeam(
        _ version: ExportContent.Version, in content: ExportContent
    ) -> [(String, JSONNode?)] {
        let member = JSONNode.object([
            ("role", .list([.words(version.text("role"))])),
            (
                "member",
                plain(version.reference("contact")) ?? .display(version.text("name"))
            ),
        ])
        return [
            ("name", .optional(version.text("name"))), ("subject", subject(content)),
            ("period", .period(.optional(version.date("start")), .optional(version.date("end")))),
            ("participant", .list([member])),
        ]
    }

    private func communication(
        _ version: ExportContent.Version, in content: ExportContent
    ) -> [(String, JSONNode?)] {
        let texts = ["text", "agreed", "outcome", "actions", "advice", "value", "reason"]
        let sent = version.instant("when") ?? version.instant("sent")
        return [
            ("status", .text("completed")), ("category", .list([.words(content.kind.label)])),
            (
                "medium",
                .list([content.kind.name == "interaction" ? .concept(version.code("kind")) : nil])
            ),
            ("subject", subject(content)),
            ("topic", .words(version.text("subject") ?? content.kind.label)),
            ("sent", .optional(sent)),
            (
                "payload",
                .list(
                    texts.compactMap { version.text($0) }.map {
                        .object([("contentString", .text($0))])
                    })
            ),
        ]
    }

    /// What the person refuses in advance.
    private func consent(
        _ version: ExportContent.Version, in content: ExportContent
    ) -> [(String, JSONNode?)] {
        let parts = parts(version, "decision")
        let isWithdrawn = parts.contains { $0.name == "withdrawn" }
        let made = parts.first { $0.name == "made" }?.words
        func coded(_ system: String, _ code: String, _ display: String) -> JSONNode? {
            .concept(
                Code(
                    system: "http://terminology.hl7.org/CodeSystem/\(system)", code: code,
                    display: display))
        }
        return [
            ("status", .text(isWithdrawn ? "inactive" : "active")),
            ("scope", coded("consentscope", "adr", "Advanced Care Directive")),
            ("category", .list([coded("consentcategorycodes", "acd", "Advance Directive")])),
            ("patient", subject(content)), ("dateTime", .optional(made)),
            ("policyRule", .words("Mental Capacity Act 2005, s. 24-26")),
            (
                "provision",
                .object([
                    ("type", .text("deny")),
                    (
                        "code",
                        .list(parts.filter { $0.name == "refuses" }.map { .words($0.words) })
                    ),
                ])
            ),
        ]
    }

    private func document(
        _ version: ExportContent.Version, in content: ExportContent
    ) -> [(String, JSONNode?)] {
        let attachment = JSONNode.object([("title", .optional(version.text("location")))])
        return [
            ("status", .text("current")), ("type", .concept(version.code("type"))),
            ("subject", subject(content)),
            ("author", .list([.display(version.text("author"))])),
            ("description", .optional(version.text("title"))),
            ("content", .list([.object([("attachment", attachment)])])),
        ]
    }

    /// One finding, or several as components, in the words and codes of the vocabulary.
    private func observation(
        _ version: ExportContent.Version, in content: ExportContent
    ) -> [(String, JSONNode?)] {
        let kind = content.kind
        var values: [(name: String, label: String, code: String?, value: (String, JSONNode))] = []
        for field in kind.fields where field.number >= 10 {
            for part in parts(version, field.name, field: field) {
                if let value = part.fhir {
                    values.append((part.path, part.label, part.concept, value))
                }
            }
        }
        let days = ["date", "when", "done", "discussed", "made"]
        let when = values.first { value in
            days.contains(String(value.name.split(separator: ".").last ?? ""))
        }
        // The finding itself is the value; the rest goes along as components.
        let main = kind.name == "cprDecision" ? values.first { $0.name == "decision.value" } : nil
        var members: [(String, JSONNode?)] = [
            ("status", .text("final")),
            ("code", .words(kind.label)), ("subject", subject(content)),
            ("effectiveDateTime", when?.value.1),
        ]
        if let main { members.append(main.value) }
        if values.isEmpty { members.append(("dataAbsentReason", absentReason(content))) }
        let components = values.filter { $0.name != main?.name }.map { value in
            let own = Code(
                system: KithFHIR.fields, code: "\(kind.name)-\(value.name)", display: value.label)
            let official = value.code.map {
                JSONNode.coding(Code(system: "http://snomed.info/sct", code: $0, display: ""))
            }
            return JSONNode.object([
                (
                    "code",
                    .object([
                        ("coding", .list([official, .coding(own)])), ("text", .text(value.label)),
                    ])
                ), value.value,
            ])
        }
        members.append(("component", .list(components)))
        return members
    }

    private func absentReason(_ content: ExportContent) -> JSONNode {
        let reason = content.absences.values.map(\.reason).min() ?? "unknown"
        let system = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
        return .object([
            ("coding", .list([.coding(Code(system: system, code: reason, display: ""))]))
        ])
    }
}

/// One value of a field, or one part of an atomic group.
struct ExportPart {
    let name: String
    /// `field`, or `field.part`.
    let path: String
    let label: String
    /// SNOMED CT code of the heading that it stands under.
    let concept: String?
    let value: FieldValue
    let words: String

    /// The code, if it is one.
    var code: Code? {
        if case .code(let code) = value { return code }
        return nil
    }

    /// As the value of an Observation; nil for what is none.
    var fhir: (String, JSONNode)? {
        switch value {
        case .boolean(let flag): ("valueBoolean", .flag(flag))
        case .integer(let number): ("valueInteger", .number(String(number)))
        case .date(let date): ("valueDateTime", .text(date.description))
        case .instant(let instant): ("valueDateTime", .text(instant.rfc3339))
        case .code(let code): JSONNode.concept(code).map { ("valueCodeableConcept", $0) }
        case .text, .decimal: ("valueString", .text(words))
        case .reference, .group, .cleared: nil
        }
    }
}

extension FHIRComposer {
    /// The parts of a field's value: of a group its members, else the value itself.
    func parts(
        _ version: ExportContent.Version, _ name: String, field: FieldDefinition? = nil
    ) -> [ExportPart] {
        guard let value = version.values[name] else { return [] }
        let kind = content(version.content.record)?.kind
        let definition = field ?? kind?.field(named: name)
        let entry = FieldEntry(zone: .gmt)
        guard case .group(let members) = value else {
            return [
                ExportPart(
                    name: name, path: name, label: definition?.label ?? name,
                    concept: definition?.conceptCode, value: value,
                    words: entry.words(for: value, of: definition))
            ]
        }
        return members.compactMap { member in
            guard let part = definition?.members.first(where: { $0.number == member.number }) else {
                return nil
            }
            return ExportPart(
                name: part.name, path: "\(name).\(part.name)", label: part.label,
                concept: part.conceptCode, value: member.value,
                words: entry.words(for: member.value, of: part))
        }
    }
}
