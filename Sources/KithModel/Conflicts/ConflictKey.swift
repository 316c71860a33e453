/// Which conflict: the same at every site, however often it is settled and opened again.
public struct ConflictKey: Hashable, Sendable {
    /// The partnership.
    public let partnership: PartnershipID
    /// The compartment that the work on it belongs to: that of what is contested.
    public let compartment: Compartment
    /// The record that it is about, or the first of several; nil when it is about no record.
    public let anchor: RecordID?
    /// What about it: `#` and the field's number, or the kind's word and what tells it from others.
    public let slot: String

    /// Names a conflict.
    public init(
        partnership: PartnershipID, compartment: Compartment, anchor: RecordID?, slot: String
    ) {
        self.partnership = partnership
        self.compartment = compartment
        self.anchor = anchor
        self.slot = slot
    }

    /// Names the conflict of a field.
    public init(
        field: UInt32, of record: RecordID, in compartment: Compartment,
        _ partnership: PartnershipID
    ) {
        self.init(
            partnership: partnership, compartment: compartment, anchor: record, slot: "#\(field)")
    }

    /// Names a conflict of another kind, told from others about the same record by `detail`.
    public init(
        _ kind: ConflictKind, of record: RecordID?, detail: String = "",
        in compartment: Compartment, _ partnership: PartnershipID
    ) {
        self.init(
            partnership: partnership, compartment: compartment, anchor: record,
            slot: detail.isEmpty ? kind.word : "\(kind.word) \(detail)")
    }

    /// The id of the record that holds the work on it, so that all who work on it meet there.
    public var caseID: RecordID {
        RecordID(conflict: slot, about: anchor, in: partnership)
    }

    /// The number of the field; nil for conflicts of other kinds.
    public var field: UInt32? {
        slot.hasPrefix("#") ? UInt32(slot.dropFirst()) : nil
    }

    /// The kind of a conflict that is not about a field, and what tells it from others.
    public var other: (kind: ConflictKind, detail: String)? {
        let halves = slot.split(separator: " ", maxSplits: 1).map(String.init)
        guard let kind = halves.first.flatMap(ConflictKind.init(word:)) else { return nil }
        return (kind, halves.count > 1 ? halves[1] : "")
    }

    /// What the part of a typed id before the point is a beginning of.
    public var typedPrefix: RecordID { anchor ?? caseID }

    /// What people type: the beginning of an id, a point, and the field's name or the kind's word. Of ids
    /// it takes so many characters.
    public func typed(fieldName: String?, digits: Int = 8) -> String {
        let tail: String
        if let other {
            // A second record, or a category, as far as it takes to tell it apart.
            let isShown = [.duplicateResident, .activePlans].contains(other.kind)
            tail =
                isShown && !other.detail.isEmpty
                ? "\(other.kind.word)-\(other.detail.prefix(digits))" : other.kind.word
        } else {
            tail = fieldName ?? "field\(field ?? 0)"
        }
        return "\(typedPrefix.description.prefix(digits)).\(tail)"
    }
}
