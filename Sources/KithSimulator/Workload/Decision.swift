import Foundation
import KithModel
import KithProtocol
import KithSite
import KithStore
import KithTrust

/// One decision between candidates: somebody saw all that stood, and says what is to stand.
struct Decision {
    let partnership: PartnershipID
    let record: RecordID
    let field: String
    let seen: [OperationID]
    let entryClass: EntryClass

    /// Plans and writes a decision; nil where this site cannot make it.
    init?(
        of number: UInt32, record row: Int64, isPicked: Bool, author: Author,
        at installation: Installation, texts: inout Texts, random: inout RandomSource,
        _ transaction: StoreTransaction, now: Instant
    ) throws {
        guard let found = try transaction.records(RecordSelection(row: row)).first,
            let kind = Vocabulary.kind(found.kind), kind.compartment == found.compartment,
            let field = kind.field(number),
            let grant = try transaction.grant(of: installation.site, in: found.partnership),
            grant.holds(kind.compartment), !kind.isDecision || grant.mayAttest
        else { return nil }
        let version = try transaction.version()
        let seen = try transaction.candidates(ofField: number, record: row, asOf: version)
        let standing = found.operations.filter { $0.field == number }
        var planner = EditPlanner(
            transaction: transaction, entry: Texts.entry, author: author, site: installation.site)
        let typed = texts.assignments(of: field, at: installation)
        let value: FieldValue
        if !isPicked, let only = typed.first, typed.count == 1, field.members.isEmpty {
            value = try Texts.entry.value(of: field, from: only.text)
        } else if let bytes = random.pick(standing)?.value {
            value = try FieldValue(decoding: bytes)
        } else {
            return nil
        }
        let edit = RecordEdit(
            target: .existing(found.id.description), values: [], reason: "decided",
            isAttested: kind.isDecision)
        try planner.planDecision(
            of: field, record: found, kind: kind, value: value, superseding: seen, edit: edit)
        try planner.commit(now: now)
        partnership = found.partnership
        record = found.id
        self.field = field.name
        self.seen = seen
        entryClass = planner.entryClasses.last ?? .record
    }
}
