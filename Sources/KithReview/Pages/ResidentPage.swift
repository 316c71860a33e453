import Foundation
import HTTPTypes
import KithModel
import KithSite

/// A resident's joint plan as a clinician reads it: what could harm them first, then what matters to
/// them, then needs, goals and actions, then everything else.
enum ResidentPage {
    static let routes: [Route] = [
        .get("/residents/:id", .needs(.read)) { try await page($0) },
        .get("/residents/:id/glass", .needs(.read)) { try await glass($0, problem: nil) },
        .post("/residents/:id/glass", .needs(.read)) { try await breakGlass($0) },
        .post("/residents/:id/read", .needs(.read)) { visit in
            guard let version = Int64(visit.form["version"]) else { throw Refusal.form }
            let id = visit.parameter("id")
            try await visit.desk().mark(id, version: version)
            return .see("/residents/\(id)?done=read")
        },
    ]

    // MARK: Emergencies

    private static func glass(
        _ visit: Visit, problem: String?
    ) async throws -> Answer {
        let desk = try visit.desk()
        let family = try await desk.family(visit.parameter("id"))
        let nodes = RecordNodes(visit, desk)
        let missing = Compartment.granted.filter { !family.compartments.contains($0) }
        // What an emergency is about nearly always.
        let chosen = Compartment(name: visit.form["compartment"]) ?? .clinical
        var answer = visit.page(
            "glass", title: "Break the glass", tab: "/residents",
            [
                "id": visit.parameter("id"), "name": nodes.shown(family.record.title),
                "born": nodes.line("dateOfBirth", of: family.record),
                "nhs": nodes.line("nhsNumber", of: family.record),
                "reason": visit.form["reason"], "minutes": BreakGlass.minutes,
                "compartments": missing.map {
                    ["value": $0.name, "isChosen": $0 == chosen] as Node
                }, "isNone": missing.isEmpty,
                "problem": problem.map { "Not done: \($0)." } ?? false as Any,
            ])
        if problem != nil { answer.status = .badRequest }
        return answer
    }

    private static func breakGlass(_ visit: Visit) async throws -> Answer {
        let id = visit.parameter("id")
        guard let compartment = Compartment(name: visit.form["compartment"]) else {
            return try await glass(visit, problem: "choose what you have to read")
        }
        do {
            try await visit.desk().breakGlass(
                id, compartment, reason: String(visit.form["reason"].prefix(2000)))
        } catch let error as SiteError where error.isForForm {
            return try await glass(visit, problem: error.description).blaming(error)
        }
        return .see("/residents/\(id)")
    }

    /// What comes first, in this order: read before anything is given or done.
    static let first = [
        "alert", "allergyAssertion", "allergy", "cprDecision", "treatmentPlan", "adrt",
        "contingency", "lpa", "libertyAuthorisation", "preferredPlace",
    ]
    /// What follows the plans, in this order; kinds that are not named come after these.
    private static let later = [
        "medication", "condition", "baseline", "professionalAdvice", "requirement", "endOfLife",
        "supportPlan", "personalContact", "careTeamMember", "appointment", "transfer",
        "hospitalContact", "referral", "observation", "note", "comment", "proposal",
    ]

    private static func page(_ visit: Visit) async throws -> Answer {
        let desk = try visit.desk()
        let family = try await desk.family(visit.parameter("id"))
        guard family.record.kind == "resident" else {
            return .see("/records/\(family.record.id)")
        }
        let shown = try await node(visit, desk, family)
        return visit.page("resident", title: shown.title, tab: "/residents", shown.node)
    }

    /// What the page shows of a family, with its title.
    static func node(
        _ visit: Visit, _ desk: Desk, _ family: RecordTree
    ) async throws -> (title: String, node: Node) {
        let nodes = RecordNodes(visit, desk, titles: Titles.of(family))
        let peers = try await desk.peers()
        let mark = try await desk.marks()[family.record.id]
        let conflicts = try await desk.conflicts(under: family.record.reference)
        let (plans, sections) = (plans(family, nodes), sections(family, nodes))
        let adding = adding(to: family.record, nodes)
        let more: Node = [
            "conflicts": conflicts.map { ConflictPages.row($0, visit) },
            "hasConflicts": !conflicts.isEmpty, "conflictCount": conflicts.count,
            "first": first.compactMap { section($0, family, nodes, always: true) },
            "aboutMe": section("aboutMe", family, nodes, always: true) ?? false as Any,
            "plans": plans, "hasPlans": !plans.isEmpty,
            "plansAbsence": absence("plan", family, nodes),
            "sections": sections, "hasSections": !sections.isEmpty,
            "printing": printing(family, visit.parameter("id")), "adding": adding,
            "hasAdding": !adding.isEmpty,
            "root": nodes.record(family.record, level: 3, titled: false),
        ]
        let standing = standing(family, desk, peers, mark, visit)
        return (
            nodes.shown(family.record.title),
            identity(family, nodes).merging(standing) { $1 }.merging(more) { $1 }
        )
    }

