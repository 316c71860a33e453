import KithModel
import KithSite

/// Conflicts as people read them before they decide. Nothing in it needs colour or columns to be
/// understood: every mark has its word, and what belongs together stands on lines that follow.
struct ConflictPage {
    let context: CommandContext
    let fields: FieldLines

    init(_ context: CommandContext) {
        self.context = context
        fields = FieldLines(context)
    }

    /// A row for each conflict.
    func list(_ conflicts: [ConflictView]) -> [Line] {
        let hasOwners = conflicts.contains { !$0.owners.isEmpty || $0.due != nil }
        var columns: [Table.Column] = [
            .init("", fixed: true), .init("Conflict", fixed: true), .init("About"), .init("What"),
            .init("No.", number: true), .init("Opened", fixed: true),
        ]
        if hasOwners { columns.append(.init("Due, owner")) }
        var table = Table(columns)
        for conflict in conflicts { table.add(row(conflict, hasOwners), look(conflict)) }
        return table.lines(width: context.width) + summary(conflicts)
    }

    private func row(_ conflict: ConflictView, _ hasOwners: Bool) -> [String] {
        let about = [conflict.resident, conflict.title].compactMap(\.self).filter { !$0.isEmpty }
        var cells = [
            conflict.severity == .safetyCritical ? "!!" : "", conflict.id,
            (about.first == about.last ? Array(about.prefix(1)) : about).joined(separator: ": "),
            conflict.about + (conflict.isReopened ? " (again)" : ""),
            String(conflict.values.count),
            Amount.age(of: conflict.opened, at: context.console.now()),
        ]
        if hasOwners { cells.append(owner(conflict)) }
        return cells
    }

    private func owner(_ conflict: ConflictView) -> String {
        // What is cut off at the end of a narrow column should be the least of it.
        let due = conflict.due.map {
            conflict.isOverdue(on: context.day) ? "OVERDUE" : $0.description
        }
        return [due ?? "", conflict.owners.joined(separator: " / ")].filter { !$0.isEmpty }
            .joined(separator: ", ")
    }

    private func look(_ conflict: ConflictView) -> Line.Look {
        conflict.severity == .safetyCritical ? .alarm : .plain
    }

    private func summary(_ conflicts: [ConflictView]) -> [Line] {
        let critical = conflicts.count { $0.severity == .safetyCritical }
        let overdue = conflicts.count { $0.isOverdue(on: context.day) }
        let again = conflicts.count(where: \.isReopened)
        var parts: [String] = []
        if critical > 0 { parts.append("\(critical) safety-critical, marked !!") }
        if overdue > 0 { parts.append("\(overdue) overdue") }
        if again > 0 { parts.append("\(again) decided before, marked (again)") }
        let details = parts.isEmpty ? "" : " (\(parts.joined(separator: "; ")))"
        return Wrapping.lines(
            Amount.count(conflicts.count, "conflict", "conflicts") + details + ";",
            width: context.width
        ).map { Line($0) } + [
            "'kith conflict show ID' tells all; 'kith conflict resolve' goes through them."
        ]
    }

    /// Everything that helps to decide.
    func lines(_ conflict: ConflictView) -> [Line] {
        let isCritical = conflict.severity == .safetyCritical
        let now = context.console.now()
        var lines = Wrapping.lines(
            TerminalText.line(
                (isCritical ? "!! SAFETY-CRITICAL CONFLICT " : "Conflict ") + conflict.id),
            width: context.width
        ).map { Line($0, isCritical ? .alarm : .bold) }
        lines += labelled("Kind", conflict.kind.label)
        if let resident = conflict.resident { lines += labelled("Resident", resident) }
        if !conflict.title.isEmpty, conflict.title != conflict.resident {
            let kind = Vocabulary.kind(named: conflict.recordKind)?.label ?? "Record"
            lines += labelled(conflict.recordKind.isEmpty ? "About" : kind, conflict.title)
        }
        if conflict.kind.isOfField { lines += labelled("Field", conflict.about) }
        lines += labelled("Partnership", conflict.partnership)
        lines += labelled(
            "Open since",
            "\(context.time(conflict.opened)) (\(Amount.age(of: conflict.opened, at: now)))")
        lines += labelled(
            "Owner",
            conflict.owners.isEmpty ? "nobody yet" : conflict.owners.joined(separator: " and "))
        if let due = conflict.due {
            lines += labelled(
                "Decide by", "\(due)\(conflict.isOverdue(on: context.day) ? " (OVERDUE)" : "")")
        }
        lines += labelled("Version", String(conflict.version))
        guard let details = conflict.details else { return lines + [""] }
        return lines + earlier(details) + candidates(conflict, details) + sides(details)
            + ConflictComparison(context).lines(details.comparison) + notes(details)
            + options(details) + [""]
    }

