import Foundation
import HTTPTypes
import KithModel
import KithSite

/// Conflicts: the list, and one with all that was said, where a permitted person decides.
enum ConflictPages {
    static let routes: [Route] = [
        .get("/conflicts", .needs(.read)) { try await list($0) },
        .get("/conflicts/:id", .needs(.read)) { visit in
            do {
                return try await page(visit, typed: nil, problem: nil)
            } catch let error as SiteError where error.code == .notFound {
                // Decided already: whoever may take that back is shown how.
                let id = visit.parameter("id")
                guard ConflictWorkPages.isPlain(id) else { throw error }
                _ = try await visit.desk().previewUndo(id)
                return .see("/conflicts/\(id)/undo")
            }
        },
        .post("/conflicts/:id", .needs(.resolve)) { try await resolve($0) },
    ]

    /// A conflict as a row.
    static func row(_ conflict: ConflictView, _ visit: Visit) -> Node {
        func line(_ text: String) -> String { ShownText(line: text).text }
        return [
            "path": "/conflicts/\(conflict.id)", "label": line(conflict.about),
            "title": line(conflict.title), "resident": conflict.resident.map(line) ?? false as Any,
            "kind": Vocabulary.kind(named: conflict.recordKind)?.label ?? line(conflict.recordKind),
            "isOfRecord": conflict.record != nil,
            "isGrave": conflict.severity == .safetyCritical,
            "what": conflict.fieldName == nil
                ? line(conflict.values.joined(separator: " · "))
                : "\(conflict.values.count) values",
            "opened": visit.review.words(conflict.opened),
            "owners": conflict.owners.isEmpty
                ? false as Any : line(conflict.owners.joined(separator: ", ")),
            "isOverdue": ConflictWorkPages.isOverdue(conflict, visit),
            "dueDay": conflict.due?.description ?? false as Any,
            "isReopened": conflict.isReopened,
            "age": age(conflict.opened, visit), "partnership": line(conflict.partnership),
        ]
    }

    private static func age(_ opened: Instant, _ visit: Visit) -> String {
        let hours = max(0, visit.now.milliseconds - opened.milliseconds) / 3_600_000
        if hours < 1 { return "for less than an hour" }
        if hours < 48 { return "for \(hours) hour\(hours == 1 ? "" : "s")" }
        return "for \(hours / 24) days"
    }

    private static func list(_ visit: Visit) async throws -> Answer {
        let conflicts = try await visit.desk().conflicts()
        return visit.page(
            "conflicts", title: "Conflicts", tab: "/conflicts",
            [
                "grave": conflicts.filter { $0.severity == .safetyCritical }.map {
                    row($0, visit)
                },
                "hasGrave": conflicts.contains { $0.severity == .safetyCritical },
                "routine": conflicts.filter { $0.severity == .routine }.map { row($0, visit) },
                "hasRoutine": conflicts.contains { $0.severity == .routine },
                "isEmpty": conflicts.isEmpty,
            ])
    }

    static func page(
        _ visit: Visit, typed: FormFields?, problem: String?
    ) async throws -> Answer {
        let desk = try visit.desk()
        let conflict = try await desk.conflict(visit.parameter("id"))
        let record = try await desk.record(of: conflict)
        var top: RecordView?
        if let record { top = try await resident(of: record, desk) }
        let isClosed = record?.isNoLongerUpdated ?? false
        let sides = conflict.details?.sides ?? []
        let people = try await people(of: sides, in: conflict, desk)
        // Where each is about somebody else, the page as a whole is about none of them.
        if Set(people.values.map(\.id)).count > 1 { top = nil }
        let nodes = RecordNodes(visit, desk)
        let kind = Vocabulary.kind(named: conflict.recordKind)
        let definition = conflict.fieldName.flatMap { kind?.field(named: $0) }
        let isProved =
            visit.session.map {
                visit.now.milliseconds - $0.proved.milliseconds < WebSessionLimits.proved
            } ?? false
        let mayDecide =
            desk.user.may(.resolve) && !isClosed
            && (!conflict.needsAttestation || desk.user.may(.attest))
        let candidates = (conflict.field?.candidates ?? []).map { view -> Node in
            var node = nodes.candidate(view, of: definition, hiding: nil)
            node["isPicked"] = typed?["choice"] == String(view.number)
            node["mayPick"] = mayDecide && view.value != nil
            return node
        }
        let more: Node = [
            "isClosed": isClosed, "candidates": candidates, "back": try await back(conflict, desk),
            "sides": sides.map { item in
                side(item, of: conflict, person: item.record.flatMap { people[$0] }, nodes)
            },
            "options": (conflict.details?.options ?? []).map { option -> Node in
                [
                    "number": option.number, "words": ShownText(line: option.words).text,
                    "isPicked": typed?["choice"] == String(option.number),
                ]
            },
            "hasSides": !sides.isEmpty, "isField": definition != nil,
            "who": top.map { nodes.shown($0.title) } ?? false as Any,
            "born": top.map { nodes.line("dateOfBirth", of: $0) } ?? "",
            "nhs": top.map { nodes.line("nhsNumber", of: $0) } ?? "",
            "seen": typed?["seen"] ?? String(conflict.version), "mayDecide": mayDecide,
            "needsAttestation": conflict.needsAttestation,
            "needsProof": conflict.needsAttestation && mayDecide && !isProved,
            "isNewPicked": typed?["choice"] == "new",
            "newFields": newFields(definition, kind, typed, visit, nodes),
            "reason": typed?["reason"] ?? "", "performer": typed?["performer"] ?? "",
            "performerRole": typed?["performerRole"] ?? "",
            "problem": problem ?? false as Any,
        ]
        let work = ConflictWorkPages.node(
            conflict, isClosed: isClosed, typed: typed, visit, nodes)
        var answer = visit.page(
            "conflict", title: "Conflict: \(conflict.about)", tab: "/conflicts",
            row(conflict, visit).merging(more) { $1 }.merging(work) { $1 })
        if problem != nil { answer.status = .badRequest }
        return answer
    }

