import KithModel
import KithSite

/// What changed in a resident's records since somebody last read them, word by word, or since any
/// earlier moment; and all that was done, as a picture and as a list.
enum ChangesPage {
    static let routes: [Route] = [
        .get("/residents/:id/changes", .needs(.read)) { try await changes($0) },
        .get("/residents/:id/timeline", .needs(.read)) { try await timeline($0) },
    ]

    private static func changes(_ visit: Visit) async throws -> Answer {
        let desk = try visit.desk()
        let id = visit.parameter("id")
        let record = try await desk.record(id)
        let mark = try await desk.marks()[record.id]
        let asked = Int64(visit.query["since"])
        let since = max(0, asked ?? mark?.version ?? 0)
        let view = try await desk.changes(id, since: since, moments: 60)
        let nodes = RecordNodes(visit, desk)
        let groups = groups(view, nodes)
        let choices = view.moments.filter { $0.provenance.version < view.version }
        return visit.page(
            "changes", title: "What changed: \(nodes.shown(view.root.title))", tab: "/residents",
            [
                "id": id, "name": nodes.shown(view.root.title),
                "born": nodes.line("dateOfBirth", of: view.root),
                "nhs": nodes.line("nhsNumber", of: view.root), "version": view.version,
                "since": words(since, asked, mark, view, visit), "isMark": asked == nil,
                "groups": groups, "isEmpty": groups.isEmpty,
                "neverRead": mark == nil && asked == nil,
                "moments": distinct(choices).map { item -> Node in
                    var node = moment(item, nodes)
                    node["value"] = item.provenance.version
                    node["isChosen"] = item.provenance.version == since
                    return node
                },
            ])
    }

    /// One moment for each arrival.
    private static func distinct(_ moments: [ChangesView.Moment]) -> [ChangesView.Moment] {
        var seen: Set<Int64> = []
        return moments.filter { seen.insert($0.provenance.version).inserted }
    }

    private static func words(
        _ since: Int64, _ asked: Int64?, _ mark: ReadingMark?, _ view: ChangesView, _ visit: Visit
    ) -> String {
        if asked == nil, let mark {
            return "since you last read it, \(visit.review.words(mark.time))"
        }
        if since == 0 { return "since the beginning" }
        let moment = view.moments.first { $0.provenance.version <= since }
        return moment.map { "since \(visit.review.words($0.provenance.received))" }
            ?? "since the moment that you chose"
    }

    /// The changes by record.
    private static func groups(_ view: ChangesView, _ nodes: RecordNodes) -> [Node] {
        var order: [RecordID] = []
        var byRecord: [RecordID: [ChangesView.Change]] = [:]
        // By which number another system knows it is nothing that a reader has to look at.
        for change in view.changes where change.after.name != "source" || change.after.isConflict {
            if byRecord[change.record] == nil { order.append(change.record) }
            byRecord[change.record, default: []].append(change)
        }
        return order.compactMap { id in
            guard let changes = byRecord[id], let first = changes.first else { return nil }
            let kind = Vocabulary.kind(named: first.kind)
            return [
                "kind": kind?.label ?? first.kind, "title": nodes.shown(first.title),
                "isNew": first.isNew, "path": "/records/\(id)",
                "changes": changes.map { node($0, kind, nodes) },
            ]
        }
    }

    private static func node(
        _ change: ChangesView.Change, _ kind: RecordKind?, _ nodes: RecordNodes
    ) -> Node {
        let definition = kind?.field(named: change.after.name)
        func words(_ view: FieldView) -> [String] {
            view.candidates.map { nodes.words($0, of: definition) }
        }
        let (before, after) = (words(change.before), words(change.after))
        let isPlain = before.count == 1 && after.count == 1
        let runs = isPlain ? WordDiff(from: before[0], to: after[0]).runs : []
        let said = change.after.candidates.flatMap(\.provenance).filter { said in
            !change.before.candidates.flatMap(\.provenance).contains { $0.entry == said.entry }
        }
        return [
            "label": change.after.label, "isPlain": isPlain,
            "runs": runs.map { run -> Node in
                [
                    "text": run.text, "isSame": run.change == .same,
                    "isRemoved": run.change == .removed, "isAdded": run.change == .added,
                ]
            },
            "before": before.map { ["words": $0] as Node }, "hadNone": before.isEmpty,
            "after": after.map { ["words": $0] as Node },
            "isOpen": change.after.isConflict && change.after.policy == .safetyCritical,
            "absence": after.isEmpty
                ? (change.after.absence ?? .notRecorded).words : false as Any,
            "said": said.map { ["words": nodes.said($0)] as Node },
        ]
    }

    /// One act as a row.
    static func moment(_ moment: ChangesView.Moment, _ nodes: RecordNodes) -> Node {
        let kind = Vocabulary.kind(named: moment.kind)
        return [
            "kind": kind?.label ?? moment.kind, "title": nodes.shown(moment.title),
            "did": moment.provenance.change?.past ?? "wrote",
            "said": nodes.said(moment.provenance), "path": "/records/\(moment.record)",
            "received": moment.provenance.received.formatted(in: nodes.zone),
        ]
    }

    // MARK: Timeline

    private static func timeline(_ visit: Visit) async throws -> Answer {
        let desk = try visit.desk()
        let view = try await desk.changes(visit.parameter("id"), since: .max, moments: 2000)
        let nodes = RecordNodes(visit, desk)
        let contacts = try await desk.family(visit.parameter("id"))
            .children("hospitalContact", of: view.root.id)
        let months = HospitalMonths(contacts, until: visit.review.today)
        return visit.page(
            "pictures", title: "Timeline: \(nodes.shown(view.root.title))", tab: "/residents",
            [
                "id": visit.parameter("id"), "name": nodes.shown(view.root.title),
                "born": nodes.line("dateOfBirth", of: view.root),
                "nhs": nodes.line("nhsNumber", of: view.root),
                "timeline": Pictures.timeline(view.moments, zone: visit.review.zone),
                "hospital": desk.mayRead(kind: "hospitalContact")
                    ? Pictures.months(months) : false as Any,
                "months": months.rows.map { row -> Node in
                    ["label": row.label, "admitted": row.other, "avoided": row.avoided]
                },
                "hasContacts": months.rows.contains { $0.other + $0.avoided > 0 },
                "hospitalTotal": months.rows.map { $0.other + $0.avoided }.reduce(0, +),
                "moments": view.moments.prefix(200).map { moment($0, nodes) },
                "momentCount": view.moments.count, "isMore": view.moments.count > 200,
            ])
    }
}
