/// What to export.
public struct ExportRequest: Sendable {
    /// Residents by id, its beginning, or name; empty: all of the partnership.
    public var residents: [String]
    /// The partnership, by name or id; nil where only one is shared.
    public var partnership: String?
    /// Whether safeguarding records go along.
    public var includesRestricted: Bool

    /// Describes an export.
    public init(
        residents: [String] = [], partnership: String? = nil, includesRestricted: Bool = false
    ) {
        self.residents = residents
        self.partnership = partnership
        self.includesRestricted = includesRestricted
    }
}
