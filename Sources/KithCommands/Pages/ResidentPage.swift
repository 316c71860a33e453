import KithModel
import KithSite

/// A resident as a nurse reads them: who it is, what could harm them, their people, their plans.
struct ResidentPage {
    private let context: CommandContext
    private let page: RecordPage

    init(_ context: CommandContext) {
        self.context = context
        page = RecordPage(context)
    }

    /// The whole page.
    func lines(_ family: RecordFamily, on site: any Site) async throws -> [Line] {
        let resident = family.record
        var lines = page.header(resident) + page.alarm(resident)
        lines += try await safety(family, on: site)
        lines += page.section("PERSON") + page.body(resident, indent: 0)
        lines += children(family, "residency", title: "STAYS")
        lines += children(family, "personalContact", title: "PERSONAL CONTACTS")
        lines += children(family, "goal", title: "GOALS")
        let plans = family.children("plan")
        lines += page.section("PLANS")
        if plans.isEmpty {
            lines.append("(none here)")
        } else if let kind = Vocabulary.kind(named: "plan") {
            lines += ListPage(context).lines(plans, kind: kind, parents: nil)
        }
        return lines
    }

    /// Allergies and the CPR decision, with why there are none where there are none.
    func safety(_ family: RecordFamily, on site: any Site) async throws -> [Line] {
        let holds = try await site.partnership(family.record.partnershipID.description)
            .compartments.contains(.clinical)
        let gap = holds ? Absence.notRecorded : Absence.notShared
        let allergies = family.children("allergy")
        let assertions = family.children("allergyAssertion")
        var lines = page.section("ALLERGIES")
        if allergies.isEmpty, assertions.isEmpty { lines.append("(\(gap.words))") }
        if !allergies.isEmpty, assertions.contains(where: Self.saysNone) {
            lines.append(
                Line("!! an allergy is recorded beside a statement that there is none", .alarm))
        }
        lines += (assertions + allergies).flatMap(page.child)
        let decisions = family.children("cprDecision")
        lines += page.section("CPR")
        if decisions.isEmpty { lines.append("(\(gap.words))") }
        lines += decisions.flatMap { page.body($0, indent: 0) }
        return lines
    }

    /// One line that tells people apart: name, born, NHS number, room.
    func identity(_ family: RecordFamily) -> [Line] {
        let resident = family.record
        let stays = family.children("residency")
        func words(_ name: String, of record: RecordView) -> String {
            guard let field = record.field(name), !field.candidates.isEmpty else {
                return record.field(name)?.absence?.words ?? Absence.notRecorded.words
            }
            let kind = Vocabulary.kind(named: record.kind)
            let values = field.candidates.map {
                FieldLines(context).words(for: $0, field: kind?.field(named: name))
            }
            return (values.count > 1 ? "!! " : "") + values.joined(separator: " / ")
        }
        let rooms = stays.compactMap { stay -> String? in
            guard let room = stay.field("room"), !room.candidates.isEmpty else { return nil }
            return words("room", of: stay)
        }
        let text =
            "\(resident.title), born \(words("dateOfBirth", of: resident)), NHS number "
            + "\(words("nhsNumber", of: resident)), room "
            + (rooms.isEmpty ? Absence.notRecorded.words : rooms.joined(separator: " / "))
        return Wrapping.lines(TerminalText.line(text), width: context.width).map { Line($0, .bold) }
    }

    private func children(_ family: RecordFamily, _ kind: String, title: String) -> [Line] {
        let records = family.children(kind)
        return records.isEmpty ? [] : page.section(title) + records.flatMap(page.child)
    }

    private static func saysNone(_ assertion: RecordView) -> Bool {
        let none = CodeSet.all["allergyAssertion"]?.concept(for: "none-known")
        return assertion.field("assertion")?.candidates.contains {
            if case .code(let code)? = $0.value { code.code == none?.code } else { false }
        } ?? false
    }
}