    /// The resident whom a record is about, as far as their reader may know; nil when it is about none.
    static func resident(of record: RecordView, _ desk: Desk) async throws -> RecordView? {
        guard let top = try await Lineage.top(of: record, desk), top.kind == "resident" else {
            return nil
        }
        return top
    }

    /// Whom each of several records is about, where it is not a resident itself.
    private static func people(
        of sides: [ConflictSide], in conflict: ConflictView, _ desk: Desk
    ) async throws -> [RecordID: RecordView] {
        var people: [RecordID: RecordView] = [:]
        for side in sides {
            guard let id = side.record,
                let kind = Vocabulary.kinds.first(where: { $0.label == side.kind }),
                let record = try? await desk.record(
                    "\(id)@\(kind.name)@\(conflict.partnershipID)"),
                let person = try await resident(of: record, desk), person.id != id
            else { continue }
            people[id] = person
        }
        return people
    }

    /// Where a person goes on from a conflict.
    private static func back(_ conflict: ConflictView, _ desk: Desk) async throws -> String {
        guard let record = try await desk.record(of: conflict) else { return "/conflicts" }
        return try await Lineage.place(of: record, desk)
    }

    /// One of several records that stand side by side, with what is safety-critical in it.
    private static func side(
        _ side: ConflictSide, of conflict: ConflictView, person: RecordView?,
        _ nodes: RecordNodes
    ) -> Node {
        func line(_ text: String) -> String { ShownText(line: text).text }
        // Where it can be decided by changing one of the records.
        let isChangeable = [.occupancy, .activePlans, .noneKnown].contains(conflict.kind)
        let kind = Vocabulary.kinds.first { $0.label == side.kind }
        let mayChange = isChangeable && (kind.map(nodes.desk.mayWrite) ?? false)
        return [
            "change": side.record.flatMap { mayChange ? "/records/\($0)/edit" : nil }
                ?? false as Any,
            "said": side.provenance.map(nodes.said) ?? false as Any,
            "person": person.map { nodes.shown($0.title) } ?? false as Any,
            "personBorn": person.map { nodes.line("dateOfBirth", of: $0) } ?? "",
            "number": side.number, "kind": line(side.kind), "title": line(side.title),
            "why": line(side.why),
            "lines": side.lines.map { item -> Node in
                let words = item.field.candidates.map(\.words)
                let text =
                    words.isEmpty
                    ? (item.field.absence ?? .notRecorded).words : words.joined(separator: " / ")
                let title = item.title.map { "\(line($0)): " } ?? ""
                return ["label": "\(title)\(line(item.field.label))", "text": line(text)]
            },
        ]
    }

    /// Inputs for a value that is none of those that stand.
    private static func newFields(
        _ definition: FieldDefinition?, _ kind: RecordKind?, _ typed: FormFields?, _ visit: Visit,
        _ nodes: RecordNodes
    ) -> [Node] {
        guard let definition, let kind else { return [] }
        let form = EditForm(kind: kind, record: nil, choices: [:], zone: visit.review.zone)
        return form.nodes(typed: typed, presets: [:], problem: nil, nodes).enumerated()
            .filter { form.fields[$0.offset].number == definition.number }.map { _, node in
                var node = node
                node["inputs"] = (node["inputs"] as? [Node] ?? []).map { input -> Node in
                    var input = input
                    input["required"] = false
                    return input
                }
                return node
            }
    }

    private static func resolve(_ visit: Visit) async throws -> Answer {
        let desk = try visit.desk()
        let conflict = try await desk.conflict(visit.parameter("id"))
        let form = visit.form
        do {
            guard let seen = Int64(form["seen"]) else { throw Refusal.form }
            let choice: Resolution.Choice
            if form["choice"] == "new" {
                guard let kind = Vocabulary.kind(named: conflict.recordKind) else {
                    throw Refusal.form
                }
                let values = EditForm(
                    kind: kind, record: nil, choices: [:], zone: visit.review.zone
                ).assignments(form).filter {
                    $0.field.split(separator: ".").first.map(String.init) == conflict.fieldName
                }
                guard !values.isEmpty else {
                    throw SiteError(.invalid, "type the value that is to stand")
                }
                choice = .value(values)
            } else if let number = Int(form["choice"]) {
                choice = .pick(number)
            } else {
                throw SiteError(.invalid, "choose which value is to stand")
            }
            let performer = form["performer"].trimmingCharacters(in: .whitespacesAndNewlines)
            let resolution = Resolution(
                conflict: conflict.id, choice: choice, seen: seen,
                reason: String(form["reason"].prefix(2000)), isAttested: conflict.needsAttestation,
                performer: performer.isEmpty
                    ? nil : Author(user: "", name: performer, role: form["performerRole"]))
            guard !resolution.reason.trimmingCharacters(in: .whitespacesAndNewlines).isEmpty else {
                throw SiteError(.invalid, "say why, in a few words")
            }
            try await Proving.check(resolution.isAttested, visit)
            try await desk.resolve(resolution)
        } catch let error as SiteError where error.isForForm {
            return try await page(
                visit, typed: form, problem: "Not decided: \(error.description)."
            ).blaming(error)
        }
        return .see("\(try await back(conflict, desk))?done=resolved&decided=\(conflict.id)")
    }
}
