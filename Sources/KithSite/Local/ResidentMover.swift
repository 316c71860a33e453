import Foundation
package import KithModel
import KithProtocol
package import KithStore
import KithTrust

/// Carries a resident's records over into another partnership (D19): what stands is written there
/// as its authors wrote it, by reference to their entries, and the copy left behind is archived.
///
/// Where a record first was, and which entry first said a thing, is kept over any number of moves. So
/// a second run finds nothing to write, and moving back goes on in the records that were left.
package struct ResidentMover {
    private let transaction: StoreTransaction
    private let author: Author
    private let source: StoredPartnership
    private let target: StoredPartnership

    /// Prepares a move.
    package init(
        transaction: StoreTransaction, author: Author, source: StoredPartnership,
        target: StoredPartnership
    ) {
        self.transaction = transaction
        self.author = author
        self.source = source
        self.target = target
    }

    /// What was written: records by kind, and values.
    package struct Outcome {
        package let id: RecordID
        package fileprivate(set) var records: [String: Int] = [:]
        package fileprivate(set) var values = 0
        package fileprivate(set) var isUnchanged = true
    }

    /// Who first said something, and in which entry. One entry holds what several people said, when it
    /// moved a resident or took a decision back.
    private struct Origin: Hashable {
        let entry: EntryHash
        let author: SiteID
        let recorded: Instant

        /// What was written again in its own partnership, when a decision was taken back, is said anew.
        init(_ act: StoredAct, in partnership: PartnershipID) {
            entry =
                act.carried.flatMap { $0.partnership == partnership ? nil : $0.entry } ?? act.entry
            author = act.carried?.author ?? act.site
            recorded = act.carried?.recorded ?? act.recorded
        }
    }

    private struct Said: Hashable {
        let origin: Origin
        let field: UInt32

        init(_ operation: StoredOperation, in partnership: PartnershipID) {
            origin = Origin(operation.act, in: partnership)
            field = operation.field
        }
    }

    private struct Item {
        let record: StoredRecord
        let kind: RecordKind
        let history: [StoredOperation]
        /// The partnership and id of the record before it was ever moved.
        let origin: (partnership: PartnershipID, record: RecordID)
    }

    fileprivate struct Destination: Hashable {
        let compartment: Compartment
        let entryClass: EntryClass
    }

    /// Moves a resident; throws before anything is written, or nothing stays written.
    package func move(
        _ resident: StoredRecord, reason: String, now: Instant
    ) throws -> Outcome {
        let grant = try checkMayMove()
        let items = try gather(resident)
        var ids: [RecordID: RecordID] = [:]
        for item in items { _ = newID(of: item, items, &ids) }
        var outcome = Outcome(id: ids[resident.id] ?? resident.id)
        let copy = try existing(items[0], id: outcome.id)
        let wasArchived = Self.isArchived(resident.operations)
        guard !wasArchived || copy != nil else {
            throw SiteError(
                .refused,
                "that resident is archived; bring the record back first with 'kith resident archive \(resident.id.short) --restore'"
            )
        }
        var drafts: [Destination: [DraftPart]] = [:]
        for item in items {
            let parts = try parts(
                of: item, as: ids[item.record.id] ?? item.record.id, ids,
                leavingOut: item.record.id == resident.id ? [Self.archived] : [])
            guard !parts.isEmpty else { continue }
            outcome.records[item.kind.name, default: 0] += 1
            outcome.values += parts.reduce(0) { $0 + $1.part.values.count }
            for (entryClass, part) in parts {
                drafts[
                    Destination(compartment: item.kind.compartment, entryClass: entryClass),
                    default: []
                ].append(part)
            }
        }
        if !wasArchived, let copy, Self.isArchived(copy.operations) {
            drafts[.init(compartment: copy.compartment, entryClass: .record), default: []].append(
                setArchived(false, copy, reason: reason))
        }
        let destinations = drafts.keys.sorted { $0.order < $1.order }
        for destination in destinations where !grant.mayWrite(destination) {
            throw SiteError(
                .refused,
                "this site may not write \(destination.entryClass.name) entries in \(destination.compartment.name) of '\(target.name)'; ask \(Self.names(target) { $0.role == .steward })"
            )
        }
        for (destination, parts) in drafts.sorted(by: { $0.key.order < $1.key.order }) {
            try transaction.author(
                parts, class: destination.entryClass, in: destination.compartment, of: target.id,
                now: now)
        }
        if !wasArchived {
            try transaction.author(
                [setArchived(true, resident, reason: reason)], class: .record,
                in: resident.compartment, of: source.id, now: now)
        }
        outcome.isUnchanged = drafts.isEmpty && wasArchived
        return outcome
    }

    // MARK: Who may

    /// What this site is granted in the target. A move takes all there is or nothing: what others hold
    /// that this site cannot read would be left behind unseen.
    private func checkMayMove() throws -> Grant {
        guard source.id != target.id else {
            throw SiteError(.invalid, "that resident is in '\(target.name)' already")
        }
        let site = transaction.site
        guard let own = source.members.first(where: { $0.profile.site == site })?.grant else {
            throw SiteError(.refused, "this site is not a member of '\(source.name)' any more")
        }
        guard let there = target.members.first(where: { $0.profile.site == site })?.grant else {
            throw SiteError(.refused, "this site is not a member of '\(target.name)' any more")
        }
        for compartment in Compartment.granted where !own.reads(compartment) {
            guard source.members.contains(where: { $0.grant.reads(compartment) }) else { continue }
            throw SiteError(
                .refused,
                "this site may not read \(compartment.name) of '\(source.name)', which would be left behind; ask \(Self.names(source) { $0.writes && $0.reads(compartment) })"
            )
        }
        guard own.writes else {
            throw SiteError(
                .refused,
                "this site may not write in '\(source.name)'; ask \(Self.names(source, \.writes))")
        }
        guard try !transaction.hasUnread(in: source.id) else {
            throw SiteError(
                .refused,
                "some entries of '\(source.name)' cannot be read yet; sync with its members, then move"
            )
        }
        return there
    }

    private static func names(
        _ partnership: StoredPartnership, _ isFit: (Grant) -> Bool
    ) -> String {
        let names = partnership.members.filter { isFit($0.grant) }.map(\.profile.name)
        return names.isEmpty ? "a steward" : names.joined(separator: " or ")
    }

    // MARK: What goes along

    /// The resident, all that is part of it or about it, and what these refer to.
    private func gather(_ resident: StoredRecord) throws -> [Item] {
        let all = try transaction.records(RecordSelection(partnership: source.id))
        var chosen: Set<RecordID> = [resident.id]
        var isGrowing = true
        while isGrowing {
            let before = chosen.count
            for record in all where !chosen.contains(record.id) {
                let isPart = record.parent.map(chosen.contains) ?? false
                if isPart || Self.references(record, fieldNamed: "resident").contains(resident.id) {
                    chosen.insert(record.id)
                }
            }
            for record in all where chosen.contains(record.id) && record.id != resident.id {
                chosen.formUnion(Self.references(record, fieldNamed: nil))
            }
            isGrowing = chosen.count > before
        }
        let others = all.filter { chosen.contains($0.id) && $0.id != resident.id }
        return try ([resident] + others).map { record in
            guard let kind = Vocabulary.kind(record.kind), kind.compartment == record.compartment
            else {
                throw SiteError(
                    .version,
                    "part of this was made by a newer version of Kith; upgrade to move it")
            }
            let history = try transaction.history(ofRecord: record.row)
            let carried = history.compactMap(\.act.carried).first
            return Item(
                record: record, kind: kind, history: history,
                origin: carried.map { ($0.originPartnership, $0.originRecord) }
                    ?? (source.id, record.id))
        }
    }

    /// The records that the live values of a record's reference fields name; those of another resident
    /// stay where they are.
    private static func references(_ record: StoredRecord, fieldNamed name: String?) -> [RecordID] {
        let kind = Vocabulary.kind(record.kind)
        return record.operations.compactMap { operation in
            guard let field = kind?.field(operation.field),
                name.map({ field.name == $0 }) ?? (field.name != "resident"),
                let value = operation.value,
                case .reference(let target)? = try? FieldValue(decoding: value)
            else { return nil }
            return target
        }
    }

    private func newID(
        of item: Item, _ items: [Item], _ ids: inout [RecordID: RecordID]
    ) -> RecordID {
        if let known = ids[item.record.id] { return known }
        let id: RecordID
        if item.origin.partnership == target.id {
            id = item.origin.record
        } else if item.kind.isSingleton, let parent = item.record.parent,
            let above = items.first(where: { $0.record.id == parent })
        {
            id = RecordID(singleton: item.kind.name, of: newID(of: above, items, &ids))
        } else {
            id = RecordID(
                moved: item.origin.record, from: item.origin.partnership, to: target.id)
        }
        ids[item.record.id] = id
        return id
    }

    private func existing(_ item: Item, id: RecordID) throws -> StoredRecord? {
        try transaction.recordRow(
            id, kind: item.kind.number, in: target.id, item.kind.compartment
        ).flatMap { try transaction.records(RecordSelection(row: $0)).first }
    }

    // MARK: What is written

    /// The candidates that the target has not heard of, each in a part of its own author. One
    /// supersedes there what was superseded here, and nothing else: what is undecided stays so.
    private func parts(
        of item: Item, as id: RecordID, _ ids: [RecordID: RecordID], leavingOut left: Set<UInt32>
    ) throws -> [(entryClass: EntryClass, part: DraftPart)] {
        let copy = try existing(item, id: id)
        let there = Set(
            try copy.map { try transaction.history(ofRecord: $0.row) }?.map {
                Said($0, in: target.id)
            } ?? [])
        let here = Set(item.history.map { Said($0, in: source.id) })
        let live = Set(item.record.operations.map { Said($0, in: source.id) })
        var order: [Origin] = []
        var byOrigin: [Origin: [(StoredOperation, FieldValue, [OperationID])]] = [:]
        for operation in item.record.operations
        where !left.contains(operation.field) && !there.contains(Said(operation, in: source.id)) {
            guard let bytes = operation.value else { continue }
            guard var value = try? FieldValue(decoding: bytes) else {
                throw SiteError(
                    .version,
                    "part of this was made by a newer version of Kith; upgrade to move it")
            }
            if case .reference(let target) = value, let moved = ids[target] {
                value = .reference(moved)
            }
            let superseded = (copy?.operations ?? []).filter {
                let said = Said($0, in: target.id)
                return $0.field == operation.field && here.contains(said) && !live.contains(said)
            }.map(\.id)
            let origin = Origin(operation.act, in: source.id)
            if byOrigin[origin] == nil { order.append(origin) }
            byOrigin[origin, default: []].append((operation, value, superseded))
        }
        return order.compactMap { origin in
            guard let said = byOrigin[origin], let act = said.first?.0.act else { return nil }
            let part = DraftPart(
                skeleton: Skeleton(
                    record: id, kind: item.kind.number,
                    operations: said.map {
                        KithProtocol.Operation(field: $0.0.field, supersedes: $0.2)
                    },
                    change: act.change, committer: act.committer, performer: act.performer,
                    event: act.event, group: Data(), carried: carried(act, item)),
                values: said.map(\.1), reason: act.reason ?? "")
            return (act.entryClass, part)
        }
    }

    private func carried(_ act: StoredAct, _ item: Item) -> Carried {
        let everyone = source.members.map(\.profile) + source.formerMembers.map(\.profile)
        return Carried(
            partnership: act.carried?.partnership ?? source.id,
            entry: act.carried.flatMap { $0.partnership == source.id ? nil : $0.entry }
                ?? act.entry,
            author: act.carried?.author ?? act.site,
            authorName: act.carried?.authorName
                ?? everyone.first { $0.site == act.site }?.name ?? act.site.short,
            recorded: act.carried?.recorded ?? act.recorded, carrier: author.person,
            originPartnership: item.origin.partnership, originRecord: item.origin.record)
    }

    private func setArchived(
        _ isArchived: Bool, _ record: StoredRecord, reason: String
    ) -> DraftPart {
        DraftPart(
            skeleton: Skeleton(
                record: record.id, kind: record.kind,
                operations: [
                    KithProtocol.Operation(
                        field: Self.archived,
                        supersedes: record.operations.filter { $0.field == Self.archived }
                            .map(\.id))
                ],
                change: isArchived ? .archive : .restore, committer: author.person, performer: nil,
                event: nil, group: Data()),
            values: [.boolean(isArchived)], reason: reason)
    }

    private static let archived: UInt32 = 1

    private static func isArchived(_ operations: [StoredOperation]) -> Bool {
        let said = operations.filter { $0.field == archived }
        return !said.isEmpty && said.allSatisfy { $0.value == FieldValue.boolean(true).encoded() }
    }
}

extension Grant {
    fileprivate func mayWrite(_ destination: ResidentMover.Destination) -> Bool {
        mayWrite(destination.entryClass, in: destination.compartment)
    }
}

extension ResidentMover.Destination {
    fileprivate var order: (Int, Int) { (compartment.rawValue, entryClass.rawValue) }
}
