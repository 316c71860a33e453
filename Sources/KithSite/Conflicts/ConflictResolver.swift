import Foundation
import KithModel
import KithProtocol
import KithStore

/// Decides one conflict by ordinary entries, which supersede what whoever decided had seen (D14).
struct ConflictResolver {
    let transaction: StoreTransaction
    let entry: FieldEntry
    let author: Author
    let site: SiteID
    let now: Instant

    /// What a decision says, before it is written.
    private struct Plan {
        var stands: [String]
        var replaces: [String] = []
        /// Whether something that was not seen stays undecided.
        var leavesOpen = false
    }

    /// Decides it, or says what would come of that.
    func resolve(_ resolution: Resolution) throws -> ResolutionOutcome {
        let reason = try Self.reason(resolution.reason)
        let listed = try ConflictSearch(transaction: transaction, entry: entry).find(
            resolution.conflict)
        try check(resolution, listed)
        var planner = EditPlanner(
            transaction: transaction, entry: entry, author: author, site: site)
        let edit = RecordEdit(
            target: .existing(listed.view.record?.description ?? ""), values: [],
            seen: resolution.seen, change: .resolve, reason: reason,
            performer: resolution.performer, isAttested: resolution.isAttested)
        let plan = try plan(resolution, listed, edit, &planner)
        var outcome = ResolutionOutcome(
            conflict: listed.view.id, about: Self.about(listed.view), stands: plan.stands,
            replaces: plan.replaces, isOpen: plan.leavesOpen, record: listed.view.record)
        guard !resolution.isPreview else { return outcome }
        try planner.commit(now: now)
        outcome.rest = try ConflictSearch(transaction: transaction, entry: entry).open(
            listed.view.id)
        outcome.isOpen = outcome.rest != nil
        return outcome
    }

    /// A reason as it is kept.
    static func reason(_ source: String) throws -> String {
        let reason = source.precomposedStringWithCanonicalMapping
            .trimmingCharacters(in: .whitespacesAndNewlines)
        guard !reason.isEmpty, reason.unicodeScalars.count <= 2000 else {
            throw SiteError(.invalid, "say why with --reason, in 1 to 2000 characters")
        }
        return reason
    }

    /// What a conflict is about, in one line.
    static func about(_ view: ConflictView) -> String {
        [view.about, view.title, view.resident == view.title ? nil : view.resident]
            .compactMap(\.self).filter { !$0.isEmpty }.joined(separator: ", ")
    }

    private func check(_ resolution: Resolution, _ listed: ConflictLister.Listed) throws {
        let version = try transaction.version()
        guard (0...version).contains(resolution.seen) else {
            throw SiteError(
                .invalid,
                "--seen \(resolution.seen) is not a version of this site; take it from 'kith conflict show'"
            )
        }
        if listed.isPutAway, listed.found.kind != .archivedAndEdited {
            throw SiteError(
                .refused,
                "that record is archived; bring it back first with 'kith record set \(listed.view.record?.short ?? "ID") archived=no --seen \(version)'"
            )
        }
        if listed.view.needsAttestation, !resolution.isAttested {
            let able = try ConflictLister(transaction, entry: entry).attesters(
                in: listed.found.key.partnership)
            throw SiteError(
                .refused,
                "only a clinical decision settles a \(Vocabulary.kind(named: listed.view.recordKind)?.label ?? "decision"), written at \(able.isEmpty ? "a site that may attest" : able.joined(separator: " or ")) with --attest, and --performer and --performer-role for the clinician; 'kith conflict assign' passes it on"
            )
        }
    }

    private func plan(
        _ resolution: Resolution, _ listed: ConflictLister.Listed, _ edit: RecordEdit,
        _ planner: inout EditPlanner
    ) throws -> Plan {
        let found = listed.found
        if found.kind.isOfField { return try planField(resolution, listed, edit, &planner) }
        if case .value(let assignments) = resolution.choice {
            return try planChange(assignments, resolution, listed, edit, &planner)
        }
        let option = try option(resolution.choice, of: listed)
        switch found.kind {
        case .archivedAndEdited:
            return try planArchived(option, resolution, listed, edit, &planner)
        case .duplicateResident:
            return try planSamePerson(option, resolution, listed, edit, &planner)
        default:
            let members = found.members(asOf: resolution.seen)
            guard !members.isEmpty else { throw notThere(resolution) }
            try planOutcome(
                .kept(Set(members.compactMap(\.record))), listed, edit, seen: resolution.seen,
                &planner)
            return Plan(
                stands: [option.words], leavesOpen: members.count < found.members.count)
        }
    }

    private func option(
        _ choice: Resolution.Choice, of listed: ConflictLister.Listed
    ) throws -> ConflictOption {
        let options = ConflictDetailer.options(listed.found.kind)
        let match = options.first { option in
            switch choice {
            case .pick(let number): option.number == number
            case .word(let word): option.word == word
            case .value: false
            }
        }
        guard let match else {
            let words = options.map { "\($0.number) or '\($0.word)': \($0.words.lowercased())" }
            throw SiteError(
                .invalid, "choose one of what can be chosen: \(words.joined(separator: "; "))")
        }
        return match
    }