    /// How current the page is, what its reader has read, and what they read for an emergency.
    private static func standing(
        _ family: RecordTree, _ desk: Desk, _ peers: [PeerView], _ mark: ReadingMark?,
        _ visit: Visit
    ) -> Node {
        let record = family.record
        let newest = family.descendants.map(\.changed.version).max() ?? 0
        let last = max(newest, record.changed.version)
        return [
            // What everybody may be told of how much arrived: the newest on the page.
            "id": visit.parameter("id"), "version": last,
            "breakGlass": broken(family, desk) ?? false as Any,
            "glass": Compartment.granted.allSatisfy(family.compartments.contains)
                ? false : "/residents/\(visit.parameter("id"))/glass" as Any,
            "isArchived": record.isArchived, "isNoLongerUpdated": record.isNoLongerUpdated,
            "partnership": ShownText(lines: record.partnership).text,
            "warning": Currency.warning(peers, in: record.partnership, visit) ?? false as Any,
            "peers": Currency.nodes(peers, in: record.partnership, visit),
            "receipts": Currency.receipts(family.receipts, visit),
            "hasPeers": peers.contains { $0.partnerships.contains(record.partnership) },
            "isUnread": last > (mark?.version ?? 0), "neverRead": mark == nil,
            "readAt": mark.map { visit.review.words($0.time) } ?? "",
        ]
    }

    /// Who it is, in the words that tell people apart.
    private static func identity(_ family: RecordTree, _ nodes: RecordNodes) -> Node {
        let root = family.record
        let stays = family.children("residency", of: root.id)
        let summary = ResidentSummary(
            resident: root, stays: stays, plans: [], lastVersion: 0,
            lastChange: root.changed.received)
        return [
            "name": nodes.shown(root.title), "born": nodes.line("dateOfBirth", of: root),
            "bornOpen": nodes.isOpen("dateOfBirth", of: root),
            "nhs": nodes.line("nhsNumber", of: root),
            "nhsOpen": nodes.isOpen("nhsNumber", of: root),
            "called": nodes.line("preferredName", of: root),
            "hasCalled": root.field("preferredName")?.candidates.isEmpty == false,
            "gp": nodes.line("gpPractice", of: root),
            "gpOpen": nodes.isOpen("gpPractice", of: root),
            "place": stays.isEmpty
                ? absence("residency", family, nodes) : TodayPage.place(summary, nodes),
        ]
    }

    /// What is read for an emergency alone, in a sentence.
    private static func broken(_ family: RecordTree, _ desk: Desk) -> String? {
        // Who is in (`membership`) everybody may read: it is nobody's emergency.
        let extra = Compartment.granted.filter {
            family.compartments.contains($0) && !desk.user.compartments.contains($0)
        }
        guard !extra.isEmpty else { return nil }
        let names = extra.map(\.name).joined(separator: ", ")
        return
            "You read \(names) records of this person for an emergency. It ends after \(BreakGlass.minutes) minutes, stands in the audit, and somebody else reviews it."
    }

    private static func printing(_ family: RecordTree, _ id: String) -> [Node] {
        family.compartments.contains(.clinical)
            ? [["label": "Transfer pack", "path": "/residents/\(id)/pack"]] : []
    }

    static let notIncluded = "your role does not include it"

    /// Why there is nothing of a kind: not recorded, not shared with this site, or not for this reader.
    static func absence(_ name: String, _ family: RecordTree, _ nodes: RecordNodes) -> String {
        guard let kind = Vocabulary.kind(named: name) else { return "" }
        // A site that was removed is sent nothing: nothing here says whether it is recorded by now.
        if family.compartments.contains(kind.compartment), !family.record.isNoLongerUpdated {
            return Absence.notRecorded.words
        }
        return nodes.desk.mayRead(kind) ? Absence.notShared.words : notIncluded
    }

    /// The records of a kind under the resident; nil where there are none and no place is kept.
    private static func section(
        _ name: String, _ family: RecordTree, _ nodes: RecordNodes, always: Bool = false
    ) -> Node? {
        guard let kind = Vocabulary.kind(named: name) else { return nil }
        let records = family.children(name, of: family.record.id)
        guard !records.isEmpty || (always && (kind.isAlwaysShown || name == "aboutMe")) else {
            return nil
        }
        let mayAdd =
            nodes.desk.mayWrite(kind) && (!kind.isSingleton || records.isEmpty)
            && family.compartments.contains(kind.compartment) && !family.record.isNoLongerUpdated
        return [
            "label": records.count == 1 || kind.isSingleton ? kind.label : Titles.plural(kind),
            "name": name,
            "records": records.map { nodes.record($0, titled: !kind.isSingleton) },
            "hasRecords": !records.isEmpty, "absence": absence(name, family, nodes),
            "add": mayAdd
                ? "/records/new?kind=\(name)&parent=\(nodes.name(of: family.record))"
                : false as Any,
            "addLabel": Titles.within(kind),
        ]
    }

