import HTTPTypes
import KithModel
import KithSite

/// The home round: who is to be seen and why, a list to take along, and the outcomes in one go.
enum RoundPage {
    static let routes: [Route] = [
        .get("/round", .needs(.read)) { try await choose($0) },
        .get("/round/list", .needs(.read)) { visit in
            try await list(visit, typed: nil, problem: nil)
        },
        .post("/round", .oneOf([.edit])) { try await save($0) },
    ]

    private static let most = 60

    /// Picking residents: those that changed or are due stand first; before them the lists that were saved
    /// for a round to come.
    private static func choose(_ visit: Visit) async throws -> Answer {
        let desk = try visit.desk()
        let saved = try await SavedRound.waiting(desk)
        let nodes = RecordNodes(visit, desk)
        let marks = try await desk.marks()
        let today = Days.number(visit.review.today)
        let rows = try await desk.overview().map { summary -> (rank: Int, node: Node) in
            var why: [String] = []
            if summary.lastVersion > (marks[summary.resident.id]?.version ?? 0) {
                why.append("changed since you last read it")
            }
            let due = summary.plans.compactMap { nodes.date("nextReview", of: $0) }
                .map { Days.number($0) - today }.min()
            if let due, due <= TodayPage.soon {
                why.append(due < 0 ? "review overdue" : "review due")
            }
            var node = TodayPage.row(summary, nodes, visit, marks)
            node["why"] = why.isEmpty ? false : why.joined(separator: ", ") as Any
            return (why.isEmpty ? 1 : 0, node)
        }
        let sorted = rows.enumerated().sorted {
            ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset)
        }.map(\.element.node)
        return visit.page(
            "round", title: "Home round", tab: "/round",
            [
                "isChoice": true, "rows": sorted, "isEmpty": sorted.isEmpty, "list": [Node](),
                "mayEdit": false, "modes": [Node](), "leadName": "", "attendees": "",
                "missing": false, "round": "", "hasSaved": !saved.isEmpty,
                "saved": saved.map { round -> Node in
                    [
                        "path": "/round/list?round=\(round.id)",
                        "date": nodes.line("date", of: round.record),
                        "lead": round.lead.isEmpty
                            ? "" : ", led by \(ShownText(line: round.lead).text)",
                        "count": round.items.count, "isOne": round.items.count == 1,
                    ]
                },
            ])
    }

    /// The chosen residents with what a round needs to know of each, or those of a list that was saved.
    private static func list(
        _ visit: Visit, typed: FormFields?, problem: String?
    ) async throws -> Answer {
        let desk = try visit.desk()
        let saved = try await SavedRound(named: (typed ?? visit.query)["round"], desk)
        let chosen = typed?.values("r") ?? saved?.residents ?? visit.query.values("r")
        let rows = try await rows(Array(chosen.prefix(most)), saved, typed, desk, visit)
        let mayEdit =
            Vocabulary.kind(named: "roundItem").map(desk.mayWrite) == true
            && Vocabulary.kind(named: "homeRound").map(desk.mayWrite) == true
        let mode = typed?["mode"] ?? saved?.mode ?? ""
        var answer = visit.page(
            "round", title: "Home round list", tab: "/round",
            [
                "isChoice": false, "rows": [Node](), "list": rows, "isEmpty": rows.isEmpty,
                "mayEdit": mayEdit, "modes": modes(mode), "hasSaved": false, "saved": [Node](),
                "leadName": typed?["leadName"] ?? saved?.lead ?? desk.user.name,
                "attendees": typed?["attendees"] ?? saved?.attendees ?? "",
                "missing": chosen.isEmpty, "round": saved?.id ?? "",
                "problem": problem.map { "Not saved: \($0)." } ?? false as Any,
            ])
        if problem != nil { answer.status = .badRequest }
        return answer
    }

    /// What a round has to know and finds nothing of, each with its reason (D10).
    private static func absences(_ family: RecordTree, _ nodes: RecordNodes) -> [Node] {
        [["allergy", "allergyAssertion"], ["cprDecision"]].compactMap { kinds in
            guard kinds.allSatisfy({ family.children($0, of: family.record.id).isEmpty }),
                let kind = Vocabulary.kind(named: kinds[0])
            else { return nil }
            return [
                "label": kind.isSingleton ? kind.label : Titles.plural(kind),
                "words": ResidentPage.absence(kind.name, family, nodes),
            ]
        }
    }

    private static func modes(_ chosen: String) -> [Node] {
        guard let field = Vocabulary.kind(named: "homeRound")?.field(named: "mode"),
            case .code(let set) = field.type
        else { return [] }
        return set.concepts.map {
            ["value": $0.word, "label": $0.display, "isChosen": chosen == $0.word]
        }
    }

    private static func rows(
        _ chosen: [String], _ saved: SavedRound?, _ typed: FormFields?, _ desk: Desk, _ visit: Visit
    ) async throws -> [Node] {
        let marks = try await desk.marks()
        let summaries = try await desk.overview()
        var rows: [Node] = []
        for id in chosen {
            let family = try await desk.family(id)
            let nodes = RecordNodes(visit, desk, titles: Titles.of(family))
            let id = family.record.id
            guard let summary = summaries.first(where: { $0.resident.id == id }) else { continue }
            let key = id.description
            func lines(_ kind: String) -> [Node] {
                family.children(kind, of: id).map { nodes.record($0, level: 3) }
            }
            let safety = ["alert", "allergyAssertion", "allergy", "cprDecision"].flatMap(lines)
            let own: Node = [
                "safety": safety, "absences": absences(family, nodes),
                "plans": family.children("plan", of: id).map {
                    [
                        "title": nodes.shown($0.title),
                        "review": nodes.line("nextReview", of: $0),
                    ] as Node
                },
                "version": family.record.version,
                "reason": typed?["reason.\(key)"] ?? saved?.reason(for: key) ?? "",
                "outcome": typed?["outcome.\(key)"] ?? "",
                "actions": typed?["actions.\(key)"] ?? "",
                "seen": typed.map { $0["seen.\(key)"] == "yes" } ?? false,
            ]
            rows.append(TodayPage.row(summary, nodes, visit, marks).merging(own) { $1 })
        }
        return rows
    }

    /// One round in each partnership among the residents, with what came of each resident; or the list
    /// alone, for a round to come.
    private static func save(_ visit: Visit) async throws -> Answer {
        let desk = try visit.desk()
        let form = visit.form
        let isList = form["act"] == "list"
        let saved = try await SavedRound(named: form["round"], desk)
        var byPartnership: [PartnershipID: [RecordTree]] = [:]
        for id in form.values("r").prefix(most) {
            let family = try await desk.family(id)
            byPartnership[family.record.partnershipID, default: []].append(family)
        }
        guard !byPartnership.isEmpty else { return .see("/round") }
        var edits: [RecordEdit] = []
        for (partnership, families) in byPartnership.sorted(by: { $0.key < $1.key }) {
            let known = saved.flatMap { $0.record.partnershipID == partnership ? $0 : nil }
            edits += round(
                families, in: partnership, known, number: edits.count + 1, isList: isList, visit)
        }
        do {
            // All or nothing: a round without its outcomes would look like one where nobody was seen.
            _ = try await desk.save(edits)
        } catch let error as SiteError where error.isForForm {
            return try await list(visit, typed: form, problem: error.description).blaming(error)
        }
        return .see(isList ? "/round?done=list" : "/round?done=round")
    }

    /// A round, which the edit of a number makes where it was not saved before, and what came of each
    /// resident in it.
    private static func round(
        _ families: [RecordTree], in partnership: PartnershipID, _ saved: SavedRound?, number: Int,
        isList: Bool, _ visit: Visit
    ) -> [RecordEdit] {
        let form = visit.form
        let day = visit.now.formatted(in: visit.review.zone).prefix(10)
        let about = [
            ("leadName", form["leadName"]), ("mode", form["mode"]),
            ("attendees", form["attendees"]),
            // What was planned for another day takes place on this one.
            ("date", String(day)),
        ]
        let made = saved.map { $0.record.id.description } ?? RecordEdit.made(by: number)
        let round =
            saved.map { change($0.record, about) }
            ?? edit(
                .new(kind: "homeRound", partnership: partnership.description, parent: nil),
                [("kind", "home-round")] + about)
        let items = families.map { family in
            let key = family.record.id.description
            let why = [("resident", key), ("reason", form["reason.\(key)"])]
            let said =
                isList
                ? why
                : why + [
                    ("outcome", form["outcome.\(key)"]), ("actions", form["actions.\(key)"]),
                    ("seen", form["seen.\(key)"] == "yes" ? "yes" : "no"),
                ] + read(family, form)
            guard let item = saved?.item(for: key) else {
                return edit(.new(kind: "roundItem", partnership: nil, parent: made), said)
            }
            return change(item, said)
        }
        let calls = isList ? [] : interactions(families, of: made, in: partnership, visit)
        return ([round] + items).filter { !$0.values.isEmpty } + calls
    }

    /// What a form says otherwise than a record that it was made of.
    private static func change(_ record: RecordView, _ values: [(String, String)]) -> RecordEdit {
        RecordEdit(
            target: .existing(record.reference),
            values: values.filter { name, text in
                !text.isEmpty && SavedRound.text(name, of: record) != text
            }.map { .init($0.0, $0.1) }, seen: record.version)
    }

    /// A round by video or telephone is a consultation with each resident who was seen, tied to the
    /// version of the plan that was read.
    private static func interactions(
        _ families: [RecordTree], of round: String, in partnership: PartnershipID, _ visit: Visit
    ) -> [RecordEdit] {
        let form = visit.form
        guard let kind = ["video": "video", "telephone": "phone"][form["mode"]] else { return [] }
        return families.filter { form["seen.\($0.record.id)"] == "yes" }.map { family in
            edit(
                .new(kind: "interaction", partnership: partnership.description, parent: nil),
                [
                    ("kind", kind), ("when", visit.now.rfc3339), ("subject", "Home round"),
                    ("resident", family.record.id.description),
                    ("participants", form["attendees"]), ("homeRound", round),
                ] + read(family, form))
        }
    }

    /// The plan that was read, and its version.
    private static func read(_ family: RecordTree, _ form: FormFields) -> [(String, String)] {
        let plan = family.children("plan", of: family.record.id).first
        return [
            ("plan", plan?.id.description ?? ""),
            ("planVersion", form["version.\(family.record.id)"]),
        ]
    }

    /// A new record with what was filled in.
    private static func edit(
        _ target: RecordEdit.Target, _ values: [(String, String)]
    ) -> RecordEdit {
        RecordEdit(
            target: target,
            values: values.filter { !$0.1.isEmpty }.map { .init($0.0, $0.1) })
    }
}
