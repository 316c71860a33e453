import Foundation
package import KithModel
import KithProtocol
package import KithStore
import KithTrust

/// Turns what a person typed into parts to write: checks it against the vocabulary, and lets each
/// operation supersede exactly what that person had seen (D7).
package struct EditPlanner {
    let transaction: StoreTransaction
    let entry: FieldEntry
    let author: Author
    let site: SiteID
    /// The records that were planned for, in order.
    package private(set) var records: [RecordID] = []

    private struct Planned {
        let partnership: PartnershipID
        let compartment: Compartment
        let entryClass: EntryClass
        var part: DraftPart
    }

    private var planned: [Planned] = []
    /// What ties the entries of one act together, once some of them are written.
    private var group: Data?

    /// Plans in a transaction that `commit` writes in.
    package init(transaction: StoreTransaction, entry: FieldEntry, author: Author, site: SiteID) {
        self.transaction = transaction
        self.entry = entry
        self.author = author
        self.site = site
    }

    /// Plans one edit; throws before anything is written.
    package mutating func plan(_ edit: RecordEdit, in partnership: PartnershipID?) throws {
        switch edit.target {
        case .new(let kind, _, let parent):
            try planNew(edit, kind: kind, parent: parent, in: partnership)
        case .existing(let reference, let kind, let partnership):
            let record = try existing(
                reference, kinds: kind.map { [$0] } ?? [], in: partnership)
            try planChange(edit, of: record)
        }
    }

    /// The classes of the entries that were planned, the greatest last. What somebody wrote as more
    /// than a comment is not settled by a comment.
    package var entryClasses: [EntryClass] { planned.map(\.entryClass).sorted() }

    /// Plans one edit after those that came before it, some of whose new records it may name
    /// (`RecordEdit.made`). Those are written first: what it builds upon is looked up like anything
    /// else. All of it is one transaction.
    package mutating func plan(
        _ edit: RecordEdit, in partnership: PartnershipID?, now: Instant
    ) throws {
        let named = naming(edit)
        if named.isNaming, !planned.isEmpty { try write(group: tie(), now: now) }
        try plan(named.edit, in: partnership)
    }

    /// Writes everything that was planned: an entry for each compartment and class, tied together.
    package mutating func commit(now: Instant) throws {
        try write(group: group ?? (planned.count > 1 ? tie() : Data()), now: now)
    }

    private mutating func tie() -> Data {
        let tie = group ?? transaction.cryptography.randomBytes(16)
        group = tie
        return tie
    }

    private mutating func write(group: Data, now: Instant) throws {
        struct Key: Hashable {
            let partnership: PartnershipID
            let compartment: Compartment
            let entryClass: EntryClass
        }
        var order: [Key] = []
        var parts: [Key: [DraftPart]] = [:]
        for item in planned {
            let key = Key(
                partnership: item.partnership, compartment: item.compartment,
                entryClass: item.entryClass)
            if parts[key] == nil { order.append(key) }
            var part = item.part
            part.skeleton.group = group
            parts[key, default: []].append(part)
        }
        for key in order {
            try transaction.author(
                parts[key] ?? [], class: key.entryClass, in: key.compartment, of: key.partnership,
                now: now)
        }
        planned = []
    }

    // MARK: New records

    private mutating func planNew(
        _ edit: RecordEdit, kind name: String, parent reference: String?,
        in partnership: PartnershipID?
    ) throws {
        guard let kind = Vocabulary.kind(named: name) else {
            throw SiteError(.invalid, "there is no kind of record called '\(name)'")
        }
        var values = try self.values(edit.values, of: kind)
        var home = partnership
        var id = transaction.cryptography.newRecordID()
        if !kind.parents.isEmpty {
            guard let reference else {
                throw SiteError(
                    .invalid,
                    "\(kind.label) belongs to \(kind.parents.joined(separator: " or ")); say to which"
                )
            }
            let parent = try existing(reference, kinds: kind.parents)
            try checkTakesParts(parent)
            home = parent.partnership
            if kind.isSingleton { id = RecordID(singleton: kind.name, of: parent.id) }
            if let field = kind.field(named: "parent") {
                values.append((field, .reference(parent.id)))
            }
        }
        guard let home else {
            throw SiteError(.invalid, "say which partnership with --partnership")
        }
        if kind.isSingleton,
            try transaction.recordRow(id, kind: kind.number, in: home, kind.compartment) != nil
        {
            throw SiteError(
                .refused,
                "there is a \(kind.label) already; change it with 'kith record set \(id.short) …' after reading it"
            )
        }
        for field in kind.fields where field.isRequired {
            guard values.contains(where: { $0.0.number == field.number && $0.1 != .cleared })
            else {
                throw SiteError(.invalid, "a new \(kind.label.lowercased()) needs \(field.name)")
            }
        }
        try checkReferences(values, in: home)
        let operations = values.filter { $0.1 != .cleared }.map {
            ($0.0, $0.1, [OperationID]())
        }
        try add(
            edit, id: id, kind: kind, in: home, operations: operations,
            change: edit.change ?? .create)
    }

    // MARK: Changes

    private mutating func planChange(_ edit: RecordEdit, of record: StoredRecord) throws {
        guard let kind = Vocabulary.kind(record.kind), kind.compartment == record.compartment else {
            throw SiteError(
                .version, "that record was made by a newer version of Kith; upgrade to change it")
        }
        try checkIsLive(record, kind, for: edit)
        let version = try transaction.version()
        guard edit.seen.map({ (0...version).contains($0) }) ?? true else {
            throw SiteError(
                .invalid,
                "--seen \(edit.seen ?? 0) is not a version of this site (it is at \(version)); take it from 'show --json'"
            )
        }
        var operations: [(FieldDefinition, FieldValue, [OperationID])] = []
        let values = try values(edit.values, of: kind)
        try checkReferences(values, in: record.partnership)
        for (field, value) in values {
            let live = record.operations.filter { $0.field == field.number }
            if field.policy == .safetyCritical, !live.isEmpty, edit.seen == nil {
                throw SiteError(
                    .refused,
                    "\(field.name) is safety-critical and has a value; read it with 'show --json' and pass its version with --seen"
                )
            }
            // What stands is not said again, but for a word of a removed author: saying it clears it.
            if live.count == 1, live[0].isEffective, live[0].value == value.encoded(),
                !edit.isAttested
            {
                continue
            }
            if live.isEmpty, value == .cleared { continue }
            if kind.isAppendOnly, !live.isEmpty, field.name != "archived" {
                throw SiteError(
                    .refused,
                    "\(field.name) of a \(kind.label.lowercased()) stays as it was written; archive it with a reason and add another"
                )
            }
            if field.name == "parent" {
                throw SiteError(.refused, "a record stays part of what it was made for")
            }
            operations.append(
                (
                    field, value,
                    try transaction.candidates(
                        ofField: field.number, record: record.row, asOf: edit.seen ?? version)
                ))
        }
        if operations.isEmpty {
            records.append(record.id)
            return
        }
        try add(
            edit, id: record.id, kind: kind, in: record.partnership, operations: operations,
            change: edit.change ?? (edit.isAttested ? .attest : .amend))
    }

    /// Plans the decision of a conflict: one operation that supersedes the candidates that were seen.
    package mutating func planDecision(
        of field: FieldDefinition, record: StoredRecord, kind: RecordKind, value: FieldValue,
        superseding seen: [OperationID], edit: RecordEdit
    ) throws {
        try add(
            edit, id: record.id, kind: kind, in: record.partnership,
            operations: [(field, value, seen)], change: .resolve)
    }

    /// Plans a part as it is.
    mutating func plan(
        _ part: DraftPart, class entryClass: EntryClass, in compartment: Compartment,
        of partnership: PartnershipID
    ) throws {
        if entryClass == .decision { try checkMayAttest(in: partnership) }
        planned.append(
            Planned(
                partnership: partnership, compartment: compartment, entryClass: entryClass,
                part: part))
    }

    private mutating func add(
        _ edit: RecordEdit, id: RecordID, kind: RecordKind, in partnership: PartnershipID,
        operations: [(FieldDefinition, FieldValue, [OperationID])], change: ChangeType
    ) throws {
        if edit.isAttested { try checkMayAttest(in: partnership) }
        let seen = try operations.flatMap(\.2).compactMap(transaction.entryClass).max()
        records.append(id)
        planned.append(
            Planned(
                partnership: partnership, compartment: kind.compartment,
                entryClass: edit.isAttested
                    ? .decision : max(kind.entryClass, min(seen ?? .comment, .record)),
                part: DraftPart(
                    skeleton: Skeleton(
                        record: id, kind: kind.number,
                        operations: operations.map {
                            KithProtocol.Operation(field: $0.0.number, supersedes: $0.2)
                        },
                        change: change, committer: author.person,
                        performer: edit.performer?.person, event: try event(edit.event),
                        group: Data()),
                    values: operations.map(\.1), reason: edit.reason ?? "")))
    }

    /// Refuses an attestation by a site that may not attest, and says who may.
    func checkMayAttest(in partnership: PartnershipID) throws {
        if try transaction.grant(of: site, in: partnership)?.mayAttest == true { return }
        let able =
            try transaction.partnerships().first { $0.id == partnership }?.members
            .filter(\.grant.mayAttest).map(\.profile.name) ?? []
        throw SiteError(
            .refused,
            "this site may not sign clinical decisions in this partnership; ask "
                + (able.isEmpty ? "a steward to grant it" : able.joined(separator: " or ")))
    }

    // MARK: Reading what was typed

    /// The records that a reference may mean: one at least.
    private func matches(
        _ reference: String, kinds: [String], in partnership: PartnershipID? = nil
    ) throws -> [StoredRecord] {
        let numbers = kinds.compactMap { Vocabulary.kind(named: $0)?.number }
        let found = try RecordReference(reference).matches(
            in: transaction, partnership: partnership
        ).filter {
            numbers.isEmpty || numbers.contains($0.kind)
        }
        let what = kinds.isEmpty ? "record" : kinds.joined(separator: " or ")
        guard !found.isEmpty else {
            throw SiteError(
                .notFound,
                "there is no \(what) with an id that begins with \(ShownText(line: String(reference.prefix(40))).text); use an id from a list"
            )
        }
        return found
    }

    /// The only record that a reference may mean.
    private func existing(
        _ reference: String, kinds: [String] = [], in partnership: PartnershipID? = nil
    ) throws -> StoredRecord {
        let found = try matches(reference, kinds: kinds, in: partnership)
        guard found.count == 1 else {
            let names = RecordReference.apart(Array(found.prefix(4)))
            throw SiteError(
                .ambiguous,
                names.map {
                    "\(found.count) records have that id, as members drew it twice; say which: \($0.map { "'\($0)'" }.joined(separator: ", "))"
                } ?? "several ids begin so; give more of the id")
        }
        return found[0]
    }

    /// The values of assignments; the parts of an atomic group are gathered into one value.
    func values(
        _ assignments: [RecordEdit.Assignment], of kind: RecordKind
    ) throws -> [(FieldDefinition, FieldValue)] {
        var groups: [String: [(member: String, text: String)]] = [:]
        var values: [(FieldDefinition, FieldValue)] = []
        for assignment in assignments {
            let parts = assignment.field.split(separator: ".", maxSplits: 1).map(String.init)
            guard let first = parts.first, let field = kind.field(named: first),
                field.name != "parent"
            else {
                let names = kind.fields.map(\.name).filter { $0 != "parent" && $0 != "source" }
                throw SiteError(
                    .invalid,
                    "\(kind.label) has no field \(ShownText(line: String(assignment.field.prefix(40))).text); it has \(names.joined(separator: ", "))"
                )
            }
            if parts.count == 2 {
                groups[first, default: []].append((parts[1], assignment.text))
                continue
            }
            guard !values.contains(where: { $0.0.number == field.number }) else {
                throw SiteError(.invalid, "\(field.name) is given twice; give it once")
            }
            if case .group = field.type, assignment.text.isEmpty {
                values.append((field, .cleared))
            } else {
                values.append((field, try entry.value(of: field, from: assignment.text)))
            }
        }
        for (name, members) in groups.sorted(by: { $0.key < $1.key }) {
            guard let field = kind.field(named: name) else { continue }
            values.append((field, try entry.group(field, from: members)))
        }
        for (field, value) in values {
            guard case .reference(let target) = value, case .reference(let kinds) = field.type
            else { continue }
            _ = try matches(target.description, kinds: kinds)
        }
        return values
    }

    private func event(_ text: String?) throws -> FieldValue? {
        guard let text else { return nil }
        if let date = PartialDate(text) { return .date(date) }
        return try entry.value(of: Self.eventField, from: text)
    }

    private static let eventField: FieldDefinition = {
        guard let field = Vocabulary.kind(named: "interaction")?.field(named: "when") else {
            preconditionFailure("the vocabulary has no time of an interaction")
        }
        return field
    }()
}
