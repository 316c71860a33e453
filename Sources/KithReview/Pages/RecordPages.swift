import Foundation
import HTTPTypes
import KithModel
import KithSite

/// Any record by itself, and the forms that make and change it.
enum RecordPages {
    static let routes: [Route] = [
        .get("/records/new", .oneOf([.edit, .comment])) { try await newForm($0) },
        .post("/records/new", .oneOf([.edit, .comment])) { try await add($0) },
        .get("/records/:id", .needs(.read)) { try await page($0) },
        .get("/records/:id/edit", .oneOf([.edit, .comment])) { visit in
            let desk = try visit.desk()
            let record = try await desk.record(visit.parameter("id"))
            try checkIsShared(record)
            return try await form(visit, desk, record: record, typed: nil, problem: nil)
        },
        .post("/records/:id/edit", .oneOf([.edit, .comment])) { try await change($0) },
        .post("/records/:id/archive", .needs(.edit)) { try await archive($0) },
    ]

    // MARK: One record

    private static func page(_ visit: Visit) async throws -> Answer {
        let desk = try visit.desk()
        let family = try await desk.family(visit.parameter("id"))
        let record = family.record
        guard record.kind != "resident" || visit.query.has("all") else {
            return .see("/residents/\(visit.parameter("id"))")
        }
        let nodes = RecordNodes(visit, desk, titles: Titles.of(family))
        let changes = try await desk.changes(record.reference, since: 0, moments: 200)
        let kind = Vocabulary.kind(named: record.kind)
        let adding = ResidentPage.adding(to: record, nodes)
        let isOpenProposal =
            record.kind == "proposal" && !record.isArchived
            && ["", "proposed"].contains(code("status", of: record))
        let more: Node = [
            "name": nodes.shown(record.title), "about": kind?.about ?? "",
            "parent": try await desk.parent(of: record).map { "/records/\(nodes.name(of: $0))" }
                ?? false as Any,
            "mayArchive": desk.user.may(.edit) && kind != nil && !record.isNoLongerUpdated,
            "children": family.descendants.filter { !$0.isArchived }.map {
                nodes.record($0, level: 3)
            },
            "hasChildren": !family.descendants.filter { !$0.isArchived }.isEmpty,
            "isOpenProposal": isOpenProposal && desk.user.may(.edit)
                && !record.isNoLongerUpdated,
            "version": record.version,
            "adding": adding, "hasAdding": !adding.isEmpty,
            "moments": changes.moments.map { ChangesPage.moment($0, nodes) },
        ]
        return visit.page(
            "record", title: nodes.shown(record.title), tab: "/residents",
            nodes.record(record, level: 2, titled: false).merging(more) { $1 })
    }

    private static func code(_ name: String, of record: RecordView) -> String {
        guard case .code(let code)? = record.field(name)?.candidates.first?.value,
            let kind = Vocabulary.kind(named: record.kind),
            case .code(let set)? = kind.field(named: name)?.type
        else { return "" }
        return set.concepts.first { $0.code == code.code }?.word ?? ""
    }

    // MARK: Forms

    /// The kind and the parent that an address or a form names.
    private static func target(
        _ fields: FormFields, _ desk: Desk
    ) async throws -> (kind: RecordKind, parent: RecordView?) {
        guard let kind = Vocabulary.kind(named: fields["kind"]), desk.mayWrite(kind) else {
            throw Refusal.permission
        }
        if kind.parents.isEmpty { return (kind, nil) }
        let parent = try await desk.record(fields["parent"])
        guard kind.parents.contains(parent.kind) else { throw Refusal.missing }
        return (kind, parent)
    }

    /// Refuses to ask for what could not be saved: a site that was removed writes nothing more there.
    private static func checkIsShared(_ record: RecordView) throws {
        guard record.isNoLongerUpdated else { return }
        throw SiteError(
            .refused,
            "this site was removed from that partnership, or may not read this any more: nothing can be added or changed here; ask a site that is still a member"
        )
    }

    private static func newForm(_ visit: Visit) async throws -> Answer {
        let desk = try visit.desk()
        let (kind, parent) = try await target(visit.query, desk)
        try parent.map(checkIsShared)
        return try await form(visit, desk, kind: kind, parent: parent, typed: nil, problem: nil)
    }

