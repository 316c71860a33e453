public import KithModel

/// Which records to read. All that is given must hold.
public struct RecordSelection: Sendable {
    /// Only of these kinds, by number.
    public var kinds: [UInt32]?
    /// Only in this partnership.
    public var partnership: PartnershipID?
    /// Only records whose id begins so, in Crockford base32.
    public var prefix: String?
    /// Only records of these ids.
    public var ids: [RecordID]?
    /// Only records that name this one in this field now.
    public var naming: (target: RecordID, field: UInt32)?
    /// Only these records, by row.
    public var rows: [Int64]?
    /// Only these records and what is part of them at any depth, by row.
    public var roots: [Int64]?
    /// At most so many, those that were made last as seen from here.
    public var newest: Int?

    /// Selects all records; narrow it down by its properties.
    public init(
        kinds: [UInt32]? = nil, partnership: PartnershipID? = nil, prefix: String? = nil,
        ids: [RecordID]? = nil, naming: (target: RecordID, field: UInt32)? = nil,
        rows: [Int64]? = nil, roots: [Int64]? = nil, newest: Int? = nil
    ) {
        self.kinds = kinds
        self.partnership = partnership
        self.prefix = prefix
        self.ids = ids
        self.naming = naming
        self.rows = rows
        self.roots = roots
        self.newest = newest
    }

    /// Selects the records of one kind.
    public init(kind: UInt32, partnership: PartnershipID? = nil) {
        self.init(kinds: [kind], partnership: partnership)
    }

    /// Selects the records of a kind of the vocabulary.
    public init(kindNamed name: String, partnership: PartnershipID? = nil) {
        self.init(
            kinds: Vocabulary.kind(named: name).map { [$0.number] } ?? [], partnership: partnership)
    }

    /// Selects one record by its row.
    public init(row: Int64) {
        self.init(rows: [row])
    }
}
