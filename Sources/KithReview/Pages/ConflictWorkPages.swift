import Foundation
import HTTPTypes
import KithModel
import KithSite

/// The work on a conflict that decides nothing (whose it is, until when, what was found out), and taking
/// a decision back.
enum ConflictWorkPages {
    static let routes: [Route] = [
        .post("/conflicts/:id/work", .needs(.comment)) { try await work($0) },
        .get("/conflicts/:id/undo", .needs(.resolve)) { visit in
            try await page(visit, problem: nil)
        },
        .post("/conflicts/:id/undo", .needs(.resolve)) { try await undo($0) },
    ]

    /// What the page of a conflict shows of the work on it.
    static func node(
        _ conflict: ConflictView, isClosed: Bool, typed: FormFields?, _ visit: Visit,
        _ nodes: RecordNodes
    ) -> Node {
        let details = conflict.details
        let decisions = details?.decisions ?? []
        return [
            "mayWork": nodes.desk.user.may(.comment) && !isClosed,
            "owner": typed?["owner"] ?? conflict.owners.joined(separator: ", "),
            "shownOwner": typed?["shownOwner"] ?? conflict.owners.joined(separator: ", "),
            "due": typed?["due"] ?? conflict.due?.description ?? "",
            "shownDue": typed?["shownDue"] ?? conflict.due?.description ?? "",
            "note": typed?["note"] ?? "",
            "dueDay": conflict.due?.description ?? false as Any,
            "isOverdue": isOverdue(conflict, visit),
            "notes": (details?.notes ?? []).map { note -> Node in
                ["text": nodes.shown(note.text), "said": nodes.said(note.provenance)]
            },
            "hasNotes": !(details?.notes ?? []).isEmpty,
            "decisions": decisions.map { decision -> Node in
                [
                    "words": nodes.shown(decision.words), "stands": decision.stands,
                    "said": nodes.said(decision.provenance),
                ]
            },
            "hasDecisions": !decisions.isEmpty,
        ]
    }

    /// Whether the day by which a conflict was to be decided has passed.
    static func isOverdue(_ conflict: ConflictView, _ visit: Visit) -> Bool {
        conflict.isOverdue(on: visit.now.day(in: visit.review.zone))
    }

    private static func work(_ visit: Visit) async throws -> Answer {
        let desk = try visit.desk()
        let conflict = try await desk.conflict(visit.parameter("id"))
        let form = visit.form
        func changed(_ name: String, _ shown: String) -> String? {
            let text = form[name].trimmingCharacters(in: .whitespacesAndNewlines)
            return text == form[shown] ? nil : text
        }
        let note = form["note"].trimmingCharacters(in: .whitespacesAndNewlines)
        let work = ConflictWork(
            conflict: conflict.id, owner: changed("owner", "shownOwner"),
            due: changed("due", "shownDue"), note: note.isEmpty ? nil : note)
        guard work.owner != nil || work.due != nil || work.note != nil else {
            return .see("/conflicts/\(conflict.id)?done=nothing")
        }
        do {
            try await desk.work(on: work)
        } catch let error as SiteError where error.isForForm {
            return try await ConflictPages.page(
                visit, typed: form, problem: "Not saved: \(error.description)."
            ).blaming(error)
        }
        return .see("/conflicts/\(conflict.id)?done=noted")
    }

    // MARK: Taking a decision back

    /// Whether a text has nothing in it but what ids of conflicts are made of, so that an address can be
    /// made with it.
    static func isPlain(_ id: String) -> Bool {
        (6...100).contains(id.utf8.count)
            && id.unicodeScalars.allSatisfy { scalar in
                scalar.isASCII
                    && (scalar.properties.isAlphabetic
                        || "0123456789.-@".unicodeScalars.contains(scalar))
            }
    }

    /// What taking the decision back would do, and the form for it.
    private static func page(_ visit: Visit, problem: String?) async throws -> Answer {
        let desk = try visit.desk()
        let id = visit.parameter("id")
        let (outcome, isClinical) = try await desk.previewUndo(id)
        let isProved =
            visit.session.map {
                visit.now.milliseconds - $0.proved.milliseconds < WebSessionLimits.proved
            } ?? false
        var resident: RecordView?
        // As the id of the conflict was told apart, so is that of its record.
        let apart = id.split(separator: "@").dropFirst().map { "@\($0)" }.joined()
        if let id = outcome.record, let record = try? await desk.record("\(id)\(apart)") {
            resident = try await ConflictPages.resident(of: record, desk)
        }
        let nodes = RecordNodes(visit, desk)
        let mayUndo = !isClinical || desk.user.may(.attest)
        func lines(_ texts: [String]) -> [Node] {
            texts.map { ["words": ShownText(lines: $0).text] }
        }
        var answer = visit.page(
            "undo", title: "Take a decision back", tab: "/conflicts",
            [
                "path": "/conflicts/\(outcome.conflict)/undo",
                "about": ShownText(line: outcome.about).text,
                "who": resident.map { nodes.shown($0.title) } ?? false as Any,
                "born": resident.map { nodes.line("dateOfBirth", of: $0) } ?? "",
                "nhs": resident.map { nodes.line("nhsNumber", of: $0) } ?? "",
                "decided": lines(outcome.replaces), "stands": lines(outcome.stands),
                "hasStands": !outcome.stands.isEmpty, "mayUndo": mayUndo,
                "isClinical": isClinical, "needsProof": isClinical && mayUndo && !isProved,
                "reason": visit.form["reason"], "performer": visit.form["performer"],
                "performerRole": visit.form["performerRole"],
                "problem": problem.map { "Not taken back: \($0)." } ?? false as Any,
            ])
        if problem != nil { answer.status = .badRequest }
        return answer
    }

    private static func undo(_ visit: Visit) async throws -> Answer {
        let desk = try visit.desk()
        let (preview, isClinical) = try await desk.previewUndo(visit.parameter("id"))
        let form = visit.form
        let reason = String(form["reason"].prefix(2000)).trimmingCharacters(
            in: .whitespacesAndNewlines)
        do {
            guard !reason.isEmpty else {
                throw SiteError(.invalid, "say why, in a few words")
            }
            try await Proving.check(isClinical, visit)
            let performer = form["performer"].trimmingCharacters(in: .whitespacesAndNewlines)
            try await desk.undo(
                ConflictUndo(
                    conflict: preview.conflict, reason: reason, isAttested: isClinical,
                    performer: performer.isEmpty
                        ? nil : Author(user: "", name: performer, role: form["performerRole"])))
        } catch let error as SiteError where error.isForForm {
            return try await page(visit, problem: error.description).blaming(error)
        }
        return .see("/conflicts?done=undone")
    }
}
