import KithModel
import KithSite

/// What goes along to hospital, and what a night needs when the computers are down: for paper.
enum PrintPages {
    static let routes: [Route] = [
        .get("/residents/:id/pack", .needs(.read)) { try await pack($0) },
        .get("/summary", .needs(.read)) { try await summary($0) },
    ]

    private static func pack(_ visit: Visit) async throws -> Answer {
        let desk = try visit.desk()
        let tree = try await desk.tree(visit.parameter("id"), for: .transferPack)
        // D10: a pack without what matters would be taken for one with nothing to tell.
        guard tree.compartments.contains(.clinical) else {
            throw SiteError(
                .refused,
                "clinical records of this person are not shared with you or with this site, so a pack from here would lack what matters; ask somebody who has them"
            )
        }
        return try await page(visit, desk, [tree], .transferPack, title: "Transfer to hospital")
    }

    private static func summary(_ visit: Visit) async throws -> Answer {
        let desk = try visit.desk()
        var trees: [RecordTree] = []
        var told: Set<RecordID> = []
        for summary in try await desk.overview() where !told.contains(summary.resident.id) {
            let tree = try await desk.tree(summary.resident.id.description, for: .summary)
            told.formUnion([tree.record.id] + tree.samePerson.map(\.id))
            trees.append(tree)
        }
        return try await page(visit, desk, trees, .summary, title: "Daily summary")
    }

    /// Sheets on one page; those on which something is undecided stand first.
    private static func page(
        _ visit: Visit, _ desk: Desk, _ trees: [RecordTree], _ purpose: CareSheet.Purpose,
        title: String
    ) async throws -> Answer {
        let peers = try await desk.peers()
        let today = Day(visit.now, in: visit.review.zone)
        let sheets = trees.map { ($0, CareSheet($0, for: purpose, on: today)) }
        let ordered = sheets.filter(\.1.isUndecided) + sheets.filter { !$0.1.isUndecided }
        let partnerships = Set(trees.map(\.record.partnership)).sorted()
        let isPack = purpose == .transferPack
        return visit.page(
            "print", title: title, tab: "/residents",
            [
                "heading": title, "isPack": isPack, "isEmpty": trees.isEmpty,
                "back": trees.first.map { "/residents/\($0.record.id)" } ?? "/",
                "sheets": ordered.map { tree, sheet in
                    node(sheet, RecordNodes(visit, desk, titles: Titles.of(tree)))
                },
                "current": partnerships.map { name -> Node in
                    [
                        "partnership": ShownText(line: name).text,
                        "peers": Currency.nodes(peers, in: name, visit),
                        "warning": Currency.warning(peers, in: name, visit) ?? false as Any,
                    ]
                },
            ])
    }

    private static func node(_ sheet: CareSheet, _ nodes: RecordNodes) -> Node {
        [
            "identity": sheet.identity.map { ["words": nodes.shown($0)] as Node },
            "isUndecided": sheet.isUndecided,
            "sections": sheet.sections.map { section -> Node in
                [
                    "title": section.title, "absence": section.absence?.words ?? false as Any,
                    "warnings": section.warnings.map { ["words": $0] as Node },
                    "records": section.records.map { record(of: $0, nodes) },
                ]
            },
        ]
    }

    /// A record as densely as it can be read: title, then what is said of it.
    private static func record(of view: RecordView, _ nodes: RecordNodes) -> Node {
        var node = nodes.record(
            view, titled: Vocabulary.kind(named: view.kind)?.isSingleton != true)
        node["fields"] = (node["fields"] as? [Node] ?? []).filter { field in
            field["absence"] as? Bool == false
        }
        return node
    }
}