    /// The form for a new record, or for one that is there.
    private static func form(
        _ visit: Visit, _ desk: Desk, record: RecordView? = nil, kind: RecordKind? = nil,
        parent: RecordView? = nil, typed: FormFields?, problem: String?
    ) async throws -> Answer {
        guard let kind = kind ?? record.flatMap({ Vocabulary.kind(named: $0.kind) }),
            desk.mayWrite(kind)
        else { throw Refusal.permission }
        let top = try await Lineage.top(of: record ?? parent, desk)
        let choices = try await Lineage.choices(for: kind, top: top, desk)
        let form = EditForm(
            kind: kind, record: record, choices: choices, zone: visit.review.zone,
            about: parent.flatMap { Vocabulary.kind(named: $0.kind) })
        let said = problem.map(form.problem)
        let nodes = RecordNodes(
            visit, desk,
            titles: Dictionary(
                choices.values.flatMap { $0 }.map { ($0.id, $0.title) },
                uniquingKeysWith: { first, _ in first }))
        let partnerships = try await desk.partnerships().filter {
            $0.compartments.contains(kind.compartment) && $0.members.contains(where: \.isSelf)
        }
        let session = visit.session
        let mayAttest = kind.isDecision && desk.user.may(.attest)
        let isProved =
            session.map {
                visit.now.milliseconds - $0.proved.milliseconds < WebSessionLimits.proved
            } ?? false
        var answer = visit.page(
            "edit", title: "\(record == nil ? "New" : "Change"): \(kind.label)", tab: "/residents",
            [
                "action": record.map { "/records/\(nodes.name(of: $0))/edit" } ?? "/records/new",
                "isNew": record == nil, "kindName": kind.name, "kindLabel": kind.label,
                "about": kind.about, "parent": typed?["parent"] ?? visit.query["parent"],
                "recordTitle": record.map { nodes.shown($0.title) } ?? "",
                "who": top.map { nodes.shown($0.title) } ?? false as Any,
                "born": top.map { nodes.line("dateOfBirth", of: $0) } ?? "",
                "nhs": top.map { nodes.line("nhsNumber", of: $0) } ?? "",
                "back": try await back(record: record, parent: parent, top: top, desk),
                "seen": typed?["seen"] ?? String(record?.version ?? 0),
                "fields": form.nodes(
                    typed: typed, presets: presets(kind, visit, desk, parent), problem: said,
                    nodes),
                "problem": said.map { "Not saved: \($0.words)." } ?? false as Any,
                "choosesPartnership": record == nil && kind.parents.isEmpty,
                "partnerships": partnerships.map { partnership -> Node in
                    [
                        "id": partnership.id.description, "name": nodes.shown(partnership.name),
                        "isChosen": typed.map { $0["partnership"] == partnership.id.description }
                            ?? !partnership.isPrivate,
                    ]
                },
                "reason": typed?["reason"] ?? "", "event": typed?["event"] ?? "",
                "performer": typed?["performer"] ?? "",
                "performerRole": typed?["performerRole"] ?? "",
                "isDecision": kind.isDecision, "mayAttest": mayAttest,
                "attest": typed.map { $0["attest"] == "yes" } ?? false,
                "needsProof": mayAttest && !isProved,
            ])
        if problem != nil { answer.status = .badRequest }
        return answer
    }

    private static func back(
        record: RecordView?, parent: RecordView?, top: RecordView?, _ desk: Desk
    ) async throws -> String {
        if let top, top.kind == "resident" {
            return "/residents/\(try await desk.name(of: top))"
        }
        guard let record = record ?? parent else { return "/contacts" }
        return "/records/\(try await desk.name(of: record))"
    }

    /// What a new record usually says.
    private static func presets(
        _ kind: RecordKind, _ visit: Visit, _ desk: Desk, _ parent: RecordView?
    ) -> [String: String] {
        let today = visit.review.today
        func two(_ number: Int?) -> String {
            (number ?? 0) < 10 ? "0\(number ?? 0)" : "\(number ?? 0)"
        }
        let day = "\(today.year ?? 0)-\(two(today.month))-\(two(today.day))"
        var presets: [String: String] = [:]
        for field in kind.fields where field.isRequired {
            if case .date = field.type { presets[field.name] = day }
            if case .instant = field.type { presets[field.name] = visit.now.rfc3339 }
        }
        if let version = parent?.version { presets["seenVersion"] = String(version) }
        switch kind.name {
        case "signOff":
            presets["by"] = desk.user.name
            presets["role"] = desk.user.title
            presets["date"] = day
            presets["outcome"] = "agreed"
        case "comment": presets["kind"] = "remark"
        case "proposal": presets["status"] = "proposed"
        default: break
        }
        for name in ["field", "value", "resident", "contact", "organisation"] {
            let given = visit.query[name]
            if !given.isEmpty { presets[name] = String(given.prefix(400)) }
        }
        return presets
    }

    // MARK: Saving