    /// What was decided before, and why it is open all the same.
    private func earlier(_ details: ConflictDetails) -> [Line] {
        guard !details.decisions.isEmpty else { return [] }
        let standing = details.decisions.count(where: \.stands)
        var lines: [Line] = [""]
        let heading =
            switch standing {
            case 0: "Decided before, and taken back or changed since:"
            case 1: "Decided before; what came since, or was not seen then, opens it again:"
            default: "Decided by several people at once, in different ways:"
            }
        lines += Wrapping.lines(heading, width: context.width).map { Line($0, .bold) }
        for decision in details.decisions {
            let replaced =
                decision.replaced.isEmpty
                ? "" : ", in place of \(decision.replaced.joined(separator: " / "))"
            lines += Labelled(decision.stands ? "stands" : "taken back", indent: 2, labelWidth: 12)
                .lines(
                    "\(decision.words)\(replaced) — \(fields.words(for: decision.provenance))"
                        + (decision.provenance.reason.map { "; reason: \($0)" } ?? ""),
                    width: context.width)
        }
        return lines
    }

    private func candidates(_ conflict: ConflictView, _ details: ConflictDetails) -> [Line] {
        guard let field = conflict.field else { return [] }
        let definition = Vocabulary.kind(named: conflict.recordKind)?.field(named: field.name)
        var lines: [Line] = []
        for candidate in field.candidates {
            lines.append("")
            lines += Labelled("\(candidate.number))", indent: 0, labelWidth: 4, look: .bold)
                .lines(fields.words(for: candidate, field: definition), width: context.width)
            lines += candidate.provenance.flatMap(origin)
            if let known = details.knowledge.first(where: { $0.candidate == candidate.number }) {
                lines += knowledge(known)
            }
        }
        return lines
    }

    private func knowledge(_ known: CandidateKnowledge) -> [Line] {
        var rows: [(String, String)] = []
        if !known.replaced.isEmpty {
            rows.append(("replaced", known.replaced.joined(separator: " / ")))
        }
        if !known.leftStanding.isEmpty {
            rows.append(
                ("had at hand", Self.candidates(known.leftStanding) + ", and left standing"))
        }
        if !known.unknown.isEmpty {
            rows.append(("had not seen", Self.candidates(known.unknown)))
        }
        return rows.flatMap {
            Labelled($0.0, indent: 4, labelWidth: 14).lines($0.1, width: context.width)
        }
    }

    private static func candidates(_ numbers: [Int]) -> String {
        let list = numbers.map(String.init)
        guard let last = list.last, list.count > 1 else { return "candidate \(list.first ?? "")" }
        return "candidates \(list.dropLast().joined(separator: ", ")) and \(last)"
    }

    private func origin(_ provenance: ProvenanceView) -> [Line] {
        var rows: [(String, String)] = []
        if let performer = provenance.performer {
            rows.append(("decided by", FieldLines.person(performer)))
        }
        rows.append(("written by", FieldLines.person(provenance.committer)))
        rows.append(("at", "\(provenance.siteName) (\(provenance.site.short))"))
        rows.append(
            (
                "as",
                provenance.entryClass == .decision
                    ? "clinical decision" : provenance.entryClass.name
            ))
        if let event = provenance.event { rows.append(("happened", fields.event(event))) }
        rows.append(("recorded", context.time(provenance.recorded)))
        rows.append(("came here", context.time(provenance.received)))
        if let carried = provenance.carried { rows.append(("then", FieldLines.carried(carried))) }
        if let reason = provenance.reason { rows.append(("reason", reason)) }
        return rows.flatMap {
            Labelled($0.0, indent: 4, labelWidth: 14).lines($0.1, width: context.width)
        }
    }

