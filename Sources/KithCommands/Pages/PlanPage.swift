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

    /// The whole page.
    func lines(_ family: RecordFamily, on site: any Site) async throws -> [Line] {
        let plan = family.record
        var lines: [Line] = []
        if let parent = plan.parent {
            lines += try await resident(parent, of: plan, on: site)
        }
        lines += page.section("PLAN") + page.header(plan)
        lines += page.alarm(plan) + page.body(plan, indent: 0)
        // What to do when things go wrong comes before what is hoped for.
        let order = ["contingency", "strength", "need", "goal", "action"]
        for name in order {
            let records = family.children(name)
            guard let kind = Vocabulary.kind(named: name) else { continue }
            if records.isEmpty {
                lines += page.section(kind.nouns.uppercased()) + ["(none recorded here)"]
            } else {
                lines += page.section(kind.nouns.uppercased()) + records.flatMap(page.child)
            }
        }
        return lines
    }

    /// The resident of a plan with allergies and CPR, or why they cannot be shown.
    private func resident(
        _ id: RecordID, of plan: RecordView, on site: any Site
    ) async throws -> [Line] {
        let resident: RecordView
        do {
            resident = try await site.record(id.description, kind: "resident")
        } catch let error as SiteError where error.code == .notFound {
            let holds = try await site.partnership(plan.partnershipID.description)
                .compartments.contains(.personal)
            let gap = holds ? Absence.awaited : Absence.notShared
            return [Line("Resident \(id.short): (\(gap.words))", .alarm)]
        }
        let page = ResidentPage(context)
        let family = try await RecordFamily.gather(resident, on: site)
        var lines = page.identity(family) + self.page.alarm(resident)
        lines += try await page.safety(family, on: site)
        return lines
    }
}