    /// What every form says besides the fields.
    private static func edit(
        _ target: RecordEdit.Target, _ values: [RecordEdit.Assignment], _ visit: Visit,
        _ kind: RecordKind
    ) throws -> RecordEdit {
        let form = visit.form
        func given(_ name: String) -> String? {
            let text = form[name].trimmingCharacters(in: .whitespacesAndNewlines)
            return text.isEmpty ? nil : String(text.prefix(2000))
        }
        return RecordEdit(
            target: target, values: values, seen: Int64(form["seen"]), reason: given("reason"),
            performer: given("performer").map {
                Author(user: "", name: $0, role: given("performerRole") ?? "")
            }, event: given("event"), isAttested: kind.isDecision && form["attest"] == "yes")
    }

    private static func add(_ visit: Visit) async throws -> Answer {
        let desk = try visit.desk()
        let (kind, parent) = try await target(visit.form, desk)
        let form = EditForm(kind: kind, record: nil, choices: [:], zone: visit.review.zone)
        let partnership = visit.form["partnership"]
        do {
            var edit = try edit(
                .new(
                    kind: kind.name, partnership: partnership.isEmpty ? nil : partnership,
                    parent: parent?.reference), form.assignments(visit.form), visit, kind)
            edit.seen = nil
            try await Proving.check(edit.isAttested, visit)
            let saved = try await desk.save([edit])
            return .see(try await place(after: saved.first, kind, desk))
        } catch let error as SiteError where error.isForForm {
            return try await self.form(
                visit, desk, kind: kind, parent: parent, typed: visit.form,
                problem: error.description
            ).blaming(error)
        }
    }

    private static func change(_ visit: Visit) async throws -> Answer {
        let desk = try visit.desk()
        let record = try await desk.record(visit.parameter("id"))
        guard let kind = Vocabulary.kind(named: record.kind), desk.mayWrite(kind) else {
            throw Refusal.permission
        }
        let form = EditForm(kind: kind, record: record, choices: [:], zone: visit.review.zone)
        let values = form.assignments(visit.form)
        let back = try await Lineage.place(of: record, desk)
        guard !values.isEmpty else { return .see("\(back)?done=nothing") }
        do {
            let edit = try edit(.existing(record.reference), values, visit, kind)
            guard edit.seen != nil else { throw Refusal.form }
            guard !record.isErased else {
                throw SiteError(
                    .refused,
                    "what you were changing was erased meanwhile; if it is still needed, add it anew"
                )
            }
            try await Proving.check(edit.isAttested, visit)
            let saved = try await desk.save([edit])
            let names = Set(values.map { $0.field.split(separator: ".")[0] })
            let isBoth =
                saved.first { $0.reference == record.reference }.map { saved in
                    saved.fields.contains { names.contains($0.name[...]) && $0.isConflict }
                } ?? false
            return .see("\(back)?done=\(isBoth ? "both" : "saved")")
        } catch let error as SiteError where error.isForForm {
            return try await self.form(
                visit, desk, record: record, typed: visit.form, problem: error.description
            ).blaming(error)
        }
    }

    private static func place(
        after saved: RecordView?, _ kind: RecordKind, _ desk: Desk
    ) async throws -> String {
        guard let saved else { return "/" }
        let done =
            switch kind.name {
            case "comment": "comment"
            case "proposal": "proposed"
            case "signOff": "signed"
            default: "saved"
            }
        return "\(try await Lineage.place(of: saved, desk))?done=\(done)"
    }

    private static func archive(_ visit: Visit) async throws -> Answer {
        let desk = try visit.desk()
        let record = try await desk.record(visit.parameter("id"))
        let isBack = visit.form["archived"] == "no"
        _ = try await desk.save([
            RecordEdit(
                target: .existing(record.reference),
                values: [.init("archived", isBack ? "no" : "yes")],
                seen: Int64(visit.form["seen"]), change: isBack ? .restore : .archive,
                reason: String(visit.form["reason"].prefix(2000)))
        ])
        return .see(
            "\(try await Lineage.place(of: record, desk))?done=\(isBack ? "restored" : "archived")")
    }
}

/// Gives password and code again before a clinical decision is signed.
enum Proving {
    /// Throws `SiteError` with what is to be done when the proof is missing or wrong.
    static func check(_ isAttested: Bool, _ visit: Visit) async throws {
        guard isAttested else { return }
        guard let session = visit.session, session.user.may(.attest) else {
            throw SiteError(.refused, "your role does not include signing clinical decisions")
        }
        let age = visit.now.milliseconds - session.proved.milliseconds
        if (0..<WebSessionLimits.proved).contains(age) { return }
        switch try await visit.prove({ try await $0.prove($1, $2) }) {
        case .signedIn: return
        case .wait(let seconds):
            throw SiteError(
                .refused, "that was wrong too often; sign this again in \(seconds) seconds")
        case .wrong, .newPasswordNeeded:
            throw SiteError(
                .refused,
                "a clinical decision is signed with your password and a code that you have not used yet; give both again"
            )
        }
    }
}
