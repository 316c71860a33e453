import Foundation
import KithModel
import KithProtocol
import KithStore

/// What people said of whether two residents are one person, whichever of the two it was written under.
struct SamePerson {
    static let kind = "samePerson"
    static let other = "other"
    static let verdict = "verdict"

    /// Two residents of a partnership, the lesser id first.
    struct Pair: Hashable {
        let partnership: PartnershipID
        let low: RecordID
        let high: RecordID

        init(_ one: RecordID, _ other: RecordID, in partnership: PartnershipID) {
            self.partnership = partnership
            (low, high) = one < other ? (one, other) : (other, one)
        }

        /// The residents of a conflict between two.
        init?(_ key: ConflictKey) {
            guard let one = key.anchor,
                let other = key.other.flatMap({ RecordID(text: $0.detail) })
            else { return nil }
            self.init(one, other, in: key.partnership)
        }
    }

    /// The verdicts that stand on two residents.
    struct Said {
        /// Rows of the records that hold them.
        var rows: [Int64] = []
        /// The distinct verdicts in records that are not archived, as bytes; nil for one that was erased.
        var verdicts: [Data?] = []
        /// The operations.
        var operations: [Int64] = []
    }

    private var said: [Pair: Said] = [:]

    init(_ transaction: StoreTransaction) throws {
        guard
            let links = try KindValues(transaction, Self.kind, fields: [Self.other, Self.verdict])
        else { return }
        for (row, head) in links.heads {
            guard let parent = head.parent else { continue }
            for (value, _) in links.values(row, Self.other) {
                guard case .reference(let other) = value else { continue }
                let pair = Pair(parent, other, in: head.partnership)
                said[pair, default: Said()].rows.append(row)
                // Archiving the link takes it back.
                guard !links.isArchived(row) else { continue }
                for live in links.operations(row, Self.verdict) {
                    if !(said[pair]?.verdicts ?? []).contains(live.value) {
                        said[pair]?.verdicts.append(live.value)
                    }
                    said[pair]?.operations.append(live.operation)
                }
            }
        }
    }

    /// What was said of two residents.
    func said(_ pair: Pair) -> Said { said[pair] ?? Said() }

    /// What was said of the pairs that somebody asks for.
    func pairs(where isWanted: (Pair) -> Bool) -> [(Pair, Said)] {
        said.filter { isWanted($0.key) }.map { ($0.key, $0.value) }
    }

    /// Whether somebody decided it, and nobody otherwise.
    func isDecided(_ pair: Pair) -> Bool {
        let verdicts = said(pair).verdicts
        return verdicts.count == 1 && verdicts[0] != nil
            && verdicts[0] != FieldValue.cleared.encoded()
    }

    /// Whether it was decided before, one way, two ways or taken back.
    func wasDecided(_ pair: Pair) -> Bool { !said(pair).rows.isEmpty }
}