    private func sides(_ details: ConflictDetails) -> [Line] {
        details.sides.flatMap { side -> [Line] in
            let name = [side.kind, side.title].filter { !$0.isEmpty }.joined(separator: ": ")
            var lines: [Line] = [""]
            lines += Labelled("\(side.number))", indent: 0, labelWidth: 4, look: .bold)
                .lines("\(name) — \(side.why)", width: context.width)
            if let record = side.record {
                lines += Labelled("record", indent: 4, labelWidth: 14)
                    .lines(record.short, width: context.width)
            }
            if let provenance = side.provenance { lines += origin(provenance) }
            var title: String?
            for line in side.lines {
                if let own = line.title, own != title {
                    let kind = Vocabulary.kind(named: line.kind)?.label ?? line.kind
                    lines += Wrapping.lines(
                        TerminalText.line(own == kind ? kind : "\(kind): \(own)"),
                        width: context.width - 4
                    ).map { Line("    ") + Line($0, .bold) }
                    title = own
                }
                lines += fields.lines(
                    for: line.field, of: line.kind, indent: line.title == nil ? 4 : 6)
            }
            return lines
        }
    }

    private func notes(_ details: ConflictDetails) -> [Line] {
        guard !details.notes.isEmpty else { return [] }
        return ["", Line("Notes", .bold)]
            + details.notes.flatMap { note in
                Wrapping.lines(
                    "\(note.text) — \(fields.words(for: note.provenance))",
                    width: context.width - 2
                ).map { Line("  ") + Line($0) }
            }
    }

    private func options(_ details: ConflictDetails) -> [Line] {
        guard !details.options.isEmpty else { return [] }
        return ["", Line("What can be decided", .bold)]
            + details.options.flatMap { option in
                Labelled("\(option.number) or '\(option.word)'", indent: 2, labelWidth: 18)
                    .lines(option.words, width: context.width)
            }
    }

    /// The exact commands that would decide it.
    func commands(_ conflict: ConflictView) -> [Line] {
        let details = conflict.details
        let isMore = conflict.needsAttestation ? " \\" : ""
        var lines: [Line]
        if let options = details?.options, !options.isEmpty {
            let words = options.map(\.word).joined(separator: "|")
            lines = [
                "To decide it:", "  kith conflict resolve \(conflict.id) \\",
                "    --pick \(words) --seen \(conflict.version) --reason 'WHY'\(isMore)",
            ]
            if [.occupancy, .activePlans, .noneKnown].contains(conflict.kind) {
                lines.append("or, instead of --pick, change record N: --value N.FIELD=VALUE")
            }
        } else {
            lines = [
                "To let a value stand (N is its number; --value FIELD=VALUE sets another,",
                "--combine opens an editor):", "  kith conflict resolve \(conflict.id) \\",
                "    --pick N --seen \(conflict.version) --reason 'WHY'\(isMore)",
            ]
        }
        if conflict.needsAttestation {
            let able = details?.attesters.joined(separator: ", ") ?? ""
            lines.append("    --attest --performer 'CLINICIAN' --performer-role 'ROLE'")
            lines += Wrapping.lines(
                TerminalText.line(
                    "Only a clinical decision settles this one"
                        + (able.isEmpty ? "; no member may attest yet." : ", written at: \(able).")),
                width: context.width
            ).map { Line($0) }
        }
        return lines
    }

    private func labelled(_ label: String, _ text: String) -> [Line] {
        Labelled(label, indent: 0, labelWidth: 16).lines(text, width: context.width)
    }
}
