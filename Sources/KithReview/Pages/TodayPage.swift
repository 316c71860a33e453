import Foundation
import KithModel
import KithSite

/// What a reader with four minutes needs: what changed, what is due, what is undecided, who is silent.
enum TodayPage {
    static let routes: [Route] = [
        .get("/", .oneOf([.read, .administer, .readAudit])) { visit in
            guard visit.session?.user.may(.read) == true else {
                return .see(
                    visit.session?.user.may(.administer) == true ? "/partnership" : "/audit")
            }
            return try await today(visit)
        },
        .get("/residents", .needs(.read)) { try await residents($0) },
    ]

    /// How many days before its day something is shown as due soon.
    static let soon = 14
    private static let longest = 50

    private static func today(_ visit: Visit) async throws -> Answer {
        let desk = try visit.desk()
        let nodes = RecordNodes(visit, desk)
        let summaries = try await desk.overview()
        let marks = try await desk.marks()
        let peers = try await desk.peers()
        let conflicts = try await desk.conflicts()
        let grave = conflicts.filter { $0.severity == .safetyCritical }
        let changed = summaries.filter {
            $0.lastVersion > (marks[$0.resident.id]?.version ?? 0)
        }.sorted { $0.lastChange > $1.lastChange }
        let due = dues(summaries, visit, nodes)
        let silent = Currency.nodes(peers, in: nil, visit).filter {
            $0["isLate"] as? Bool == true
        }
        return visit.page(
            "today", title: "Today", tab: "/",
            [
                "isEmpty": summaries.isEmpty, "mayAdd": desk.user.may(.edit),
                "changed": changed.prefix(longest).map { row($0, nodes, visit, marks) },
                "hasChanged": !changed.isEmpty, "changedCount": changed.count,
                "moreChanged": changed.count > longest,
                "due": due.prefix(longest).map { $0.node }, "hasDue": !due.isEmpty,
                "dueCount": due.count,
                "conflicts": grave.prefix(longest).map { ConflictPages.row($0, visit) },
                "hasConflicts": !grave.isEmpty, "conflictCount": grave.count,
                "routineCount": conflicts.count - grave.count,
                "hasRoutine": conflicts.count > grave.count,
                "silent": silent, "hasSilent": !silent.isEmpty, "silentCount": silent.count,
                "hasPeers": !peers.isEmpty,
                "waiting": try await GlassPage.waiting(desk) ?? false as Any,
            ])
    }

    /// A resident as a row: who, where, what last changed.
    static func row(
        _ summary: ResidentSummary, _ nodes: RecordNodes, _ visit: Visit,
        _ marks: [RecordID: ReadingMark]
    ) -> Node {
        let resident = summary.resident
        let isNew = marks[resident.id] == nil
        return [
            "id": resident.id.description, "title": nodes.shown(resident.title),
            "born": nodes.line("dateOfBirth", of: resident),
            "nhs": nodes.line("nhsNumber", of: resident),
            "place": place(summary, nodes, orElse: "home not recorded"),
            "changed": visit.review.words(summary.lastChange),
            "isUnread": summary.lastVersion > (marks[resident.id]?.version ?? 0),
            "isNoLongerUpdated": resident.isNoLongerUpdated, "never": isNew,
            "partnership": nodes.shown(resident.partnership),
        ]
    }

    /// Where somebody lives: homes and rooms of the stays that have not ended.
    static func place(
        _ summary: ResidentSummary, _ nodes: RecordNodes,
        orElse none: String = Absence.notRecorded.words
    ) -> String {
        let open = summary.stays.filter { ($0.field("end")?.candidates ?? []).isEmpty }
        let places = open.map { stay in
            let room =
                stay.field("room")?.candidates.isEmpty == false
                ? ", \(nodes.line("room", of: stay))" : ""
            return nodes.line("home", of: stay) + room
        }
        return places.isEmpty ? none : places.joined(separator: " or ")
    }

    // MARK: Due

    private struct Due {
        let day: Int
        let node: Node
    }

    /// Plans whose review is due soon, overdue, or of no known day; the longest overdue first.
    private static func dues(
        _ summaries: [ResidentSummary], _ visit: Visit, _ nodes: RecordNodes
    ) -> [Due] {
        let today = Days.number(visit.review.today)
        return summaries.flatMap { summary in
            summary.plans.filter(isOpen).compactMap { plan -> Due? in
                let date = nodes.date("nextReview", of: plan)
                let day = date.map(Days.number)
                guard (day ?? today) - today <= soon else { return nil }
                let late = day.map { today - $0 } ?? 0
                return Due(
                    day: day ?? today + soon,
                    node: [
                        "resident": nodes.shown(summary.resident.title),
                        "plan": nodes.shown(plan.title),
                        "id": summary.resident.id.description,
                        "date": date.map { " (\($0))" } ?? "",
                        "isOverdue": late > 0,
                        "words": date == nil
                            ? "no review date"
                            : late > 0
                                ? "overdue by \(late) day\(late == 1 ? "" : "s")"
                                : late == 0
                                    ? "due today" : "due in \(-late) day\(late == -1 ? "" : "s")",
                    ])
            }
        }.sorted { $0.day < $1.day }
    }

    /// Whether a plan is not over by every value of its status.
    private static func isOpen(_ plan: RecordView) -> Bool {
        let over: Set = ["completed", "revoked", "entered-in-error"]
        let said = plan.field("status")?.candidates ?? []
        return said.isEmpty
            || !said.allSatisfy {
                if case .code(let code)? = $0.value { over.contains(code.code) } else { false }
            }
    }

    // MARK: Residents

    private static func residents(_ visit: Visit) async throws -> Answer {
        let desk = try visit.desk()
        let nodes = RecordNodes(visit, desk)
        let search = String(visit.query["search"].prefix(200))
        let marks = try await desk.marks()
        let all = try await desk.overview()
        let found = search.isEmpty ? all : all.filter { Search(search).matches($0, nodes) }
        return visit.page(
            "residents", title: "Residents", tab: "/residents",
            [
                "search": ShownText(line: search).text, "isSearch": !search.isEmpty,
                "isEmpty": all.isEmpty,
                "count": found.count, "isOne": found.count == 1,
                "rows": found.map { row($0, nodes, visit, marks) },
                "mayAdd": desk.user.may(.edit) && desk.mayRead(kind: "resident"),
            ])
    }
}

/// Looks for a text in what tells residents apart: names, NHS number, home and room.
struct Search {
    private let needles: [String]
    private let digits: String

    init(_ text: String) {
        needles = Self.plain(text).split(separator: " ").map(String.init)
        digits = text.filter { $0.isASCII && $0.isNumber }
    }

    static func plain(_ text: String) -> String {
        text.folding(options: [.caseInsensitive, .diacriticInsensitive], locale: nil)
    }

    /// Whether every word of the search is found, or the digits in the NHS number.
    func matches(_ summary: ResidentSummary, _ nodes: RecordNodes) -> Bool {
        var texts = [summary.resident.title]
        for record in [summary.resident] + summary.stays {
            let kind = Vocabulary.kind(named: record.kind)
            for field in record.fields
            where kind?.field(named: field.name)?.isSearched == true
                || ["home", "room", "familyName", "givenName"].contains(field.name)
            {
                texts += field.candidates.map(\.words)
            }
        }
        let plain = texts.map(Self.plain)
        if needles.allSatisfy({ needle in plain.contains { $0.contains(needle) } }) { return true }
        return digits.count >= 3
            && texts.contains { $0.filter { $0.isASCII && $0.isNumber }.contains(digits) }
    }
}