    private func notThere(_ resolution: Resolution) -> SiteError {
        SiteError(
            .invalid,
            "at version \(resolution.seen) there was nothing to decide there; read 'kith conflict show \(ShownText(line: String(resolution.conflict.prefix(60))).text)' again"
        )
    }

    // MARK: A field

    private func planField(
        _ resolution: Resolution, _ listed: ConflictLister.Listed, _ edit: RecordEdit,
        _ planner: inout EditPlanner
    ) throws -> Plan {
        guard let row = listed.found.row, let number = listed.found.key.field,
            let record = try transaction.records(RecordSelection(row: row)).first,
            let kind = Vocabulary.kind(record.kind), let field = kind.field(number)
        else {
            throw SiteError(
                .version, "this conflict needs a newer version of Kith; update Kith to decide it")
        }
        let presenter = try RecordPresenter(transaction, entry: entry)
        let seen = try transaction.candidates(
            ofField: number, record: row, asOf: resolution.seen)
        let operations = try transaction.history(ofRecord: row).filter { seen.contains($0.id) }
        let candidates = presenter.candidates(operations, of: field, in: record.partnership)
        let value = try value(
            resolution, of: field, kind: kind, candidates: candidates.map(\.view), planner)
        let entryClass: EntryClass = resolution.isAttested ? .decision : .record
        let left = record.operations.filter {
            $0.field == number && (!seen.contains($0.id) || $0.act.entryClass > entryClass)
                && $0.value != value.encoded()
        }
        try planner.planDecision(
            of: field, record: record, kind: kind, value: value, superseding: seen, edit: edit)
        if try ConflictCases(transaction)[listed.found.key].outcomes.contains(.reopened) {
            try plan(outcome: .cleared, listed, edit, seen: resolution.seen, &planner)
        }
        let words = entry.words(for: value, of: field)
        return Plan(
            stands: [words], replaces: candidates.map(\.view.words).filter { $0 != words },
            leavesOpen: !left.isEmpty)
    }

    /// The value that is to stand.
    private func value(
        _ resolution: Resolution, of field: FieldDefinition, kind: RecordKind,
        candidates: [CandidateView], _ planner: EditPlanner
    ) throws -> FieldValue {
        switch resolution.choice {
        case .pick(let number):
            guard let candidate = candidates.first(where: { $0.number == number }) else {
                throw SiteError(
                    .invalid,
                    "there is no candidate \(number) at version \(resolution.seen); see 'kith conflict show \(resolution.conflict)'"
                )
            }
            guard let value = candidate.value else {
                throw SiteError(
                    .refused, "candidate \(number) cannot be read here; give the value instead")
            }
            return value
        case .word(let word):
            throw SiteError(
                .invalid,
                "--pick takes the number of a value here, not '\(ShownText(line: String(word.prefix(40))).text)'"
            )
        case .value(let assignments):
            let values = try planner.values(assignments, of: kind)
            guard let only = values.first, values.count == 1, only.0.number == field.number else {
                throw SiteError(.invalid, "give the value of \(field.name), and of nothing else")
            }
            return only.1
        }
    }

    // MARK: Between records

    private func planArchived(
        _ option: ConflictOption, _ resolution: Resolution, _ listed: ConflictLister.Listed,
        _ edit: RecordEdit, _ planner: inout EditPlanner
    ) throws -> Plan {
        guard let row = listed.found.row,
            let record = try transaction.records(RecordSelection(row: row)).first,
            let kind = Vocabulary.kind(record.kind),
            let field = kind.field(TitleBook.archivedField)
        else { throw notThere(resolution) }
        // An entry knows all that is here, read or not: what came since would be settled unseen.
        let late = listed.found.members.count - listed.found.members(asOf: resolution.seen).count
        guard late == 0 else {
            throw SiteError(
                .refused,
                "\(late) more \(late == 1 ? "change" : "changes") came since version \(resolution.seen); read 'kith conflict show \(listed.view.id)' again"
            )
        }
        try planner.planDecision(
            of: field, record: record, kind: kind, value: .boolean(option.number == 1),
            superseding: try transaction.candidates(
                ofField: field.number, record: row, asOf: resolution.seen), edit: edit)
        return Plan(stands: [option.words])
    }

