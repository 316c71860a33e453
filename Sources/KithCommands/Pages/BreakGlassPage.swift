import KithModel
import KithSite

/// Who took the right to read what their role does not include, and what was found about it.
struct BreakGlassPage {
    private let context: CommandContext

    init(_ context: CommandContext) {
        self.context = context
    }

    /// Those that nobody has reviewed are marked.
    func lines(_ items: [AuditItem]) -> [Line] {
        let acts = items.compactMap { item in item.breakGlass.map { (item, $0) } }
        guard !acts.isEmpty else { return ["Nobody broke the glass, by what matches."] }
        return acts.flatMap { item, act -> [Line] in
            var lines = [
                Line(
                    DisplayWidth.cut(
                        TerminalText.line("\(item.number)  \(item.actor.name)"),
                        to: context.width), .bold)
            ]
            lines += labelled("Read", "\(act.compartment.name) of resident \(act.resident.short)")
            lines += labelled("From", context.time(act.from))
            lines += labelled("Until", context.time(act.until))
            lines += labelled("Reason", act.reason)
            if let review = act.review {
                lines += labelled(
                    "Reviewed", "\(context.time(review.time)) by \(review.by.name)")
                lines += labelled("Found", review.finding)
            } else {
                lines += labelled(
                    "Reviewed", "! by nobody: 'kith audit review \(item.number) --finding TEXT'")
            }
            return lines + [""]
        }.dropLast()
    }

    private func labelled(_ label: String, _ text: String) -> [Line] {
        Labelled(label, indent: 2, labelWidth: 10).lines(text, width: context.width)
    }

    static let header = [
        "number", "login", "name", "role", "channel", "compartment", "resident", "reason", "from",
        "until", "reviewed", "reviewer", "finding",
    ]

    /// The cells of one act, under `header`.
    func cells(_ item: AuditItem) -> [String] {
        let (act, review) = (item.breakGlass, item.breakGlass?.review)
        return [
            String(item.number), item.actor.user, item.actor.name, item.actor.role,
            item.channel.rawValue, act?.compartment.name ?? "", act?.resident.description ?? "",
            act?.reason ?? "", act?.from.rfc3339 ?? "", act?.until.rfc3339 ?? "",
            review?.time.rfc3339 ?? "", review?.by.name ?? "", review?.finding ?? "",
        ]
    }
}
