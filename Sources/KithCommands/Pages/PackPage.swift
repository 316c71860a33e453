import KithModel
import KithSite

/// What goes along to hospital, and what a night needs when the computers are down, on paper.
struct PackPage {
    private let context: CommandContext

    init(_ context: CommandContext) {
        self.context = context
    }

    /// The transfer pack of a resident.
    func pack(
        _ tree: RecordTree, peers: [PeerView], by author: Author, at site: SiteView
    ) -> String {
        let sheet = CareSheet(tree, for: .transferPack, on: context.calendarDay)
        let heading =
            wrapped("TRANSFER TO HOSPITAL  \(sheet.identity.joined(separator: "  ALSO: "))")
            + [printed(by: author, at: site)]
        return PrintedPage(heading: heading).text(
            [doubt(sheet), currency(tree, peers)]
                + sheet.residents.map { ["PERSON"] + CompactRecord(context).lines($0) }
                + sheet.sections.map(paragraph))
    }

    /// The daily summary of residents, those of whom something is undecided first.
    func summary(
        _ trees: [RecordTree], peers: [PeerView], by author: Author, at site: SiteView
    ) -> String {
        let sheets = trees.map { ($0, CareSheet($0, for: .summary, on: context.calendarDay)) }
        let ordered = sheets.filter(\.1.isUndecided) + sheets.filter { !$0.1.isUndecided }
        let heading =
            ["DAILY SUMMARY  \(Amount.count(trees.count, "resident", "residents"))"]
            + [printed(by: author, at: site)]
        var paragraphs: [[String]] = []
        for name in Set(trees.map(\.record.partnership)).sorted() {
            if let first = trees.first(where: { $0.record.partnership == name }) {
                paragraphs.append(currency(first, peers))
            }
        }
        for (_, sheet) in ordered {
            let title = sheet.identity.flatMap(wrapped)
            paragraphs.append(
                [String(repeating: "=", count: PrintedPage.width)] + title + doubt(sheet)
                    + sheet.sections.flatMap(paragraph))
        }
        return PrintedPage(heading: heading).text(paragraphs)
    }

    private func paragraph(_ section: CareSheet.Section) -> [String] {
        let title = section.title.uppercased()
        if let absence = section.absence { return ["\(title): (\(absence.words))"] }
        return [title] + section.warnings.flatMap { wrapped("!! " + $0) }
            + section.records.flatMap(CompactRecord(context).lines)
    }

    private func doubt(_ sheet: CareSheet) -> [String] {
        sheet.isUndecided
            ? wrapped(
                "!! PEOPLE DISAGREE about what is marked with !! below. Every value is printed, and nobody has decided: ask before acting on one of them."
            ) : []
    }

    private func currency(_ tree: RecordTree, _ peers: [PeerView]) -> [String] {
        ["HOW CURRENT THIS IS (\(tree.record.partnership))"]
            + CurrencyLines(context).lines(peers, partnership: tree.record.partnership)
            .map { "  " + $0.rendered(coloured: false) }
    }

    private func printed(by author: Author, at site: SiteView) -> String {
        let words =
            "Printed \(context.time(context.console.now())) by \(FieldLines.person(author)) at \(site.name)"
        return DisplayWidth.cut(TerminalText.line(words), to: PrintedPage.width)
    }

    private func wrapped(_ text: String) -> [String] {
        Wrapping.lines(TerminalText.line(text), width: PrintedPage.width)
    }
}
