import KithModel
import KithSite

/// What is due, a row each, late ones first.
struct DuePage {
    private let context: CommandContext

    init(_ context: CommandContext) {
        self.context = context
    }

    /// The page; `within` is how far it looks ahead.
    func lines(_ items: [DueItem], within days: Int) -> [Line] {
        let late = items.filter { $0.overdueDays > 0 }
        let coming = items.filter { $0.overdueDays <= 0 }
        let horizon = days == 0 ? "today" : "within \(Amount.count(days, "day", "days"))"
        var lines = section(late, title: "Late: \(late.count)", .alarm)
        if late.isEmpty { lines.append("Nothing is late.") }
        lines.append("")
        lines += section(coming, title: "Due \(horizon): \(coming.count)", .bold)
        if coming.isEmpty { lines.append(Line("Nothing more is due \(horizon).")) }
        return lines + legend(items)
    }

    private func section(_ items: [DueItem], title: String, _ look: Line.Look) -> [Line] {
        guard !items.isEmpty else { return [] }
        var table = Table([
            .init("Due", fixed: true), .init("Days", number: true), .init("ID", fixed: true),
            .init("What", wrapped: true), .init("Resident", wrapped: true),
            .init("Who", wrapped: true),
        ])
        for item in items {
            table.add(
                [
                    "\(item.date)" + (item.isContested ? " !!" : ""), days(item), item.short,
                    what(item), item.residentTitle ?? "", item.who ?? "",
                ], item.isContested ? .alarm : .plain)
        }
        return [Line(title, look)] + table.lines(width: context.width)
    }

    private func days(_ item: DueItem) -> String {
        item.overdueDays == 0
            ? "today"
            : item.overdueDays > 0
                ? "+\(item.overdueDays)"
                : String(item.overdueDays)
    }

    /// What is due; with the title of a record that is not about the resident alone.
    private func what(_ item: DueItem) -> String {
        let kind = Vocabulary.kind(named: item.kind)
        let isNamed = item.field != nil && item.title != kind?.label || item.resident == nil
        return isNamed ? "\(item.what): \(item.title)" : item.what
    }

    private func legend(_ items: [DueItem]) -> [Line] {
        var lines: [Line] = []
        if items.contains(where: \.isContested) {
            lines.append(
                "!! people say different days, and the earliest counts: 'kith record get ID'")
        }
        for remark in Set(items.compactMap(\.remark)).sorted() {
            lines += Wrapping.lines("!  \(TerminalText.line(remark))", width: context.width)
                .map { Line($0) }
        }
        return lines
    }
}
