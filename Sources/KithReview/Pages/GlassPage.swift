import HTTPTypes
import KithModel
import KithSite

/// Who read, in an emergency, what their role does not include, and what others found about it.
enum GlassPage {
    /// Whoever looks after the audit or the accounts.
    static let access = Route.Access.oneOf([.readAudit, .administer])

    static let routes: [Route] = [
        .get("/emergencies", access) { try await list($0, problem: nil) },
        .post("/emergencies", access) { try await review($0) },
    ]

    private static let most = 200

    /// That acts wait for a review, for those who review them.
    static func waiting(_ desk: Desk) async throws -> String? {
        guard desk.mayReviewGlass else { return nil }
        let count = try await desk.glassToReview()
        guard count > 0 else { return nil }
        return count == 1
            ? "An emergency reading was not reviewed yet"
            : "\(count) emergency readings were not reviewed yet"
    }

    private static func list(_ visit: Visit, problem: String?) async throws -> Answer {
        let desk = try visit.desk()
        let found = try await desk.brokenGlasses(limit: most)
        let waiting = try await desk.glassToReview()
        var titles: [RecordID: String] = [:]
        for id in Set(found.compactMap { $0.breakGlass?.resident }) {
            // Who it is about is said to those who may know it.
            titles[id] = try? await desk.record(id.description).title
        }
        let acts = found.compactMap { item in
            item.breakGlass.map { node(item, $0, titles, visit) }
        }
        let open = acts.filter { $0["isOpen"] as? Bool == true }
        let done = acts.filter { $0["isOpen"] as? Bool == false }
        var answer = visit.page(
            "emergencies", title: "Emergencies", tab: "/emergencies",
            [
                "open": open, "hasOpen": !open.isEmpty, "openCount": waiting,
                "done": done, "hasDone": !done.isEmpty, "isFull": found.count == most,
                "problem": problem.map { "Not noted: \($0)." } ?? false as Any,
            ])
        if problem != nil { answer.status = .badRequest }
        return answer
    }

    private static func node(
        _ item: AuditItem, _ act: BreakGlass, _ titles: [RecordID: String], _ visit: Visit
    ) -> Node {
        func line(_ text: String) -> String { ShownText(line: text).text }
        let user = visit.session?.user
        // As the site has it: nobody reviews what they did themselves.
        let isOwn = item.actor.user == user?.login || item.actor.name == user?.name
        let isRefused = visit.form["act"] == String(item.number)
        return [
            "number": item.number, "name": line(item.actor.name), "role": line(item.actor.role),
            "login": line(item.actor.user), "compartment": act.compartment.name,
            "title": titles[act.resident].map(line) ?? "resident \(act.resident.short)",
            "reason": line(act.reason), "from": visit.review.words(act.from),
            "until": visit.review.words(act.until), "isOpen": act.review == nil,
            "isOwn": isOwn, "mayReview": !isOwn, "finding": isRefused ? visit.form["finding"] : "",
            "found": act.review.map { line($0.finding) } ?? "",
            "reviewer": act.review.map { line($0.by.name) } ?? "",
            "reviewed": act.review.map { visit.review.words($0.time) } ?? "",
        ]
    }

    private static func review(_ visit: Visit) async throws -> Answer {
        guard let act = Int64(visit.form["act"]) else { throw Refusal.form }
        // One line is what the audit takes; a field of several lines is easier to write in.
        let finding = visit.form["finding"].split(whereSeparator: \.isNewline)
            .joined(separator: " ")
        do {
            try await visit.desk().reviewGlass(act, finding: String(finding.prefix(2000)))
        } catch let error as SiteError where error.isForForm || error.code == .notFound {
            return try await list(visit, problem: error.description).blaming(error)
        }
        return .see("/emergencies?done=reviewed")
    }
}
