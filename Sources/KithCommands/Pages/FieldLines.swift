import KithModel
import KithSite

/// One field as people read it: its value or values, who said so and when, or why there is none.
struct FieldLines {
    /// Columns of labels.
    static let labelWidth = 24

    private let context: CommandContext

    init(_ context: CommandContext) {
        self.context = context
    }

    /// The lines of a field of a kind, by the rule of its policy. Who said it is left out where it
    /// was said in the entry `common`, which the caller names once for all; never in a conflict.
    func lines(
        for field: FieldView, of kind: String, indent: Int, common: EntryHash? = nil
    ) -> [Line] {
        let definition = Vocabulary.kind(named: kind)?.field(named: field.name)
        guard let first = field.candidates.first else {
            let words = field.absence?.words ?? Absence.notRecorded.words
            return Labelled(field.label, indent: indent, labelWidth: Self.labelWidth)
                .lines("(\(words))", width: context.width)
        }
        if field.isConflict, field.policy == .safetyCritical {
            return undecided(field, definition: definition, indent: indent)
        }
        var lines = Labelled(field.label, indent: indent, labelWidth: Self.labelWidth)
            .lines(words(for: first, field: definition), width: context.width)
        let isCommon = first.provenance.count == 1 && first.provenance[0].entry == common
        if field.isConflict || !isCommon {
            attach(first.provenance, to: &lines, indent: indent + Self.labelWidth)
        }
        for other in field.candidates.dropFirst() {
            var also = Labelled("", indent: indent, labelWidth: Self.labelWidth)
                .lines(
                    "also written: " + words(for: other, field: definition), width: context.width)
            attach(other.provenance, to: &also, indent: indent + Self.labelWidth)
            lines += also
        }
        return lines
    }

    /// A candidate's value in words, or why it cannot be shown.
    func words(for candidate: CandidateView, field: FieldDefinition?) -> String {
        let removed =
            candidate.isAuthorRemoved ? " (its author was removed from the partnership)" : ""
        guard let value = candidate.value else {
            return "(\(candidate.absence?.words ?? "cannot be shown"))\(removed)"
        }
        // A site may run in another zone than this terminal: times are put into words here.
        if case .instant(let instant) = value { return context.time(instant) + removed }
        return candidate.words + removed
    }

    /// Who said something, and when: `Dr Patel (GP), Elm Practice, 2026-11-22 23:12 GMT`.
    func words(for provenance: ProvenanceView) -> String {
        let committer = Self.person(provenance.committer)
        let who =
            provenance.performer.map { "\(Self.person($0)), typed by \(committer)" } ?? committer
        let signed = provenance.entryClass == .decision ? ", clinical decision" : ""
        return "\(who), \(provenance.siteName), \(context.time(provenance.recorded))\(signed)"
            + (provenance.carried.map { "; \(Self.carried($0))" } ?? "")
    }

    /// From where something was carried over, and by whom.
    static func carried(_ carried: CarriedView) -> String {
        carried.isRecalled
            ? "brought back by \(person(carried.by)), \(carried.siteName)"
            : "carried over from \(carried.partnership) by \(person(carried.by)), \(carried.siteName)"
    }

    /// When something happened, in local time where it is a time.
    func event(_ text: String) -> String {
        Instant(rfc3339: text).map(context.time) ?? text
    }

    /// A person with role and organisation.
    static func person(_ author: Author) -> String {
        let name = author.name.isEmpty ? author.user : author.name
        let details = [author.role, author.organisation].filter { !$0.isEmpty }
        return details.isEmpty ? name : "\(name) (\(details.joined(separator: ", ")))"
    }

    private func undecided(
        _ field: FieldView, definition: FieldDefinition?, indent: Int
    ) -> [Line] {
        let margin = String(repeating: " ", count: indent)
        var lines = Wrapping.lines(
            "!! \(field.label): \(field.candidates.count) values, not yet decided:",
            width: context.width - indent
        ).map { Line(margin) + Line($0, .alarm) }
        for candidate in field.candidates {
            var own = Labelled("\(candidate.number))", indent: indent + 3, labelWidth: 4)
                .lines(words(for: candidate, field: definition), width: context.width)
            attach(candidate.provenance, to: &own, indent: indent + 7)
            lines += own
        }
        return lines
    }

    /// Puts who said it at the right of the last line where there is room, else below.
    private func attach(_ provenance: [ProvenanceView], to lines: inout [Line], indent: Int) {
        for (number, one) in provenance.enumerated() {
            let text = (number == 0 ? "" : "and ") + words(for: one)
            let own = DisplayWidth.of(TerminalText.line(text))
            if number == 0, lines.count == 1, let last = lines.last,
                last.width + 2 + own <= context.width
            {
                let gap = String(repeating: " ", count: context.width - last.width - own)
                lines[0] = last + Line(gap) + Line(text, .dim)
            } else {
                let margin = String(repeating: " ", count: indent)
                lines += Wrapping.lines("— " + text, width: context.width - indent)
                    .map { Line(margin) + Line($0, .dim) }
            }
        }
    }
}
