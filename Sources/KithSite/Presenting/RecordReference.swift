import KithModel
import KithStore

/// What somebody calls a record by its id: the id or its beginning, then, behind each `@`, something that
/// is true of it (its kind, compartment or partnership).
///
/// Whoever makes a record draws its id, so a member that lies can make one whose whole id is another's,
/// in another partnership or of another kind.
struct RecordReference {
    /// The id, or its beginning.
    let prefix: String
    private let qualifiers: [String]

    /// Takes a text apart; one without a whole id before `@` is taken as it is, as it may be a title.
    init(_ text: String) {
        let words = text.split(separator: "@", omittingEmptySubsequences: false).map(String.init)
        guard words.count > 1, RecordID(text: words[0]) != nil else {
            (prefix, qualifiers) = (text, [])
            return
        }
        (prefix, qualifiers) = (words[0], Array(words.dropFirst()))
    }

    /// The records that it may mean.
    func matches(
        in transaction: StoreTransaction, partnership: PartnershipID? = nil
    ) throws -> [StoredRecord] {
        guard prefix.count >= 4 else { return [] }
        return try transaction.records(RecordSelection(partnership: partnership, prefix: prefix))
            .filter { record in
                qualifiers.allSatisfy {
                    ConflictNames.fits(
                        $0, kind: record.kind, record.compartment, record.partnership)
                }
            }
    }

    /// What each of several records of one id is told from the others by; nil when their ids differ.
    static func apart(_ records: [StoredRecord]) -> [String]? {
        guard Set(records.map(\.id)).count == 1 else { return nil }
        return records.map {
            "\($0.id)@\(ConflictNames.name(ofKind: $0.kind))@\($0.compartment.name)@\($0.partnership)"
        }
    }
}

extension RecordView {
    /// What names this record and no other, whoever has given one of theirs the same id.
    public var reference: String {
        let kind = Vocabulary.kind(named: kind)?.name
        return "\(id)\(kind.map { "@\($0)" } ?? "")@\(compartment.name)@\(partnershipID)"
    }
}
