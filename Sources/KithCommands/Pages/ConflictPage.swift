import KithModel
import KithSite

/// Conflicts as people read them before they decide.
struct ConflictPage {
    private let context: CommandContext
    private let fields: FieldLines

    init(_ context: CommandContext) {
        self.context = context
        fields = FieldLines(context)
    }

    /// A row for each conflict.
    func list(_ conflicts: [ConflictView]) -> [Line] {
        var table = Table([
            .init("", fixed: true), .init("Conflict", fixed: true), .init("About"),
            .init("Field"), .init("Values", number: true), .init("Opened", fixed: true),
        ])
        for conflict in conflicts {
            let isCritical = conflict.severity == .safetyCritical
            let about = [conflict.resident, conflict.title].compactMap(\.self)
                .filter { !$0.isEmpty }
            table.add(
                [
                    isCritical ? "!!" : "", conflict.id,
                    (about.first == about.last ? Array(about.prefix(1)) : about)
                        .joined(separator: ": "),
                    conflict.field.label, String(conflict.field.candidates.count),
                    Amount.age(of: conflict.opened, at: context.console.now()),
                ], isCritical ? .alarm : .plain)
        }
        let critical = conflicts.count { $0.severity == .safetyCritical }
        let legend = critical > 0 ? " (\(critical) safety-critical, marked !!)" : ""
        return table.lines(width: context.width) + [
            Line("\(Amount.count(conflicts.count, "conflict", "conflicts"))\(legend);"),
            "'kith conflict show ID' shows the values and how to decide.",
        ]
    }

    /// Every value, numbered, with everything that helps to decide.
    func lines(_ conflict: ConflictView) -> [Line] {
        let isCritical = conflict.severity == .safetyCritical
        let now = context.console.now()
        var lines = Wrapping.lines(
            TerminalText.line(
                (isCritical ? "!! SAFETY-CRITICAL CONFLICT " : "Conflict ") + conflict.id),
            width: context.width
        ).map { Line($0, isCritical ? .alarm : .bold) }
        if let resident = conflict.resident { lines += labelled("Resident", resident) }
        let kind = Vocabulary.kind(named: conflict.recordKind)?.label ?? conflict.recordKind
        lines += labelled(kind, conflict.title.isEmpty ? conflict.record.short : conflict.title)
        lines += labelled("Field", conflict.field.label)
        lines += labelled("Partnership", conflict.partnership)
        lines += labelled(
            "Open since",
            "\(context.time(conflict.opened)) (\(Amount.age(of: conflict.opened, at: now)))")
        lines += labelled("Version", String(conflict.version))
        let definition = Vocabulary.kind(named: conflict.recordKind)?
            .field(named: conflict.field.name)
        for candidate in conflict.field.candidates {
            lines.append("")
            lines += Labelled("\(candidate.number))", indent: 0, labelWidth: 4, look: .bold)
                .lines(fields.words(for: candidate, field: definition), width: context.width)
            lines += candidate.provenance.flatMap(origin)
        }
        return lines + [""]
    }

    /// The exact commands that would decide it.
    func commands(_ conflict: ConflictView) -> [Line] {
        var lines: [Line] = [
            "To let a value stand (N is its number; --value FIELD=VALUE sets another):",
            "  kith conflict resolve \(conflict.id) \\",
            "    --pick N --seen \(conflict.version) --reason 'WHY'"
                + (conflict.needsAttestation ? " \\" : ""),
        ]
        if conflict.needsAttestation {
            lines += [
                "    --attest --performer 'CLINICIAN' --performer-role 'ROLE'",
                "Only a clinical decision, by a member that may attest, settles this one.",
            ]
        }
        return lines
    }

    private func origin(_ provenance: ProvenanceView) -> [Line] {
        var rows: [(String, String)] = []
        if let performer = provenance.performer {
            rows.append(("decided by", FieldLines.person(performer)))
        }
        rows.append(("written by", FieldLines.person(provenance.committer)))
        rows.append(("at", "\(provenance.siteName) (\(provenance.site.short))"))
        rows.append(("as", provenance.entryClass == .decision ? "clinical decision" : "record"))
        if let event = provenance.event { rows.append(("happened", fields.event(event))) }
        rows.append(("recorded", context.time(provenance.recorded)))
        rows.append(("came here", context.time(provenance.received)))
        if let reason = provenance.reason { rows.append(("reason", reason)) }
        return rows.flatMap {
            Labelled($0.0, indent: 4, labelWidth: 12).lines($0.1, width: context.width)
        }
    }

    private func labelled(_ label: String, _ text: String) -> [Line] {
        Labelled(label, indent: 0, labelWidth: 16).lines(text, width: context.width)
    }
}
