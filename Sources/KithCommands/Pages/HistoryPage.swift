import KithModel
import KithSite

/// The story of a record: when, who, which field, what, and whether it still stands.
struct HistoryPage {
    private let context: CommandContext
    private let fields: FieldLines

    init(_ context: CommandContext) {
        self.context = context
        fields = FieldLines(context)
    }

    /// A paragraph for each entry, oldest first; what was said together stands together.
    func lines(_ items: [HistoryItem]) -> [Line] {
        var lines: [Line] = []
        var last: EntryHash?
        for item in items {
            if item.provenance.entry != last {
                if last != nil { lines.append("") }
                lines += heading(item.provenance)
                last = item.provenance.entry
            }
            let mark = item.isCandidate ? "stands" : "replaced"
            let replaced =
                item.superseded > 0
                ? " (in place of \(Amount.count(item.superseded, "value", "values")))" : ""
            lines += Labelled(item.label, indent: 2, labelWidth: FieldLines.labelWidth)
                .lines("\(item.words)\(replaced) [\(mark)]", width: context.width)
        }
        return lines
    }

    private func heading(_ provenance: ProvenanceView) -> [Line] {
        let verb = provenance.change?.past ?? "wrote"
        let performer = provenance.performer.map { " for \(FieldLines.person($0))" } ?? ""
        let decision = provenance.entryClass == .decision ? " as a clinical decision" : ""
        let text =
            "\(context.time(provenance.recorded))  \(FieldLines.person(provenance.committer))"
            + "\(performer), \(provenance.siteName): \(verb)\(decision)"
        var lines = Wrapping.lines(TerminalText.line(text), width: context.width).map {
            Line($0, .bold)
        }
        var notes: [String] = []
        if let event = provenance.event { notes.append("happened \(fields.event(event))") }
        if let carried = provenance.carried {
            notes.append("\(FieldLines.carried(carried)), \(context.time(carried.time))")
        }
        // A clock that was wrong, or a site that was away, shows as a gap between the two times.
        if abs(provenance.received.milliseconds - provenance.recorded.milliseconds) > 60_000 {
            notes.append("came here \(context.time(provenance.received))")
        }
        if let reason = provenance.reason { notes.append("reason: \(reason)") }
        if !notes.isEmpty {
            lines += Wrapping.lines(notes.joined(separator: "; "), width: context.width - 2)
                .map { Line("  ") + Line($0, .dim) }
        }
        return lines
    }
}
