import Foundation
import KithModel
import KithProtocol
import KithStore

/// Plans entries in the record of the work on a conflict, which it makes at first use.
struct CaseWriter {
    let transaction: StoreTransaction

    /// Plans values of fields of a case; empty ones that are not there yet are left out.
    func plan(
        _ values: [(field: UInt32, value: FieldValue)], of key: ConflictKey, edit: RecordEdit,
        by author: Author, class entryClass: EntryClass, seen: Int64,
        _ planner: inout EditPlanner
    ) throws {
        guard let kind = ConflictCases.kind(in: key.compartment) else {
            throw SiteError(.version, "that conflict needs a newer version of Kith; upgrade first")
        }
        let known = try ConflictCases(transaction)[key].heads.first
        var all = values
        if known == nil {
            if let anchor = key.anchor {
                all.insert((ConflictResolver.parentField, .reference(anchor)), at: 0)
            }
            all.insert((ConflictCases.conflictField, .text(key.slot)), at: 0)
        }
        try planner.plan(
            DraftPart(
                skeleton: Skeleton(
                    record: known?.id ?? key.caseID, kind: kind.number,
                    operations: try all.map { field, _ in
                        KithProtocol.Operation(
                            field: field,
                            supersedes: try known.map {
                                try transaction.candidates(
                                    ofField: field, record: $0.row, asOf: seen)
                            } ?? [])
                    }, change: edit.change ?? .amend, committer: author.person,
                    performer: edit.performer?.person, event: nil, group: Data()),
                values: all.map(\.value), reason: edit.reason ?? ""), class: entryClass,
            in: kind.compartment, of: key.partnership)
    }

    /// Plans a note, a record of its own, so that notes never conflict (D12).
    func plan(
        note text: String, on key: ConflictKey, by author: Author, _ planner: inout EditPlanner
    ) throws {
        guard let kind = ConflictCases.noteKind(in: key.compartment),
            let field = kind.field(named: "text")
        else {
            throw SiteError(.version, "that conflict needs a newer version of Kith; upgrade first")
        }
        let parent = try ConflictCases(transaction)[key].heads.first?.id ?? key.caseID
        try planner.plan(
            DraftPart(
                skeleton: Skeleton(
                    record: transaction.cryptography.newRecordID(), kind: kind.number,
                    operations: [
                        KithProtocol.Operation(
                            field: ConflictResolver.parentField, supersedes: []),
                        KithProtocol.Operation(field: field.number, supersedes: []),
                    ], change: .create, committer: author.person, performer: nil, event: nil,
                    group: Data()), values: [.reference(parent), .text(text)], reason: ""),
            class: .comment, in: kind.compartment, of: key.partnership)
    }
}
