import HTTPTypes
import KithModel
import KithSite

/// What people answer to what others wrote: that they have seen a plan, and what becomes of a change
/// that somebody proposed.
enum AnswerPages {
    static let routes: [Route] = [
        .post("/records/:id/acknowledge", .needs(.comment)) { try await acknowledge($0) },
        .post("/records/:id/answer", .needs(.edit)) { try await answerProposal($0) },
    ]

    /// Writes that somebody has seen a plan as it was shown to them: a signed entry like any other,
    /// and no more than that. Who stands by a plan signs it off.
    private static func acknowledge(_ visit: Visit) async throws -> Answer {
        let desk = try visit.desk()
        let plan = try await desk.record(visit.parameter("id"))
        guard plan.kind == "plan" else { throw Refusal.missing }
        guard let seen = Int64(visit.form["seen"]), (0...plan.version).contains(seen) else {
            throw Refusal.form
        }
        _ = try await desk.save([
            RecordEdit(
                target: .new(
                    kind: "comment", partnership: nil, parent: plan.reference),
                values: [
                    .init("text", "Seen and acknowledged"), .init("kind", "acknowledgement"),
                    .init("seenVersion", String(seen)),
                ])
        ])
        return .see("\(try await Lineage.place(of: plan, desk))?done=acknowledged")
    }

    /// Takes a proposed change over, or declines it; either is one act with its reason.
    private static func answerProposal(_ visit: Visit) async throws -> Answer {
        let desk = try visit.desk()
        let proposal = try await desk.record(visit.parameter("id"))
        guard proposal.kind == "proposal", let subject = try await desk.parent(of: proposal)
        else {
            throw Refusal.missing
        }
        let isTaken = visit.form["answer"] == "accept"
        let reason = String(visit.form["reason"].prefix(2000))
        func text(_ name: String) -> String {
            proposal.field(name)?.candidates.first?.words ?? ""
        }
        var edits = [
            RecordEdit(
                target: .existing(proposal.reference),
                values: [
                    .init("status", isTaken ? "accepted" : "declined"), .init("answer", reason),
                ], seen: Int64(visit.form["seen"]), reason: reason)
        ]
        if isTaken {
            edits.append(
                RecordEdit(
                    target: .existing(subject.reference),
                    values: [.init(text("field"), text("value"))], seen: subject.version,
                    reason: "proposed by \(proposal.created.committer.name)"))
        }
        _ = try await desk.save(edits)
        return .see(
            "\(try await Lineage.place(of: subject, desk))?done=\(isTaken ? "accepted" : "declined")"
        )
    }
}
