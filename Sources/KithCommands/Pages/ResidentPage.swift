import KithModel
import KithSite

/// A resident as a nurse reads them: who it is, what could harm them, what to do, then the rest.
struct ResidentPage {
    /// How many records of a journal a page shows; `list --under` gives the others.
    static let newest = 5

    private let context: CommandContext
    private let page: RecordPage

    init(_ context: CommandContext) {
        self.context = context
        page = RecordPage(context)
    }

    /// The whole page.
    func lines(
        _ tree: RecordTree, peers: [PeerView], suspected: [ConflictView] = []
    ) -> [Line] {
        let sheet = CareSheet(tree, on: context.calendarDay)
        var lines = page.header(tree.record) + page.alarm(tree.record)
        lines += same(sheet)
        lines += suspected.flatMap { doubt($0, about: tree.record) }
        lines += page.section("HOW CURRENT THIS IS")
        lines += CurrencyLines(context).lines(
            peers, partnership: tree.record.partnership, receipts: tree.receipts)
        let first = sheet.sections.prefix { $0.title != "Stays" }
        lines += first.flatMap { section($0, of: tree) }
        for resident in sheet.residents {
            lines += page.section("PERSON") + page.body(resident, indent: 0)
        }
        lines += sheet.sections.dropFirst(first.count).flatMap { section($0, of: tree) }
        return lines
    }

    /// Who else is this person, by what people found.
    private func same(_ sheet: CareSheet) -> [Line] {
        sheet.residents.dropFirst().flatMap { other in
            Wrapping.lines(
                TerminalText.line(
                    "The same person as \(other.title) [\(other.short)], whose records are shown too"
                ), width: context.width
            ).map { Line($0, .bold) }
        }
    }

    /// Another record that may be of the same person, with what is safety-critical in it: until
    /// somebody decides, neither is read without the other.
    private func doubt(_ conflict: ConflictView, about resident: RecordView) -> [Line] {
        let others = (conflict.details?.sides ?? []).filter { $0.record != resident.id }
        return others.flatMap { side -> [Line] in
            let head = Wrapping.lines(
                TerminalText.line(
                    "!! \(side.title) may be the same person: 'kith conflict show \(conflict.id)'. There stands:"
                ), width: context.width
            ).map { Line($0, .alarm) }
            return [""] + head
                + side.lines.flatMap { line in
                    let label = line.title.map { "\($0): \(line.field.label)" } ?? line.field.label
                    return Labelled(label, indent: 2, labelWidth: FieldLines.labelWidth - 2)
                        .lines(CareSheet.words(line.field), width: context.width)
                }
        }
    }

    /// Allergies, CPR and what else must not be missed, with why it is missing where it is.
    func safety(_ tree: RecordTree) -> [Line] {
        CareSheet(tree, for: .safety, on: context.calendarDay).sections.flatMap {
            section($0, of: tree)
        }
    }

    private func section(_ section: CareSheet.Section, of tree: RecordTree) -> [Line] {
        var lines = page.section(section.title.uppercased())
        if let absence = section.absence { lines.append("(\(absence.words))") }
        lines += section.warnings.flatMap {
            Wrapping.lines("!! " + $0, width: context.width).map { Line($0, .alarm) }
        }
        if section.title == "Plans", let kind = Vocabulary.kind(named: "plan") {
            lines += ListPage(context).lines(section.records, kind: kind, withParents: false)
        } else {
            for record in section.records {
                let isDecision = Vocabulary.kind(named: record.kind)?.isSingleton == true
                lines += isDecision ? page.body(record, indent: 0) : page.child(record)
                lines += below(record, in: tree, indent: 2)
            }
        }
        if section.more > 0 { lines.append(Line("… and \(section.more) older", .dim)) }
        return lines
    }

    /// What is part of a record on the page, for example remarks, a line each.
    private func below(_ record: RecordView, in tree: RecordTree, indent: Int) -> [Line] {
        guard record.kind != "plan" else { return [] }
        return tree.children(of: record.id).flatMap { child -> [Line] in
            let label = Vocabulary.kind(named: child.kind)?.label ?? child.kind
            let by = FieldLines(context).words(for: child.created)
            return Labelled(label, indent: indent, labelWidth: FieldLines.labelWidth - indent)
                .lines("\(child.title) — \(by)", width: context.width)
        }
    }

    /// One line that tells people apart: name, born, NHS number, room.
    func identity(_ tree: RecordTree) -> [Line] {
        CareSheet(tree, for: .safety, on: context.calendarDay).identity.flatMap { text in
            Wrapping.lines(TerminalText.line(text), width: context.width).map { Line($0, .bold) }
        }
    }
}
