import KithModel
import KithSite

/// A joint plan as a nurse reads it: whose it is, what could harm them, then the plan.
struct PlanPage {
    private let context: CommandContext
    private let page: RecordPage

    init(_ context: CommandContext) {
        self.context = context
        page = RecordPage(context)
    }

    /// The whole page; `resident` is nil where this site cannot read whose plan it is.
    func lines(_ tree: RecordTree, resident: RecordTree?, peers: [PeerView]) -> [Line] {
        let plan = tree.record
        var lines: [Line] = []
        if let resident {
            let above = ResidentPage(context)
            lines += above.identity(resident) + page.alarm(resident.record)
            lines += above.safety(resident)
        } else if let parent = plan.parent {
            let gap: Absence = tree.compartments.contains(.personal) ? .awaited : .notShared
            lines.append(Line("Resident \(parent.short): (\(gap.words))", .alarm))
        }
        lines += page.section("PLAN") + page.header(plan)
        lines += CurrencyLines(context).lines(
            peers, partnership: plan.partnership, receipts: tree.receipts)
        lines += page.alarm(plan) + page.body(plan, indent: 0)
        // What to do when things go wrong comes before what is hoped for.
        let kept = ["contingency", "strength", "need", "goal", "action"]
        let kinds = Vocabulary.kinds.filter { $0.parents.contains("plan") }.map(\.name)
        for name in kept + kinds.filter({ !kept.contains($0) }) {
            let records = tree.children(of: plan.id).filter { $0.kind == name }
            guard let kind = Vocabulary.kind(named: name), !records.isEmpty || kept.contains(name)
            else { continue }
            lines += page.section(kind.nouns.uppercased())
            if records.isEmpty { lines.append("(none recorded here)") }
            for record in records { lines += page.child(record) + below(record, in: tree) }
            if let more = tree.more[name] { lines.append(Line("… and \(more) older", .dim)) }
        }
        return lines
    }

    /// What is part of a part of the plan: stage goals, outcomes, remarks.
    private func below(_ record: RecordView, in tree: RecordTree) -> [Line] {
        tree.children(of: record.id).flatMap { child in
            page.child(child).map { Line("    ") + $0 }.map { $0 }
        }
    }
}