    private static func sections(_ family: RecordTree, _ nodes: RecordNodes) -> [Node] {
        let direct = Vocabulary.kinds.filter { $0.parents.contains("resident") }.map(\.name)
        let rest = direct.filter {
            !(first + later + ["plan", "aboutMe", "samePerson"]).contains($0)
        }
        return (later + rest).filter { direct.contains($0) }.compactMap {
            section($0, family, nodes)
        }
    }

    // MARK: Plans

    private static let within = [
        "contingency", "strength", "need", "goal", "action", "supportPlan",
    ]

    private static func plans(_ family: RecordTree, _ nodes: RecordNodes) -> [Node] {
        let parts = Dictionary(grouping: family.descendants.filter { !$0.isArchived }) { $0.parent }
        return family.children("plan", of: family.record.id).map {
            plan(of: $0, family, parts, nodes)
        }
    }

    private static func plan(
        of plan: RecordView, _ family: RecordTree, _ parts: [RecordID?: [RecordView]],
        _ nodes: RecordNodes
    ) -> Node {
        let own = Dictionary(grouping: parts[plan.id] ?? []) { $0.kind }
        let others = Vocabulary.kinds.map(\.name).filter { name in
            !within.contains(name)
                && Vocabulary.kind(named: name)?.parents.contains("plan") == true
        }
        let groups = (within + others).compactMap { name -> Node? in
            guard let kind = Vocabulary.kind(named: name) else { return nil }
            let records = own[name] ?? []
            let isUsual = ["need", "goal", "action"].contains(name)
            guard !records.isEmpty || isUsual else { return nil }
            return [
                "label": Titles.plural(kind), "hasRecords": !records.isEmpty,
                "absence": absence(name, family, nodes),
                "records": records.map { withParts($0, parts[$0.id] ?? [], nodes) },
                "add": nodes.desk.mayWrite(kind) && name != "signOff" && !plan.isNoLongerUpdated
                    ? "/records/new?kind=\(name)&parent=\(nodes.name(of: plan))" : false as Any,
                "addLabel": Titles.within(kind),
            ]
        }
        var node = nodes.record(plan, level: 3)
        node["groups"] = groups
        let adding = adding(to: plan, nodes)
        node["adding"] = adding
        node["hasAdding"] = !adding.isEmpty
        node["version"] = plan.version
        node["acknowledge"] =
            Vocabulary.kind(named: "comment").map(nodes.desk.mayWrite) == true
                && !plan.isNoLongerUpdated
            ? "/records/\(nodes.name(of: plan))/acknowledge" : false as Any
        node["signOff"] =
            Vocabulary.kind(named: "signOff").map(nodes.desk.mayWrite) == true
                && !plan.isNoLongerUpdated
            ? "/records/new?kind=signOff&parent=\(nodes.name(of: plan))" : false as Any
        return node
    }

    /// A goal with its stages and outcomes, and so on for whatever is part of something in a plan.
    private static func withParts(
        _ record: RecordView, _ children: [RecordView], _ nodes: RecordNodes
    ) -> Node {
        var node = nodes.record(record, level: 5)
        node["children"] = children.map { nodes.record($0, level: 6) }
        node["hasChildren"] = !children.isEmpty
        return node
    }

    /// What may be added to a record, as links.
    static func adding(to record: RecordView, _ nodes: RecordNodes) -> [Node] {
        guard !record.isNoLongerUpdated else { return [] }
        return Vocabulary.kinds.filter {
            $0.parents.contains(record.kind) && nodes.desk.mayWrite($0)
                && !["comment", "proposal", "signOff", "samePerson"].contains($0.name)
        }.map { kind in
            [
                "label": kind.label,
                "path": "/records/new?kind=\(kind.name)&parent=\(nodes.name(of: record))",
            ]
        }
    }
}

/// What records are called.
enum Titles {
    /// The titles of a family's records.
    static func of(_ family: RecordTree) -> [RecordID: String] {
        var titles = [family.record.id: family.record.title]
        titles.reserveCapacity(family.descendants.count + family.mentions.count + 1)
        for record in family.descendants + family.mentions where titles[record.id] == nil {
            titles[record.id] = record.title
        }
        return titles
    }

    /// A kind's label in the middle of a sentence; abbreviations keep their capitals.
    static func within(_ kind: RecordKind) -> String {
        let second = kind.label.dropFirst().first
        return second?.isUppercase == true
            ? kind.label : kind.label.prefix(1).lowercased() + kind.label.dropFirst()
    }

    /// The plural of a kind's label, with a capital.
    static func plural(_ kind: RecordKind) -> String {
        kind.pluralLabel.prefix(1).uppercased() + kind.pluralLabel.dropFirst()
    }
}