    private func planSamePerson(
        _ option: ConflictOption, _ resolution: Resolution, _ listed: ConflictLister.Listed,
        _ edit: RecordEdit, _ planner: inout EditPlanner
    ) throws -> Plan {
        guard let pair = SamePerson.Pair(listed.found.key),
            let place = FieldPlace(SamePerson.kind, SamePerson.verdict),
            listed.found.members(asOf: resolution.seen).count == 2
        else { throw notThere(resolution) }
        let said = try SamePerson(transaction).said(pair)
        let verdict = try entry.value(of: place.field, from: option.word)
        var replaced: [String] = []
        for row in said.rows {
            guard let record = try transaction.records(RecordSelection(row: row)).first else {
                continue
            }
            replaced += record.operations.filter { $0.field == place.field.number }.compactMap {
                $0.value.flatMap { try? FieldValue(decoding: $0) }
            }.map { entry.words(for: $0, of: place.field) }
            var values = [(place.field.number, verdict)]
            if record.operations.contains(where: { $0.field == TitleBook.archivedField }) {
                values.append((TitleBook.archivedField, .boolean(false)))
            }
            try planner.plan(
                part(
                    edit, of: record.id, kind: place.kind, row: row, values, seen: resolution.seen),
                class: .record, in: place.kind.compartment, of: pair.partnership)
        }
        if said.rows.isEmpty {
            let id = RecordID(
                conflict: "\(SamePerson.kind) \(pair.high)", about: pair.low, in: pair.partnership)
            guard let other = place.kind.field(named: SamePerson.other)?.number else {
                throw notThere(resolution)
            }
            try planner.plan(
                part(
                    edit, of: id, kind: place.kind, row: nil,
                    [
                        (Self.parentField, .reference(pair.low)), (other, .reference(pair.high)),
                        (place.field.number, verdict),
                    ], seen: resolution.seen), class: .record, in: place.kind.compartment,
                of: pair.partnership)
        }
        let words = entry.words(for: verdict, of: place.field)
        return Plan(stands: [words], replaces: replaced.filter { $0 != words })
    }

    /// Changes one field of one of the records, and notes that this was the decision.
    private func planChange(
        _ assignments: [RecordEdit.Assignment], _ resolution: Resolution,
        _ listed: ConflictLister.Listed, _ edit: RecordEdit, _ planner: inout EditPlanner
    ) throws -> Plan {
        let members = listed.found.members(asOf: resolution.seen)
        guard [.occupancy, .activePlans, .noneKnown].contains(listed.found.kind) else {
            throw SiteError(
                .invalid, "this one takes no value; pick one of what 'kith conflict show' offers")
        }
        let halves = assignments.map { $0.field.split(separator: ".", maxSplits: 1) }
        guard let number = halves.first?.first.flatMap({ Int($0) }),
            members.indices.contains(number - 1),
            halves.allSatisfy({ $0.count == 2 && $0[0] == halves[0][0] }),
            let row = members[number - 1].row,
            let record = try transaction.records(RecordSelection(row: row)).first,
            let kind = Vocabulary.kind(record.kind)
        else {
            throw SiteError(
                .invalid,
                "give what changes in one of the \(members.count) records, for example --value 2.\(Self.example(listed.found.kind))"
            )
        }
        var change = edit
        change.target = .existing(record.id.description)
        change.values = zip(assignments, halves).map {
            RecordEdit.Assignment(String($1[1]), $0.text)
        }
        let values = try planner.values(change.values, of: kind)
        guard let only = values.first, values.count == 1 else {
            throw SiteError(.invalid, "change one field at a time; the rest with 'kith record set'")
        }
        guard
            record.operations.filter({ $0.field == only.0.number }).map(\.value)
                != [only.1.encoded()]
        else { throw SiteError(.invalid, "\(only.0.name) says that already; nothing to decide") }
        try planner.plan(change, in: nil)
        try planOutcome(
            .changed(
                record: record.id, field: only.0.number,
                among: Set(members.compactMap(\.record))), listed, edit, seen: resolution.seen,
            &planner)
        return Plan(
            stands: [
                "\(kind.label) \(record.id.short): \(only.0.label): \(entry.words(for: only.1, of: only.0))"
            ])
    }

    private static func example(_ kind: ConflictKind) -> String {
        switch kind {
        case .occupancy: "end=2026-11-20"
        case .noneKnown: "verification=refuted"
        default: "status=completed"
        }
    }

    static let parentField: UInt32 = 2

    /// Notes in the conflict's own record how it was decided.
    private func planOutcome(
        _ outcome: ConflictCases.Outcome, _ listed: ConflictLister.Listed, _ edit: RecordEdit,
        seen: Int64, _ planner: inout EditPlanner
    ) throws {
        try plan(outcome: .text(outcome.text), listed, edit, seen: seen, &planner)
    }

    private func plan(
        outcome: FieldValue, _ listed: ConflictLister.Listed, _ edit: RecordEdit, seen: Int64,
        _ planner: inout EditPlanner
    ) throws {
        try CaseWriter(transaction: transaction).plan(
            [(ConflictCases.outcomeField, outcome)], of: listed.found.key, edit: edit, by: author,
            class: .record, seen: seen, &planner)
    }

    /// A part that sets fields of a record, superseding what was seen in them.
    private func part(
        _ edit: RecordEdit, of record: RecordID, kind: RecordKind, row: Int64?,
        _ values: [(UInt32, FieldValue)], seen: Int64
    ) throws -> DraftPart {
        DraftPart(
            skeleton: Skeleton(
                record: record, kind: kind.number,
                operations: try values.map { number, _ in
                    KithProtocol.Operation(
                        field: number,
                        supersedes: try row.map {
                            try transaction.candidates(ofField: number, record: $0, asOf: seen)
                        } ?? [])
                }, change: .resolve, committer: author.person,
                performer: edit.performer?.person, event: nil, group: Data()),
            values: values.map(\.1), reason: edit.reason ?? "")
    }
}
